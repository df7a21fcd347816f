"""Pages stay put: what is there all the time is shown once, whatever comes and goes meanwhile."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.database import Databases
from tests.sql.conftest import Sql, add_environment
from tests.sql.ranked_library import Floats, VectorLibrary, add_images

FILTER = {
    "filter": "asset.tags @> array[$1 ->> 'value0']",
    "filter_values": Jsonb({"value0": "odd"}),
}
TIMES = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, microseconds=day) for day in (0, 1)]
FIELDS = ("created_at", "uploaded_at", "public_id", "display_name")


class Library(VectorLibrary):
    """The same images for every script, which changes them in a transaction of its own."""

    def __init__(self, sql: Sql) -> None:
        super().__init__(sql)
        self.environment = add_environment(sql, "paged")
        self.others = add_environment(sql, "others")
        add_images(sql, self.others, self.points(500))
        # Every other vector is there twice or three times, for ties.
        some = self.points(60)
        self.first = self.add(np.concatenate([some, some[::2], some[::4]]))
        sql.execute("analyze library.asset, library.embedding")

    def add(self, vectors: Floats) -> list[UUID]:
        """New images; every other one has the tag, and sort keys have many ties."""
        ids = add_images(self.sql, self.environment, vectors)
        self.sql.execute(
            "update library.asset set tags = array[tag], display_name = name, created_at = time,"
            " version = extract(epoch from time)"  # and so uploaded_at
            " from unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[])"
            " as given (id, tag, name, time)"
            " where asset.asset_id = given.id",
            (
                ids,
                ["odd" if each.int % 2 else "even" for each in ids],
                ["ABÄ"[each.int % 3] for each in ids],
                [TIMES[each.int % 2] for each in ids],
            ),
        )
        return ids

    def remove(self, ids: list[UUID]) -> None:
        """Deletes images with all that belongs to them."""
        self.sql.execute("delete from library.asset where asset_id = any (%s)", (ids,))

    def tagged(self, ids: set[UUID]) -> set[UUID]:
        return {each for each in ids if each.int % 2}


@pytest.fixture(scope="module")
def library(databases: Databases) -> Iterator[Library]:
    with databases.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select '[1]'::halfvec")  # loads the library and its settings
        yield Library(connection)


class Changes:
    """What a script does between two pages, and what was there all the time."""

    def __init__(self, library: Library, script: list[tuple[str, int]], query: Floats) -> None:
        self.library, self.query = library, query
        self.script = iter(script)
        self.present = list(library.first)
        self.always = set(library.first)

    def happen(self) -> None:
        """The next step of the script, if there is one."""
        what, number = next(self.script, ("nothing", 0))
        if what == "delete":
            gone = self.present[number :: number + 3]
            self.present = [each for each in self.present if each not in set(gone)]
            self.always -= set(gone)
            self.library.remove(gone)
        elif what == "near":
            self.present += self.library.add(np.stack([self.query] * (number + 1)))
        elif what == "anywhere":
            self.present += self.library.add(self.library.points(number + 1))


scripts = st.lists(
    st.tuples(st.sampled_from(["delete", "near", "anywhere", "nothing"]), st.integers(0, 12)),
    max_size=8,
)


def check(seen: list[UUID], always: set[UUID], missed: int = 0) -> None:
    assert len(seen) == len(set(seen)), "repeated"
    assert len(always - set(seen)) <= missed, "missing"


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    scripts,
    st.integers(2, 40),
    st.sampled_from([0, 20, 20000]),
    st.booleans(),
)
def test_rankings_under_inserts_and_deletes(
    library: Library,
    script: list[tuple[str, int]],
    size: int,
    exact_limit: int,
    filtered: bool,
) -> None:
    query = library.points(1)[0]
    options: dict[str, Any] = {"exact_limit": exact_limit, **(FILTER if filtered else {})}
    with library.sql.transaction(force_rollback=True):
        changes = Changes(library, script, query)
        seen: list[UUID] = []
        after: dict[str, Any] = {}
        while True:
            page = library.rank(query, max_results=size, **options, **after)
            seen += [asset_id for asset_id, _, _ in page["hits"]]
            if after:
                assert page["total_count"] == after["known_total"]
                assert page["best_distance"] == after["best_distance"]
            if not page["has_more"]:
                break
            assert len(page["hits"]) == size  # full
            last_id, last_distance, _ = page["hits"][-1]
            after = {
                "after_distance": last_distance,
                "after_asset_id": last_id,
                "best_distance": page["best_distance"],
                "skipped": len(seen),
                "known_total": page["total_count"],
            }
            changes.happen()
        always = library.tagged(changes.always) if filtered else changes.always
        # Where the index answers, it may not know of an image until the page for it is past.
        check(seen, always, missed=3 if exact_limit < len(library.first) else 0)


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(scripts, st.integers(2, 40), st.sampled_from(FIELDS), st.booleans(), st.booleans())
def test_sorted_pages_under_inserts_and_deletes(
    library: Library,
    script: list[tuple[str, int]],
    size: int,
    field: str,
    descending: bool,
    filtered: bool,
) -> None:
    query = library.points(1)[0]
    options: dict[str, Any] = {"sort_by": field, "descending": descending, "threshold": 1e-9}
    options |= FILTER if filtered else {}
    with library.sql.transaction(force_rollback=True):
        changes = Changes(library, script, query)
        # Far within the threshold, which moves with the images that scores are measured by.
        near = {hit[0] for hit in library.rank(query, threshold=0.3, max_results=200)["hits"]}
        seen: list[UUID] = []
        keys: list[tuple[Any, UUID]] = []
        after: dict[str, Any] = {}
        while True:
            page = library.rank(query, function="sorted", max_results=size, **options, **after)
            ids = [asset_id for asset_id, _, _ in page["hits"]]
            seen += ids
            of = key_of(library.sql, field, ids)
            keys += [(of[asset_id], asset_id) for asset_id in ids]
            if not page["has_more"]:
                break
            assert len(ids) == size
            key = keys[-1][0]
            after = {
                "after_key": key.isoformat() if isinstance(key, datetime) else key,
                "after_asset_id": keys[-1][1],
            }
            changes.happen()
        assert keys == sorted(keys, reverse=descending)
        always = changes.always & near
        check(seen, library.tagged(always) if filtered else always)


def key_of(sql: Sql, field: str, ids: list[UUID]) -> dict[UUID, Any]:
    return dict(
        sql.execute(
            f"select asset_id, {field} from library.asset where asset_id = any (%s)", (ids,)
        ).fetchall()
    )


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("field", FIELDS)
def test_sorted_pages_are_one_sorted_list(library: Library, field: str, descending: bool) -> None:
    query = library.points(1)[0]
    options = {"sort_by": field, "descending": descending, "threshold": 0.01}
    whole = library.rank(query, function="sorted", max_results=200, **options)
    within = library.rank(query, threshold=0.01, max_results=200)
    assert {hit[0] for hit in whole["hits"]} == {hit[0] for hit in within["hits"]}
    assert whole["total_count"] == within["total_count"] == len(whole["hits"]) > 10
    assert whole["best_distance"] == within["best_distance"]
    assert whole["has_more"] is False
    assert {hit[0]: hit for hit in whole["hits"]} == {hit[0]: hit for hit in within["hits"]}
