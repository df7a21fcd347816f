"""What Cloudinary's contract says about values: names, presets, signatures, expressions,
transformations, metadata. Pure: no SQL, no HTTP, no pixels.
"""
