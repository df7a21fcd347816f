"""Perceptual hash: 64 bits that survive re-encoding and scaling."""

import imagehash
from PIL import Image


def perceptual_hash(image: Image.Image) -> str:
    """DCT hash (Zauner 2010, as the library imagehash computes it) as 64 characters 0 and 1."""
    bits = imagehash.phash(image).hash.flatten()
    return "".join("1" if bit else "0" for bit in bits)
