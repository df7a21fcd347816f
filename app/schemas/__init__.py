"""The wire shapes: what Cloudinary's clients read, under Cloudinary's names."""
