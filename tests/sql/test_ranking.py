"""Ranking on some thousand vectors: served by the index, and what a scan of everything says."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest

from tests.database import Databases
from tests.sql.conftest import Sql, add_asset, add_embedding, add_environment, text, value
from tests.sql.ranked_library import Floats, VectorLibrary, distances, explain

LARGE, SMALL = 5000, 500


class Library(VectorLibrary):
    """Two environments, of which the tests know every vector of the large one."""

    def __init__(self, sql: Sql) -> None:
        super().__init__(sql)
        self.large, self.vectors = self._fill("large", LARGE)
        self.environment = self.large
        self.small, _ = self._fill("small", SMALL)
        sql.execute("analyze library.asset, library.embedding")

    def distances(self, query: Floats) -> dict[UUID, float]:
        """Of every image of the large environment, nearest first."""
        ids = list(self.vectors)
        found = distances(np.stack(list(self.vectors.values())), query)
        return {ids[at]: float(found[at]) for at in np.argsort(found)}

    def score(self, query: Floats, distance: float) -> float:
        """What a distance from a query in the large environment scores."""
        statement = "select search.score(%s, search.calibrate(%s, %s))"
        return float(value(self.sql, statement, distance, self.large, text(query)))

    def _fill(self, cloud_name: str, count: int) -> tuple[int, dict[UUID, Floats]]:
        environment = add_environment(self.sql, cloud_name)
        vectors = self.points(count)
        with self.sql.transaction():
            ids = [
                add_asset(self.sql, environment, number, visual_search=True)
                for number in range(count)
            ]
            self.embed(environment, ids, vectors)
        return environment, dict(zip(ids, vectors, strict=True))


@pytest.fixture(scope="module")
def library(databases: Databases) -> Iterator[Library]:
    """5,500 embeddings that the tests of this module only read."""
    with databases.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select '[1]'::halfvec")  # loads the library and its settings
        yield Library(connection)


# Plans --------------------------------------------------------------------------------------------


def test_the_approximate_statement_is_an_index_scan(library: Library) -> None:
    query = text(library.points(1)[0])
    plan = explain(
        library.sql, "select * from search.approximate(%s, %s, 51)", library.large, query
    )
    indexes = {node.get("Index Name") for node in plan}
    assert "embedding_hnsw" in indexes, json.dumps(plan, indent=1)
    assert not [node for node in plan if node["Node Type"] == "Seq Scan"]
    assert not [node for node in plan if node["Node Type"] == "Function Scan"]  # it was inlined


def test_the_exact_statement_never_uses_the_approximate_index(library: Library) -> None:
    query = text(library.points(1)[0])
    library.sql.execute("set enable_seqscan = off")
    try:
        plan = explain(library.sql, "select * from search.exact(%s, %s, 51)", library.large, query)
    finally:
        library.sql.execute("reset enable_seqscan")
    assert "embedding_hnsw" not in {node.get("Index Name") for node in plan}


@pytest.mark.parametrize("mode", ["auto", "force_generic_plan", "force_custom_plan"])
def test_rank_uses_the_index_whatever_plans_the_session_prefers(
    library: Library, mode: str
) -> None:
    # A generic plan does not know the limit, guesses a tenth of the table and scans it all: that is
    # why search.rank forces custom plans, for itself alone.
    library.sql.execute("select set_config('plan_cache_mode', %s, false)", (mode,))
    try:
        before = library.scans()
        for query in library.points(8):  # a prepared statement turns generic after five
            assert library.rank(query, exact_limit=0)["mode"] == "approximate"
        assert library.scans() == before + 8
        assert value(library.sql, "show plan_cache_mode") == mode
    finally:
        library.sql.execute("reset plan_cache_mode")


def test_rank_of_few_candidates_scans_them_all(library: Library) -> None:
    before = library.scans()
    for query in library.points(8):
        assert library.rank(query, exact_limit=LARGE)["mode"] == "exact"
    assert library.scans() == before
    assert library.rank(query, exact_limit=LARGE - 1)["mode"] == "approximate"
    assert library.scans() == before + 1


def test_settings_of_a_ranking_do_not_stay(library: Library) -> None:
    library.rank(library.points(1)[0], exact_limit=0, max_results=300)
    assert value(library.sql, "show hnsw.ef_search") == "40"
    assert value(library.sql, "show hnsw.iterative_scan") == "off"


# Agreement ----------------------------------------------------------------------------------------


def test_recall_at_10_against_an_exact_scan(library: Library) -> None:
    found = 0
    for query in library.points(200):
        exact = library.rank(query, max_results=10, exact_limit=LARGE)
        approximate = library.rank(query, max_results=10, exact_limit=0)
        assert (exact["mode"], approximate["mode"]) == ("exact", "approximate")
        ids = {asset_id for asset_id, _, _ in exact["hits"]}
        found += len(ids & {asset_id for asset_id, _, _ in approximate["hits"]})
    assert found / 2000 >= 0.98


@pytest.mark.parametrize("exact_limit", [0, LARGE])
def test_distances_scores_and_order(library: Library, exact_limit: int) -> None:
    for query in library.points(10):
        answer = library.rank(query, max_results=50, exact_limit=exact_limit)
        oracle = library.distances(query)
        assert len(answer["hits"]) == 50
        order = [(distance, asset_id) for asset_id, distance, _ in answer["hits"]]
        assert order == sorted(order)
        for asset_id, distance, score in answer["hits"]:
            assert distance == pytest.approx(oracle[asset_id], abs=1e-4)
            assert score == pytest.approx(library.score(query, distance), abs=1e-3)
        if exact_limit:
            nearest = sorted(oracle.values())[:50]
            assert [distance for distance, _ in order] == pytest.approx(nearest, abs=1e-4)


def test_summary_of_an_answer(library: Library) -> None:
    query = library.points(1)[0]
    for limit, mode in ((LARGE, "exact"), (0, "approximate")):
        answer = library.rank(query, max_results=10, exact_limit=limit)
        assert answer["mode"] == mode
        assert answer["candidates"] == LARGE
        assert answer["total_count"] == LARGE
        assert answer["has_more"] is True


@pytest.mark.parametrize("exact_limit", [0, LARGE])
def test_threshold(library: Library, exact_limit: int) -> None:
    for query in library.points(10):
        oracle = list(library.distances(query).values())
        for place in (5, 60):
            # Between two neighbours, so that rounding decides nothing.
            farthest = (oracle[place - 1] + oracle[place]) / 2
            if oracle[place] - oracle[place - 1] < 1e-5:
                continue
            answer = library.rank(
                query,
                max_results=50,
                threshold=library.score(query, farthest),
                exact_limit=exact_limit,
            )
            assert answer["total_count"] == place
            if exact_limit:
                assert len(answer["hits"]) == min(place, 50)
                assert answer["has_more"] is (place > 50)
            assert all(distance <= farthest for _, distance, _ in answer["hits"])


def test_a_threshold_that_nothing_reaches(library: Library) -> None:
    far = -library.centres.mean(axis=0)
    for limit in (0, LARGE):
        answer = library.rank(far / np.linalg.norm(far), threshold=0.999, exact_limit=limit)
        assert answer["hits"] == []
        assert answer["total_count"] == 0
        assert answer["has_more"] is False
        assert answer["candidates"] == LARGE


@pytest.mark.parametrize("exact_limit", [0, LARGE])
def test_environments_do_not_mix(library: Library, exact_limit: int) -> None:
    owned = {
        row[0]
        for row in library.sql.execute(
            "select asset_id from library.asset where environment_id = %s", (library.small,)
        )
    }
    for query in library.points(10):
        answer = library.rank(query, library.small, max_results=50, exact_limit=exact_limit)
        assert answer["candidates"] == SMALL
        assert len(answer["hits"]) == 50  # full, although most of the index is somebody else's
        assert {asset_id for asset_id, _, _ in answer["hits"]} <= owned


def test_an_empty_environment(library: Library) -> None:
    with library.sql.transaction(force_rollback=True):
        empty = add_environment(library.sql, "empty")
        for limit in (0, 1):
            answer = library.rank(library.points(1)[0], empty, exact_limit=limit)
            assert (answer["hits"], answer["total_count"]) == ([], 0)
            assert answer["has_more"] is False


# Pages --------------------------------------------------------------------------------------------


def pages(library: Library, query: Floats, size: int, **options: Any) -> Iterator[list[Any]]:
    """The hits of every page to the last one."""
    after: dict[str, Any] = {}
    skipped = 0
    while True:
        answer = library.rank(query, max_results=size, skipped=skipped, **after, **options)
        yield answer["hits"]
        if not answer["has_more"]:
            return
        assert len(answer["hits"]) == size
        last_id, last_distance, _ = answer["hits"][-1]
        after = {"after_distance": last_distance, "after_asset_id": last_id}
        skipped += size


def test_exact_pages_to_the_end(library: Library) -> None:
    query = library.points(1)[0]
    seen = [hit for page in pages(library, query, 480, exact_limit=LARGE) for hit in page]
    assert len(seen) == LARGE
    assert len({asset_id for asset_id, _, _ in seen}) == LARGE
    order = [(distance, asset_id) for asset_id, distance, _ in seen]
    assert order == sorted(order)


@pytest.mark.parametrize("ef_search", [10, 100])
def test_approximate_pages_go_on_to_the_end_without_repeating(
    library: Library, ef_search: int
) -> None:
    # Deep pages compare every image. What the index had missed before is the only gap there is.
    for query in library.points(3):
        found = pages(library, query, 250, exact_limit=0, ef_search=ef_search)
        seen = [asset_id for page in found for asset_id, _, _ in page]
        assert len(seen) == len(set(seen))
        assert len(seen) >= 0.98 * LARGE


def test_pages_within_a_threshold(library: Library) -> None:
    query = library.points(1)[0]
    oracle = list(library.distances(query).values())
    threshold = library.score(query, (oracle[99] + oracle[100]) / 2)
    for limit in (0, LARGE):
        found = list(pages(library, query, 30, threshold=threshold, exact_limit=limit))
        assert [len(page) for page in found] == [30, 30, 30, 10]


def test_images_at_the_same_distance_are_ordered_by_id(library: Library) -> None:
    with library.sql.transaction(force_rollback=True):
        twins = add_environment(library.sql, "twins")
        vector = library.points(1)[0]
        for number in range(20):
            asset_id = add_asset(library.sql, twins, number, visual_search=False)
            add_embedding(library.sql, twins, asset_id, vector)
        for limit in (0, 100):
            found = pages(library, vector, 7, environment=twins, exact_limit=limit)
            seen = [asset_id for page in found for asset_id, _, _ in page]
            assert seen == sorted(seen)
            assert len(set(seen)) == 20


@pytest.mark.parametrize("exact_limit", [0, LARGE])
def test_images_that_arrive_between_pages_end_nothing(library: Library, exact_limit: int) -> None:
    with library.sql.transaction(force_rollback=True):
        environment = add_environment(library.sql, "growing")
        query, *others = library.points(13)

        def add(number: int, vector: Floats) -> None:
            asset_id = add_asset(library.sql, environment, number, visual_search=False)
            add_embedding(library.sql, environment, asset_id, vector)

        for number, vector in enumerate(others):
            add(number, vector)
        seen = []
        for page in pages(library, query, 4, environment=environment, exact_limit=exact_limit):
            seen += [asset_id for asset_id, _, _ in page]
            add(100 + len(seen), query)  # nearer than everything that was shown
        assert len(seen) == 12


# By hand ------------------------------------------------------------------------------------------


def test_the_functions_for_people(library: Library) -> None:
    asset_id, vector = next(iter(library.vectors.items()))
    rows = "select asset_id, public_id, distance, match from search."
    by_asset = library.sql.execute(rows + "by_asset('large', 'n0', 5)").fetchall()
    by_vector = library.sql.execute(rows + "by_vector('large', %s, 5)", (text(vector),)).fetchall()
    assert by_asset == by_vector
    assert by_asset[0][:2] == (asset_id, "n0")
    assert by_asset[0][2] == pytest.approx(0, abs=1e-4)
    assert by_asset[0][3] == "same"
