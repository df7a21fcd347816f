"""Ranking among what an expression describes, against a brute-force oracle."""

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from app.contract.expression import parse
from app.db.asset_predicate import Filter
from tests.database import Databases
from tests.sql.asset_library import NOW, Item, add_environment, make_library, store
from tests.sql.asset_oracle import LEAVES, Asked, Check, combined
from tests.sql.conftest import Sql, text, value
from tests.sql.ranked_library import Floats, VectorLibrary, distances, explain, nodes

SIZE = 5000
# Each tag is on the indexed images of the one after it too.
SHARES = {"s50": 0.5, "s10": 0.1, "s1": 0.01, "s01": 0.001, "s001": 0.0001}
FAR = 60
MARGIN = 1e-4  # of a distance in float16


class Library(VectorLibrary):
    """`SIZE` assets with awkward values, of which the images are indexed but for some."""

    def __init__(self, sql: Sql) -> None:
        super().__init__(sql)
        self.environment = add_environment(sql, "filtered")
        self.vectors = self.points(SIZE)
        self.query = self.centres[0]
        self.items = self._tagged(make_library(seed=3, size=SIZE))
        self.place = {item.asset_id: at for at, item in enumerate(self.items)}
        with sql.transaction():
            store(sql, self.environment, self.items)
            self._index()
        sql.execute("analyze library.asset, library.embedding, library.indexing")

    def state(self, item: Item) -> str:
        """Raw files are never indexed, and of ten images one waits, failed or was not asked for."""
        states = {0: "pending", 10: "failed", 20: "off"}
        return "off" if item.resource_type == "raw" else states.get(item.number % 30, "indexed")

    def expected(self, check: Check) -> Floats:
        """Where the indexed assets are that a check holds for."""
        found = [at for at in self.indexed if check(self.items[at])]
        return np.array(found, dtype=int)

    def rank_by(self, expression: str, query: Floats, **options: Any) -> dict[str, Any]:
        """What search.rank answers, with hits by their place in `items`."""
        filter = Filter(parse(expression, NOW))
        values = Jsonb(filter.values)
        answer = self.rank(query, filter=filter.text, filter_values=values, **options)
        places = [self.place[asset_id] for asset_id, _, _ in answer["hits"]]
        return {**answer, "places": places, "distances": [hit[1] for hit in answer["hits"]]}

    def _tagged(self, items: list[Item]) -> list[Item]:
        self.indexed = [at for at, item in enumerate(items) if self.state(item) == "indexed"]
        shuffled = random.Random(5).sample(self.indexed, len(self.indexed))
        tags: dict[int, list[str]] = {at: [] for at in range(SIZE)}
        for tag, share in SHARES.items():
            for at in shuffled[: max(1, round(share * len(shuffled)))]:
                tags[at].append(tag)
        farthest = np.argsort(distances(self.vectors, self.query))[::-1]
        for at in [at for at in farthest if at in set(self.indexed)][:FAR]:
            tags[at].append("far")
        return [replace(item, tags=item.tags + tags[at]) for at, item in enumerate(items)]

    def _index(self) -> None:
        by_state: dict[str, list[Item]] = {}
        for item in self.items:
            by_state.setdefault(self.state(item), []).append(item)
        asked = [item.asset_id for state in by_state if state != "off" for item in by_state[state]]
        self.sql.execute(
            "update library.asset set visual_search = true where asset_id = any (%s)", (asked,)
        )
        for state in ("pending", "failed"):
            self.sql.execute(
                "insert into library.indexing (environment_id, asset_id, state, reason)"
                " select %s, unnest(%s::uuid[]), %s, 'for the test'",
                (self.environment, [item.asset_id for item in by_state[state]], state),
            )
        ids = [self.items[at].asset_id for at in self.indexed]
        self.embed(self.environment, ids, self.vectors[self.indexed])


@pytest.fixture(scope="module")
def library(databases: Databases) -> Iterator[Library]:
    """5,000 assets that the tests of this module only read."""
    with databases.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select '[1]'::halfvec")  # loads the library and its settings
        yield Library(connection)


