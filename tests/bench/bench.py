"""What every comparison is given: the library, and how much to measure."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tests.bench.client import Client
from tests.bench.library import Library
from tests.bench.serving import serving
from tests.bench.statistics import Truth, exact
from tests.bench.vectors import Vectors

PAGE = 50
"""`max_results` unless given."""


@dataclass(frozen=True)
class Bench:
    """`samples` calls are measured after `warm_up` others; throughput is over `seconds`."""

    library: Library
    samples: int
    warm_up: int
    seconds: float
    progress: Callable[[str], None]

    @property
    def calls(self) -> int:
        """With the warm-up."""
        return self.samples + self.warm_up

    @contextmanager
    def client(self, library: Library | None = None) -> Iterator[Client]:
        """A client of a server of the library, or of a copy of it."""
        with serving(library or self.library) as [server], Client(server.port) as client:
            yield client

    def draw(self, count: int, seed: int) -> NDArray[np.int64]:
        """Numbers of random images; another seed gives others, so that no call warms another's."""
        rng = np.random.default_rng([seed, 7])
        return rng.integers(self.library.size, size=count)

    @cached_property
    def directions(self) -> dict[str, Truth]:
        """Queries of both kinds with the exact answers: stored images, and words."""
        images = self.library.vectors[self.draw(self.samples, 100)]
        return {
            "by image": self._exact(images),
            "by words": self._exact(self.library.texts[: self.samples]),
        }

    def _exact(self, queries: Vectors) -> Truth:
        return exact(self.library.vectors, queries, PAGE)
