"""The Encoder protocol and the registry of models.

An encoder puts images and texts as unit vectors into one space. Nothing outside `app/vision` knows
which model that is.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """A model with an image tower and a text tower that share a space."""

    name: str
    """What `iris model use` was given, e.g. `builtin` or `ViT-B-32-256/datacomp_s34b_b86k`."""

    dimension: int
    """Length of every vector."""

    fingerprint: str
    """SHA-256 (hex) over weights and preprocessing: equal fingerprints give equal vectors."""

    image_size: int
    """Side in pixels of the square that the image tower sees; decoding below it loses detail."""

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors, shape (len(images), dimension), float32, of RGB images of any size."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), dimension), float32."""
        ...

    def text_warning(self, text: str) -> str | None:
        """A sentence for the user when the model will not do this text justice, else None."""
        ...
