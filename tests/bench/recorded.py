"""An encoder that answers with made vectors: what is measured is the search, not a model."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from app.vision.encoder import Vectors
from tests.bench.vectors import CHUNK, Generator

_BEYOND = 1_000_000  # chunks from here on are in no library


class RecordedEncoder:
    """`query 17` is row 17 of the library's texts; every picture is the next image of none."""

    name = "recorded"
    fingerprint = "0" * 64
    image_size = 8

    def __init__(self, files: Path) -> None:
        self._texts: Vectors = np.load(files / "texts.npy").astype(np.float32)
        self.dimension: int = self._texts.shape[1]
        self._new = self._images()

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Vectors that no library has yet, of its topics."""
        return np.stack(list(itertools.islice(self._new, len(images))))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """The rows that the texts end with; the first one if they do not end with a number."""
        numbers = [text.rpartition(" ")[2] for text in texts]
        return self._texts[[int(each) if each.isdigit() else 0 for each in numbers]]

    def text_warning(self, text: str) -> str | None:
        """None."""
        return None

    def _images(self) -> Iterator[Vectors]:
        for chunk in itertools.count(_BEYOND):
            yield from Generator(self.dimension).images(chunk, CHUNK).vectors
