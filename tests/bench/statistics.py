"""Percentiles of times, and recall."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.bench.vectors import Vectors

_SAME = 2e-5  # distances as float32 and as PostgreSQL computes them differ by less


@dataclass(frozen=True)
class Times:
    """Milliseconds of calls of one kind."""

    milliseconds: tuple[float, ...]

    @property
    def count(self) -> int:
        """How many calls."""
        return len(self.milliseconds)

    @property
    def p50(self) -> float:
        """The median."""
        return self.percentile(50)

    @property
    def p95(self) -> float:
        """What 95 % of the calls did not exceed."""
        return self.percentile(95)

    def percentile(self, share: float) -> float:
        """The smallest time that `share` percent of the calls did not exceed."""
        return float(np.percentile(self.milliseconds, share, method="inverted_cdf"))


def timed(call: Callable[[], object]) -> float:
    """Milliseconds that a call takes."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def interleaved(calls: Sequence[Iterable[Callable[[], object]]], warm_up: int) -> list[Times]:
    """Times of several kinds of calls that take turns, so that all meet the same noise.

    The first `warm_up` rounds do not count.
    """
    rounds = [[timed(call) for call in turn] for turn in zip(*calls, strict=True)]
    return [Times(kind) for kind in zip(*rounds[warm_up:], strict=True)]


@dataclass(frozen=True)
class Truth:
    """The exact nearest images of queries: row i of `distances` and `numbers` is query i's."""

    queries: Vectors
    distances: Vectors
    numbers: NDArray[np.int64]


def exact(
    vectors: Vectors, queries: Vectors, most: int, passing: NDArray[np.bool_] | None = None
) -> Truth:
    """The `most` nearest rows of `vectors` that are `passing`; fewer if fewer are."""
    numbers = np.arange(len(vectors)) if passing is None else np.flatnonzero(passing)
    candidates = vectors if passing is None else vectors[numbers]
    most = min(most, len(candidates))
    nearest = [_nearest(candidates, query, most) for query in queries]
    order = np.stack([each[0] for each in nearest])
    return Truth(queries, np.stack([each[1] for each in nearest]), numbers[order])


def _nearest(vectors: Vectors, query: Vectors, most: int) -> tuple[NDArray[np.int64], Vectors]:
    distances = 1 - vectors @ query
    nearest = np.argpartition(distances, most - 1)[:most]
    nearest = nearest[np.argsort(distances[nearest], kind="stable")]
    return nearest, distances[nearest]


def recall(vectors: Vectors, truth: Truth, found: Sequence[Sequence[int]], most: int) -> float:
    """The share of the exact `most` nearest that was found, over all queries.

    Something as near as the last of them counts as one of them: the order of equals is no error.
    """
    hits = expected = 0
    for query, distances, numbers in zip(truth.queries, truth.distances, found, strict=True):
        wanted = min(most, len(distances))
        near = 1 - vectors[list(numbers)[:wanted]] @ query <= distances[wanted - 1] + _SAME
        hits += int(near.sum())
        expected += wanted
    return hits / expected
