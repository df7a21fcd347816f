"""A small deterministic encoder without torch: it knows colours by look and by name.

Tests of everything but `app.vision` use it. `picture` makes what it understands.
"""

import hashlib
import io
import re
import threading
import time
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from app.vision.encoder import Vectors

COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (230, 20, 20),
    "green": (20, 180, 30),
    "blue": (20, 40, 220),
    "yellow": (240, 230, 20),
    "cyan": (20, 220, 220),
    "magenta": (220, 20, 220),
    "orange": (250, 140, 10),
    "grey": (128, 128, 128),
}
_PALETTE = np.array(list(COLOURS.values()), dtype=np.float32)
_DETAIL = 4  # side of the thumbnail that tells pictures of the same colours apart
_NEEDED = len(COLOURS) + 3 * _DETAIL**2


class FakeEncoder:
    """An image is its shares of ten colours and a coarse thumbnail; a text is the colours it names.

    `delay` (seconds per batch), `failure` (raised instead of answering) and `gate` (cleared: every
    batch waits) make it slow, broken or stuck; `entered` is set when a batch has begun.
    """

    image_size = 8

    def __init__(self, name: str = "fake", dimension: int = 64) -> None:
        assert dimension >= _NEEDED
        self.name = name
        self.dimension = dimension
        self.fingerprint = hashlib.sha256(f"{name}/{dimension}".encode()).hexdigest()
        self.delay = 0.0
        self.failure: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.images = 0
        self.texts: list[str] = []

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Shares of colours, then the thumbnail's deviation from its mean."""
        self._suffer()
        self.images += len(images)
        return self._units([_look(image) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """The sum of the named colours; a text without any is a direction of its own."""
        self._suffer()
        self.texts += texts
        return self._units([_meaning(text) for text in texts])

    def text_warning(self, text: str) -> str | None:
        """A warning for anything but ASCII."""
        return None if text.isascii() else "The fake encoder knows English colours only."

    def _suffer(self) -> None:
        self.entered.set()
        assert self.gate.wait(60)
        if self.delay:
            time.sleep(self.delay)
        if self.failure:
            raise self.failure

    def _units(self, rows: Sequence[Vectors]) -> Vectors:
        vectors = np.zeros((len(rows), self.dimension), dtype=np.float32)
        # From the other end for another name, so that mixing up two models cannot go unnoticed.
        at = 0 if self.name == "fake" else self.dimension - _NEEDED
        vectors[:, at : at + _NEEDED] = np.stack(rows)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _look(image: Image.Image) -> Vectors:
    pixels = np.asarray(image.convert("RGB").resize((8, 8), Image.Resampling.BOX), np.float32)
    far = ((pixels.reshape(-1, 1, 3) - _PALETTE) ** 2).sum(axis=2)
    weights = np.exp(-far / (2 * 50.0**2)) + 1e-9
    shares = (weights / weights.sum(axis=1, keepdims=True)).mean(axis=0)
    small = pixels.reshape(_DETAIL, 2, _DETAIL, 2, 3).mean(axis=(1, 3)) / 255
    detail = 0.2 * (small - small.mean(axis=(0, 1))).ravel()
    return np.concatenate([shares, detail]).astype(np.float32)


def _meaning(text: str) -> Vectors:
    words = set(re.findall(r"[a-z]+", text.lower()))
    vector = np.zeros(_NEEDED, dtype=np.float32)
    vector[: len(COLOURS)] = [colour in words for colour in COLOURS]
    if not vector.any():
        vector = np.random.default_rng(zlib.crc32(text.encode())).normal(size=_NEEDED)
    return vector.astype(np.float32)


def picture(
    colour: str = "red",
    *,
    share: float = 1.0,
    rest: str = "blue",
    size: tuple[int, int] = (32, 24),
    format: str = "PNG",
    **options: Any,
) -> bytes:
    """An image file: `share` of its width in `colour`, the remainder in the colour `rest`."""
    image = Image.new("RGB", size, COLOURS[rest])
    image.paste(COLOURS[colour], (0, 0, round(size[0] * share), size[1]))
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()