def check_page(
    library: Library, answer: dict[str, Any], among: Floats, query: Floats, size: int
) -> None:
    """All that holds for a first page without threshold, whichever way it was ranked."""
    oracle = distances(library.vectors[among], query) if len(among) else np.array([])
    of = dict(zip(among.tolist(), oracle.tolist(), strict=True))
    assert set(answer["places"]) <= set(of)
    assert len(set(answer["places"])) == len(answer["places"]) == min(size, len(among))
    assert answer["distances"] == pytest.approx([of[at] for at in answer["places"]], abs=MARGIN)
    order = [(distance, asset_id) for asset_id, distance, _ in answer["hits"]]
    assert order == sorted(order)
    check_counts(library, answer, len(among))
    assert answer["estimated"] or answer["total_count"] == len(among)
    assert answer["has_more"] is (len(among) > size)
    assert answer["complete"] is True
    if answer["mode"] == "exact":
        assert answer["distances"] == pytest.approx(np.sort(oracle)[:size], abs=MARGIN)


def check_counts(library: Library, answer: dict[str, Any], matching: int) -> None:
    """The candidates are right, or estimated from 1,000 images to within five deviations."""
    share = matching / len(library.indexed)
    deviation = len(library.indexed) * math.sqrt(share * (1 - share) / 1000)
    assert abs(answer["candidates"] - matching) <= (5 * deviation if answer["estimated"] else 0)


# Any expression -----------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    st.recursive(LEAVES, combined, max_leaves=4),
    st.sampled_from([0, 40, 20000]),
    st.sampled_from([1, 10, 60]),
    st.integers(0, SIZE - 1),
)
def test_any_expression(
    library: Library, asked: Asked, exact_limit: int, size: int, nearby: int
) -> None:
    expression, check = asked
    query, among = library.vectors[nearby], library.expected(check)
    options = {"max_results": size, "exact_limit": exact_limit}
    answer = library.rank_by(expression, query, **options)
    check_page(library, answer, among, query, size)
    if len(among) <= exact_limit and exact_limit < 500:  # fewer than that are always compared
        assert answer["mode"] == "exact"


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(LEAVES, st.sampled_from([0, 20000]), st.integers(1, 80), st.integers(0, SIZE - 1))
def test_a_threshold_within_any_expression(
    library: Library, asked: Asked, exact_limit: int, place: int, nearby: int
) -> None:
    expression, check = asked
    query, among = library.vectors[nearby], library.expected(check)
    near = np.sort(distances(library.vectors[among], query)) if len(among) else np.array([])
    if len(near) <= place or near[place] - near[place - 1] < 2 * MARGIN:
        return  # rounding would decide
    farthest = (near[place - 1] + near[place]) / 2
    threshold = value(
        library.sql, "select search.score(%s, search.calibrate(%s, %s))",
        farthest, library.environment, text(query),
    )  # fmt: skip
    if not 0 < threshold < 1:
        return
    answer = library.rank_by(
        expression, query, threshold=threshold, exact_limit=exact_limit, max_results=50
    )
    # The index may have missed one of those on the only page, which are not counted again.
    missed = 2 if answer["mode"] == "approximate" and not answer["has_more"] else 0
    check_counts(library, answer, len(among))
    if not answer["estimated"] or not answer["has_more"]:
        assert place - missed <= answer["total_count"] <= place
    assert all(distance <= farthest for distance in answer["distances"])
    if answer["mode"] == "exact":
        assert answer["distances"] == pytest.approx(near[: min(place, 50)], abs=MARGIN)
        assert answer["has_more"] is (place > 50)


# Selectivities ------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", SHARES)
@pytest.mark.parametrize("exact_limit", [0, 20, 20000])
def test_pages_are_full_at_every_selectivity(library: Library, tag: str, exact_limit: int) -> None:
    among = library.expected(lambda item: tag in item.tags)
    assert len(among) == max(1, round(SHARES[tag] * len(library.indexed)))
    found = 0
    for query in library.points(5):
        answer = library.rank_by(f"tags={tag}", query, exact_limit=exact_limit, max_results=30)
        check_page(library, answer, among, query, 30)
        nearest = among[np.argsort(distances(library.vectors[among], query))[:30]]
        found += len(set(nearest) & set(answer["places"]))
    # Few images are in each ranking, and rounding decides about the last of them.
    assert found / (5 * min(30, len(among))) >= 0.95


