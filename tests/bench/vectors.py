"""Made vectors that lie like real embeddings: clustered, of low intrinsic dimension, in two kinds.

The model is that of `app.vision.builtin`. An image is a meaning (3/5 of the dimensions, 0.3 of the
squared length) beside a look (2/5 and 0.7); a text is a meaning alone, so that no image is nearer
to it than 0.45: queries by words are out of distribution, as in every model of images and texts.

Topics (1,000, of Zipf-like sizes, in groups of 25 that resemble each other) have a meaning and a
look. A scene is a look within its topic; an image is its scene, changed by anything between a
little (a copy) and much (another picture of it). All variation is Gaussian with variances that
fall as 1/rank, which keeps the intrinsic dimension at a few tens in 640 dimensions.

`python -m tests.bench.profile` compares what comes out with real photos. Random vectors would not
do: they are all equally far from each other, and HNSW finds little among them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

CHUNK = 10_000
"""Images that are made together. Scenes do not span chunks, since a series is uploaded together."""

_TOPICS = 1000
_GROUP = 25
_PER_SCENE = 12
_MEANING_SHARE = 0.3
_FLATTEN = 8  # variance of dimension i is 1 / (i + this)

# Lengths, where that of a topic's own part is 1. Ranges are drawn from evenly by logarithm.
_GROUP_PART = 0.3, 2.0  # of its group in a topic
_MEANING_NOISE = 0.2, 1.6  # of an image
_TEXT_NOISE = 0.35
_SCENE = 1.0
_CHANGE = 0.3, 1.6  # of an image, from its scene


@dataclass(frozen=True)
class Images:
    """A chunk: unit vectors, float32, of shape (n, dimension), and the topic of each."""

    vectors: Vectors
    topics: NDArray[np.int64]


@dataclass(frozen=True)
class Generator:
    """Images and texts of one library; equal arguments give equal vectors on every machine."""

    dimension: int = 640
    seed: int = 1

    @property
    def meaning(self) -> int:
        """How many of the dimensions say what is meant; the others, what it looks like."""
        return self.dimension * 3 // 5

    def images(self, chunk: int, count: int = CHUNK) -> Images:
        """The images of a chunk; `count` is smaller in the last one."""
        rng = np.random.default_rng([self.seed, 1, chunk])
        scenes = count // _PER_SCENE + 1
        topics_of_scenes = self._draw_topics(rng, scenes)
        scene_of = rng.integers(scenes, size=count)
        topics = topics_of_scenes[scene_of]
        noise = _lengths(rng, count, _MEANING_NOISE) * self._noise(rng, count, self.meaning)
        meaning = unit(self._meanings[topics] + noise)
        look_of_scenes = self._looks[topics_of_scenes] + _SCENE * self._noise(
            rng, scenes, self._look
        )
        change = _lengths(rng, count, _CHANGE) * self._noise(rng, count, self._look)
        look = unit(look_of_scenes[scene_of] + change)
        parts = np.sqrt(_MEANING_SHARE) * meaning, np.sqrt(1 - _MEANING_SHARE) * look
        return Images(unit(np.hstack(parts)), topics)

    def texts(self, count: int) -> Vectors:
        """Queries by words: unit vectors, zero where images have their look."""
        rng = np.random.default_rng([self.seed, 2])
        return self.texts_for(self._draw_topics(rng, count), rng)

    def texts_for(self, topics: NDArray[np.int64], rng: np.random.Generator) -> Vectors:
        """A query by words for each of some topics."""
        noise = self._noise(rng, len(topics), self.meaning)
        meaning = unit(self._meanings[topics] + _TEXT_NOISE * noise)
        return np.pad(meaning, ((0, 0), (0, self._look)))

    @property
    def _look(self) -> int:
        return self.dimension - self.meaning

    @cached_property
    def _meanings(self) -> Vectors:
        return self._topic_centres(3, self.meaning)

    @cached_property
    def _looks(self) -> Vectors:
        return self._topic_centres(4, self._look)

    def _topic_centres(self, stream: int, width: int) -> Vectors:
        rng = np.random.default_rng([self.seed, stream])
        groups = np.repeat(self._noise(rng, _TOPICS // _GROUP, width), _GROUP, axis=0)
        part = _lengths(rng, _TOPICS, _GROUP_PART)
        return unit(part * groups + self._noise(rng, _TOPICS, width))

    @staticmethod
    def _draw_topics(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        sizes = 1 / (np.arange(_TOPICS) + 10) ** 0.8
        return rng.choice(_TOPICS, size=count, p=sizes / sizes.sum())

    @staticmethod
    def _noise(rng: np.random.Generator, count: int, width: int) -> Vectors:
        """Gaussian rows whose squared length is 1 on average."""
        deviation = 1 / np.sqrt(np.arange(width, dtype=np.float32) + _FLATTEN)
        deviation /= np.linalg.norm(deviation)
        return rng.standard_normal((count, width), dtype=np.float32) * deviation


def _lengths(rng: np.random.Generator, count: int, span: tuple[float, float]) -> Vectors:
    """A column of lengths from a span."""
    drawn: Vectors = np.exp(rng.uniform(*np.log(span), (count, 1))).astype(np.float32)
    return drawn


def unit(rows: Vectors) -> Vectors:
    """The rows, each of length 1."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = (rows / lengths).astype(np.float32)
    return scaled
