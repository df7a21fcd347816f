"""`python -m tests.bench.profile`: made vectors beside those that `builtin` gives to real photos.

The photos (tests/photos.py) are one of each of 200 topics, so the made images are too. Compared are
distances between unlike images, to the nearest, between an image and a copy of it, between words
and images; the intrinsic dimension by maximum likelihood (Levina and Bickel 2004) from the 10
nearest; and how many directions the variance spreads over (participation ratio).
"""

from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from tests.bench.vectors import CHUNK, Generator, Vectors

_PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class Sample:
    """Images of different topics, a text for each, and pairs of an image and its copy."""

    images: Vectors
    texts: Vectors
    copies: Vectors
    """Distances of the pairs."""


def made(count: int, seed: int = 1) -> Sample:
    """One image of each of `count` topics; a copy is the nearest one in the library."""
    generator = Generator(seed=seed)
    library = generator.images(0, CHUNK)
    _, first = np.unique(library.topics, return_index=True)
    chosen = np.random.default_rng(seed).permutation(first)[:count]
    images = library.vectors[chosen]
    distances = 1 - images @ library.vectors.T
    distances[np.arange(len(chosen)), chosen] = np.inf
    texts = generator.texts_for(library.topics[chosen], np.random.default_rng(seed))
    return Sample(images, texts, distances.min(axis=1))


def real() -> Sample:
    """Of the photos, by `builtin`; a copy is a half-size JPEG, a crop, a mirror or a grey image."""
    from app.vision.registry import load_encoder
    from tests.photos import EDITS, load_photos

    encoder, photos = load_encoder("builtin"), load_photos()
    images = encoder.encode_images([photo.image for photo in photos])
    copies = [
        1 - (images * encoder.encode_images([edit(photo.image) for photo in photos])).sum(axis=1)
        for edit in EDITS.values()
    ]
    return Sample(
        images, encoder.encode_texts([photo.name for photo in photos]), np.concatenate(copies)
    )


def distances_of(sample: Sample) -> dict[str, Vectors]:
    """Cosine distances of each kind."""
    between = 1 - sample.images @ sample.images.T
    by_words = 1 - sample.texts @ sample.images.T
    others = ~np.eye(len(sample.images), dtype=bool)
    return {
        "two images": between[np.triu_indices(len(between), 1)],
        "image and nearest": np.where(others, between, np.inf).min(axis=1),
        "image and copy": sample.copies,
        "words and their image": np.diag(by_words),
        "words and other image": by_words[others],
    }


def intrinsic_dimension(vectors: Vectors, neighbours: int = 10) -> float:
    """Levina and Bickel's estimate, averaged as MacKay and Ghahramani do."""
    squared = 2 - 2 * np.sort(vectors @ vectors.T, axis=1)[:, ::-1][:, 1 : neighbours + 1]
    radii = np.sqrt(np.maximum(squared, 1e-9))
    return float(1 / np.log(radii[:, -1:] / radii[:, :-1]).mean())


def participation(vectors: Vectors) -> float:
    """In how many directions equal variances would spread as these do."""
    variances = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False) ** 2
    return float(variances.sum() ** 2 / (variances**2).sum())


def main() -> None:
    """Prints both."""
    columns = [f"{share} %" for share in _PERCENTILES]
    table = Table("cosine distance of", "", *columns)
    samples = {"photos": real(), "made": made(200)}
    kinds = {name: distances_of(sample) for name, sample in samples.items()}
    for kind in kinds["made"]:
        for name in samples:
            values = np.percentile(kinds[name][kind], _PERCENTILES)
            table.add_row(kind, name, *(f"{value:.2f}" for value in values))
    Console().print(table)
    for name, sample in samples.items():
        print(
            f"{name}: intrinsic dimension {intrinsic_dimension(sample.images):.0f},"
            f" participation {participation(sample.images):.0f}"
        )


if __name__ == "__main__":
    main()