@pytest.mark.parametrize("tag", ["s50", "s10"])
def test_many_matches_are_looked_for_by_the_index(library: Library, tag: str) -> None:
    before = library.scans()
    for query in library.points(4):
        answer = library.rank_by(f"tags={tag}", query, exact_limit=0, max_results=10)
        assert answer["mode"] == "approximate"
    assert library.scans() == before + 4


@pytest.mark.parametrize("tag", SHARES)
def test_few_matches_are_all_compared(library: Library, tag: str) -> None:
    among = library.expected(lambda item: tag in item.tags)
    before = library.scans()
    for query in library.points(4):
        answer = library.rank_by(f"tags={tag}", query, max_results=10, exact_limit=SIZE)
        few = value(library.sql, "select search.few(11, %s, %s)", len(library.indexed), SIZE)
        assert answer["mode"] == ("exact" if len(among) <= few else "approximate")
        asked = library.rank_by(f"tags={tag}", query, max_results=10, exact_limit=0, exact=True)
        check_page(library, asked, among, query, 10)
        assert asked["mode"] == "exact"
    assert library.scans() == before + (4 if len(among) > few else 0)


@pytest.mark.parametrize("exact_limit", [0, 20, 20000])
def test_matches_that_are_all_far_from_the_query(library: Library, exact_limit: int) -> None:
    among = library.expected(lambda item: "far" in item.tags)
    for size in (10, 50, 100):
        answer = library.rank_by("tags=far", library.query, exact_limit=exact_limit,
                                 max_results=size)  # fmt: skip
        check_page(library, answer, among, library.query, size)
        assert set(answer["matches"]) == {"weak"}


def test_nothing_matches(library: Library) -> None:
    for exact_limit in (0, 20000):
        answer = library.rank_by("tags=none", library.query, exact_limit=exact_limit)
        check_page(library, answer, np.array([], dtype=int), library.query, 50)
        assert answer["best_distance"] is None


def test_what_is_not_indexed_is_no_candidate(library: Library) -> None:
    names = {state: [] for state in ("pending", "failed", "off", "indexed")}
    for item in library.items[:300]:
        names[library.state(item)].append(item.public_id)
    for state, ids in names.items():
        expression = " OR ".join('public_id="{}"'.format(name.replace('"', "")) for name in ids[:8])
        answer = library.rank_by(expression, library.query)
        assert answer["candidates"] == (8 if state == "indexed" else 0)


# Plans --------------------------------------------------------------------------------------------


def test_the_scan_with_a_filter_keeps_the_index(library: Library) -> None:
    library.sql.execute("set plan_cache_mode = force_custom_plan")
    try:
        for number, expression in enumerate(
            ("tags=s10", "tags=s001", "bytes>1 AND NOT red", "folder:a/* OR metadata.m>4")
        ):
            filter = Filter(parse(expression, NOW))
            statement = value(library.sql, "select search.scan_matching(%s)", filter.text)
            library.sql.execute(
                f"prepare scan{number} (jsonb, bigint, halfvec, integer) as {statement}"
            )
            with psycopg.ClientCursor(library.sql) as cursor:  # `execute` takes no parameters
                cursor.execute(
                    f"explain (format json) execute scan{number} (%s, %s, %s, 51)",
                    (Jsonb(filter.values), library.environment, text(library.query)),
                )
                plan = list(nodes(cursor.fetchall()[0][0][0]["Plan"]))
            scans = [node for node in plan if node.get("Relation Name") == "embedding"]
            assert [node.get("Index Name") for node in scans] == ["embedding_hnsw"], plan
            assert not [node for node in plan if "Join" in node["Node Type"]]
            assert not [node for node in plan if node["Node Type"] in ("Nested Loop", "Seq Scan")]
    finally:
        library.sql.execute("reset plan_cache_mode")


def test_images_that_are_few_are_looked_up(library: Library) -> None:
    ids = [library.items[at].asset_id for at in library.indexed[:50]]
    plan = explain(
        library.sql, "select * from search.exact_among(%s, %s, %s)",
        library.environment, text(library.query), ids,
    )  # fmt: skip
    scans = [node for node in plan if node.get("Relation Name") == "embedding"]
    assert len(scans) == 1
    assert not [node for node in plan if node.get("Index Name") == "embedding_hnsw"]
    functions = [node["Function Name"] for node in plan if node["Node Type"] == "Function Scan"]
    assert functions == ["unnest"]  # and exact_among itself was inlined
