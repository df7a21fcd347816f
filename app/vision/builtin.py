"""The embedded default model: searches by meaning without a download, on two slow cores.

What is seen is `builtin_image`, what is read is `builtin_text`, where they meet is
`builtin_classes`; this module puts the parts into one vector.
"""

import hashlib
import unicodedata
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from app.vision.builtin_classes import ClassSpace, load_class_vectors, unit
from app.vision.builtin_image import FEATURES, SIZE, ImageTower
from app.vision.builtin_text import MAX_TOKENS, WIDTH, TextTower
from app.vision.builtin_weights import IMAGE_WEIGHTS, TEXT_WEIGHTS, image_weights, text_weights
from app.vision.encoder import Vectors

_VERSION = "1"
"""Change it with anything that changes a vector: the fingerprint then says so."""

_DETAIL = 256
_MEANING_SHARE = 0.3
"""Of an understood image's squared length. With a half, 0.965 of small JPEGs of quality 30 found
their original, with 0.3 0.98; with a quarter, images of other members of a group come less near."""


class BuiltinEncoder:
    """EfficientNet-Lite2 and MiniLM in one space, after ConSE (Norouzi et al. 2013).

    The first 384 numbers say what is meant (`ClassSpace`), the other 256 what it looks like. A text
    has only the first part. All images that the classifier understands have the same length in the
    first part, so their order by cosine with a text is that of the first part alone; an image that
    it does not understand lies in the second part, far from every text.

    It knows English, and of the world what ImageNet's 1000 classes span: everyday objects, animals,
    vehicles, food, places. It knows no names, moods, or text in images.

    Not thread-safe: call it from one thread (`app.vision.batcher`).

    Raises:
        Misconfigured: a weight file is missing or not the expected one.
    """

    name: str = "builtin"
    dimension: int = WIDTH + _DETAIL
    image_size: int = SIZE
    fingerprint: str

    def __init__(self, device: str = "cpu") -> None:
        place = torch.device(device)
        class_vectors = load_class_vectors()
        self._image_tower = ImageTower(image_weights(), place)
        self._text_tower = TextTower(text_weights(), place)
        self._space = ClassSpace(class_vectors)
        self.fingerprint = _fingerprint(class_vectors)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors, shape (len(images), 640), float32, of images of any size."""
        features, probabilities = self._image_tower(images)
        meaning, understood = self._space.of_images(probabilities)
        share = np.sqrt(_MEANING_SHARE) * understood[:, None]
        parts = [share * meaning, np.sqrt(1 - share**2) * _detail(features)]
        return unit(np.concatenate(parts, axis=1))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), 640), float32, zero in the last 256 places."""
        meaning = self._space.of_texts(self._text_tower(texts))
        return np.pad(meaning, ((0, 0), (0, _DETAIL)))

    def text_warning(self, text: str) -> str | None:
        """A sentence when the model knows too little of the text, or reads only its beginning."""
        pieces = self._text_tower.tokens(text)
        if not _mostly_latin(text) or 2 * pieces.count("[UNK]") > len(pieces):
            return "The builtin model knows English only; it will not understand this text."
        if len(pieces) > MAX_TOKENS - 2:
            return f"The builtin model reads {MAX_TOKENS - 2} tokens; the rest has no effect."
        return None


def _detail(features: Vectors) -> Vectors:
    """Unit vectors, shape (n, 256), of pooled features, shape (n, 1280).

    Square roots keep a few strong channels from deciding alone (as Arandjelovic and Zisserman 2012
    do for SIFT): a grey or a smaller copy found its original in 200 of 200 cases, without them in
    199. Less the mean, unrelated images have a cosine of about 0. The 1280 channels are summed into
    256 with signs (count sketch, Charikar et al. 2002): an orthonormal projection up to a factor.
    """
    roots = np.sqrt(np.maximum(features, 0))
    centred = (roots - roots.mean(axis=1, keepdims=True)) * _SIGNS
    return unit(centred.reshape(len(features), FEATURES // _DETAIL, _DETAIL).sum(axis=1))


def _signs() -> Vectors:
    """+1 or -1 for each feature, from the bits of a hash: alike on every machine, for ever."""
    bits = hashlib.shake_256(b"iris builtin").digest(FEATURES // 8)
    return np.unpackbits(np.frombuffer(bits, dtype=np.uint8)).astype(np.float32) * 2 - 1


_SIGNS = _signs()


def _fingerprint(class_vectors: Vectors) -> str:
    digest = hashlib.sha256(f"{_VERSION} {IMAGE_WEIGHTS} {TEXT_WEIGHTS} ".encode())
    digest.update(class_vectors.tobytes())
    return digest.hexdigest()


def _mostly_latin(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return 2 * latin >= len(letters)
