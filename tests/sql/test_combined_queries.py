"""Several vectors at once, against the same arithmetic in numpy."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.database import Databases
from tests.sql.conftest import add_environment, text, value
from tests.sql.ranked_library import (
    DIMENSION,
    Floats,
    VectorLibrary,
    add_images,
    distances,
    unit,
)

SIZE = 300


class Library(VectorLibrary):
    """An environment of 300 images, all of which every sample holds, and an empty one."""

    def __init__(self, sql: psycopg.Connection) -> None:
        super().__init__(sql)
        self.environment = add_environment(sql, "combined")
        self.vectors = self.points(SIZE)
        self.ids = add_images(sql, self.environment, self.vectors)
        self.empty = add_environment(sql, "empty")

    def combine(
        self, vectors: Floats, weights: list[float], environment: int | None = None
    ) -> Floats | None:
        """What search.combine makes of them."""
        terms = ", ".join(["row(%s, %s)::search.term"] * len(weights))
        values = [each for pair in zip(map(text, vectors), weights, strict=True) for each in pair]
        environment = environment or self.environment
        found = value(self.sql, f"select search.combine(%s, {terms})::text", environment, *values)
        return None if found is None else np.array([float(x) for x in found[1:-1].split(",")])

    def expected(self, vectors: Floats, weights: list[float]) -> Floats:
        """The weighted sum before it is brought to length 1, with each vector's units."""
        return np.array(weights) / self.spreads(vectors) @ vectors

    def spreads(self, vectors: Floats) -> Floats:
        """By how much the distances of the images to each vector differ, near their median."""
        return np.array([self._spread(vector) for vector in vectors])

    def _spread(self, vector: Floats) -> float:
        closeness = -np.log(np.maximum(distances(self.vectors, vector), 1e-6))
        far, median = np.quantile(closeness, [0.16, 0.5])
        scale = max((SIZE * (median - far) + 5 * 0.06) / (SIZE + 5), 0.01)
        return float(scale * np.exp(-SIZE * median / (SIZE + 5)))


@pytest.fixture(scope="module")
def library(databases: Databases) -> Iterator[Library]:
    with databases.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select '[1]'::halfvec")  # loads the library and its settings
        yield Library(connection)


weights = st.floats(0.001, 100) | st.floats(-100, -0.001)
seeds = st.integers(0, 2**32 - 1)


def vectors_of(seed: int, count: int) -> Floats:
    """Unit vectors in any direction, as float16 holds them."""
    random = np.random.default_rng(seed)
    return unit(random.normal(size=(count, DIMENSION))).astype(np.float16).astype(np.float64)


@settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
@given(seeds, st.lists(weights, min_size=1, max_size=10))
def test_a_weighted_sum_in_units_of_each_spread(
    library: Library, seed: int, given: list[float]
) -> None:
    vectors = vectors_of(seed, len(given))
    total = library.expected(vectors, given)
    assume(np.linalg.norm(total) > 0.1 * np.abs(np.array(given) / library.spreads(vectors)).max())
    combined = library.combine(vectors, given)
    assert combined is not None
    assert np.linalg.norm(combined) == pytest.approx(1, abs=2e-3)
    np.testing.assert_allclose(combined, total / np.linalg.norm(total), atol=2e-3)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(seeds, st.lists(weights, min_size=2, max_size=5))
def test_the_ranking_is_that_of_the_sum_of_similarities(
    library: Library, seed: int, given: list[float]
) -> None:
    """As every image's weighted similarities would be added up."""
    vectors = vectors_of(seed, len(given))
    total = library.expected(vectors, given)
    assume(np.linalg.norm(total) > 0.1 * np.abs(np.array(given) / library.spreads(vectors)).max())
    combined = library.combine(vectors, given)
    assert combined is not None
    answer = library.rank(combined, max_results=SIZE)
    sums = dict(zip(library.ids, library.vectors @ total / np.linalg.norm(total), strict=True))
    shown = [sums[asset_id] for asset_id, _, _ in answer["hits"]]
    assert len(shown) == SIZE
    assert all(after <= before + 4e-3 for before, after in pairwise(shown))


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(seeds, st.lists(weights, min_size=1, max_size=4), st.floats(0.5, 50), st.randoms())
def test_neither_order_nor_scale_matters(
    library: Library, seed: int, given: list[float], factor: float, random: object
) -> None:
    vectors = vectors_of(seed, len(given))
    total = library.expected(vectors, given)
    assume(np.linalg.norm(total) > 0.1 * np.abs(np.array(given) / library.spreads(vectors)).max())
    combined = library.combine(vectors, given)
    again = library.combine(vectors[::-1], [weight * factor for weight in given[::-1]])
    assert combined is not None
    assert again is not None
    np.testing.assert_allclose(combined, again, atol=2e-3)


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(seeds, st.lists(st.floats(0.001, 100), min_size=1, max_size=5))
def test_what_cancels_out_is_nothing(library: Library, seed: int, given: list[float]) -> None:
    vectors = vectors_of(seed, len(given))
    opposite = [-weight for weight in given]
    assert library.combine(np.concatenate([vectors, vectors]), given + opposite) is None


def test_one_alone_is_itself(library: Library) -> None:
    (vector,) = vectors_of(1, 1)
    for weight in (0.001, 1, 100):
        same = library.combine(vector[None], [weight])
        assert same is not None
        np.testing.assert_allclose(same, vector, atol=1e-3)
        opposite = library.combine(vector[None], [-weight])
        assert opposite is not None
        np.testing.assert_allclose(opposite, -vector, atol=1e-3)


def test_words_count_as_much_as_images_though_their_distances_differ_less(
    library: Library,
) -> None:
    """The directions in which the images differ most and least are both heeded."""
    directions = np.linalg.eigh(library.vectors.T @ library.vectors).eigenvectors.T
    flat, near = directions[[0, -1]].astype(np.float16).astype(np.float64)
    ratio = library.spreads(np.stack([near, flat]))
    assert ratio[0] > 1.5 * ratio[1]
    both = library.combine(np.stack([near, flat]), [1, 1])
    assert both is not None
    assert both @ flat > both @ near


def test_an_empty_library_weighs_all_alike(library: Library) -> None:
    vectors = vectors_of(5, 3)
    combined = library.combine(vectors, [1, 2, -1], library.empty)
    assert combined is not None
    np.testing.assert_allclose(combined, unit(np.array([1, 2, -1]) @ vectors), atol=2e-3)


def test_vectors_of_two_models_are_refused(library: Library) -> None:
    with pytest.raises(psycopg.errors.DataException, match="different halfvec dimensions"):
        library.sql.execute(
            "select search.combine(%s, row('[1,0]', 1)::search.term)", (library.environment,)
        )
