"""The colours of an image by their names: each pixel counts for the name that looks nearest."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# The twelve that Google's image search filters by, as its buttons show them.
GOOGLE = {
    "red": 0xCC0000, "orange": 0xFB940B, "yellow": 0xFFFF00, "green": 0x00CC00, "teal": 0x03C0C6,
    "blue": 0x0000FF, "purple": 0x762CA7, "pink": 0xFF98BF, "white": 0xFFFFFF, "gray": 0x999999,
    "black": 0x000000, "brown": 0x885418,
}  # fmt: skip
# Cloudinary's have more names; their values are those of CSS.
CLOUDINARY = GOOGLE | {
    "cyan": 0x00FFFF, "lightblue": 0xADD8E6, "lime": 0x00FF00, "olive": 0x808000,
}  # fmt: skip
_PALETTES = {"google": GOOGLE, "cloudinary": CLOUDINARY}
_SIDE = 100  # pixels: 10,000 of them tell a percentage to a hundredth
_LEAST = 1.0  # percent, or the list would hold noise

# sRGB (IEC 61966-2-1) to CIE XYZ under D65, relative to its white.
_TO_XYZ = np.array([
    [0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505],
]) / np.array([[0.9505], [1.0], [1.089]])  # fmt: skip

Floats = NDArray[np.float64]


def predominant(image: Image.Image) -> dict[str, list[list[str | float]]]:
    """Names and percent, the most frequent first, by the palette that the names are of."""
    pixels = lab(np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BOX)).reshape(-1, 3))
    return {name: _named(pixels, colours) for name, colours in _PALETTES.items()}


def lab(rgb: NDArray[np.uint8]) -> Floats:
    """Colours of shape (n, 3) in CIELAB, where distances are about as large as they look."""
    share = rgb / 255
    linear = np.where(share > 0.04045, ((share + 0.055) / 1.055) ** 2.4, share / 12.92)
    x, y, z = _TO_XYZ @ linear.T
    fx, fy, fz = (np.where(v > 0.008856, np.cbrt(v), 7.787 * v + 16 / 116) for v in (x, y, z))
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=1)


def _named(pixels: Floats, colours: dict[str, int]) -> list[list[str | float]]:
    values = np.array([[v >> 16, v >> 8 & 255, v & 255] for v in colours.values()], dtype=np.uint8)
    distances = np.linalg.norm(pixels[:, None] - lab(values), axis=2)
    counts = np.bincount(distances.argmin(axis=1), minlength=len(colours))
    shares = zip(colours, (100 * counts / len(pixels)).tolist(), strict=True)
    ranked = sorted(shares, key=lambda each: -each[1])
    return [[name, round(share, 1)] for name, share in ranked if share >= _LEAST]
