"""The log of searches: what it keeps, for how long, and what never gets into it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import pytest

from app.db import search_events
from app.db.pool import Pool
from app.db.search_events import SearchEvent
from tests.sql.conftest import (
    Sql,
    add_asset,
    add_embedding,
    add_environment,
    use_dimension,
    value,
)

NOW = datetime.now(UTC)


def event(environment_id: int, **values: Any) -> SearchEvent:
    known = SearchEvent(
        environment_id=environment_id,
        searched_at=NOW,
        kind="text",
        query="a dog",
        mode="exact",
        candidates=3,
        returned=2,
        best_score=0.5,
        encode_ms=1.5,
        rank_ms=2.5,
    )
    return msgspec.structs.replace(known, **values)


async def record(pool: Pool, *events: SearchEvent) -> None:
    async with pool.connection() as connection:
        await search_events.record(connection, events)


async def test_an_event_is_kept_as_it_was_told(sql: Sql, pool: Pool) -> None:
    environment_id = add_environment(sql, "e")
    hits = [UUID(int=2), UUID(int=1)]
    told = {"best_match": "weak", "filtered": True, "complete": False, "continued": True}
    await record(pool, event(environment_id), event(environment_id, hits=hits, **told))
    kept = sql.execute(
        "select hits, best_match, filtered, complete, continued, query"
        " from library.search_event order by search_id"
    ).fetchall()
    assert kept == [
        ([], None, False, True, False, "a dog"),
        (hits, "weak", True, False, True, "a dog"),
    ]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("Cold night: a/b at 5?", "Cold night: a/b at 5?"),
        ("https://h.example/a/b.jpg", "https://h.example/a/b.jpg"),
        ("https://me:pw@h.example/a.jpg?X-Signature=s#f", "https://h.example/a.jpg"),
        ("s3://key:secret@bucket/a@2x.jpg", "s3://bucket/a@2x.jpg"),
        ("data:image/png;base64," + "A" * 5000, "data:…"),
        ('["https://h/a?s=1", "data:,' + "A" * 80 + '"]', '["https://h/a", "data:…"]'),
        ("x" * 5000, "x" * 1000),
    ],
)
async def test_secrets_and_files_are_not_logged(
    sql: Sql, pool: Pool, query: str, kept: str
) -> None:
    await record(pool, event(add_environment(sql, "e"), query=query))
    assert value(sql, "select query from library.search_event") == kept


async def test_old_events_go(sql: Sql, pool: Pool) -> None:
    for cloud in ("e", "f"):
        environment_id = add_environment(sql, cloud)
        for days in (0, 9, 11):
            await record(pool, event(environment_id, searched_at=NOW - timedelta(days=days)))
    async with pool.connection() as connection:
        await search_events.trim(connection, days=10)
    kept = (
        "select count(*), min(searched_at) > now() - interval '10 days' from library.search_event"
    )
    assert sql.execute(kept).fetchone() == (4, True)


def test_old_events_are_found_by_the_index(sql: Sql) -> None:
    environment_id = add_environment(sql, "e")
    sql.execute(
        """
        insert into library.search_event (
            environment_id, searched_at, kind, mode, candidates, returned, encode_ms, rank_ms
        )
        select %s, now() - n * interval '1 minute', 'text', 'exact', 1, 1, 1, 1
        from generate_series(1, 20000) as n
        """,
        (environment_id,),
    )
    sql.execute("analyze library.search_event, library.environment")
    explain = "explain " + search_events._SQL["trim"]
    plan = "\n".join(row[0] for row in sql.execute(explain, {"days": 13}))
    assert "search_event_by_time" in plan, plan


async def test_what_was_shown_is_known_when_the_log_forgot_it(sql: Sql, pool: Pool) -> None:
    use_dimension(sql, 8)
    environment_id = add_environment(sql, "e")
    now = datetime.now(UTC)  # NOW may be many tests ago
    images = []
    for number in range(4):
        with sql.transaction():
            images.append(add_asset(sql, environment_id, number, visual_search=True))
            add_embedding(sql, environment_id, images[-1], np.eye(8)[0])
    long_ago = now - timedelta(days=500)
    gone = UUID(int=5)
    never_found = "select array_agg(public_id order by public_id) from report.never_found_images"

    await record(pool, event(environment_id, hits=[images[0], gone], searched_at=long_ago))
    assert value(sql, never_found) == ["n1", "n2", "n3"]
    async with pool.connection() as connection:
        await search_events.note_shown(connection)
        await search_events.trim(connection, days=400)
        assert value(sql, "select count(*) from library.search_event") == 0
        assert value(sql, never_found) == ["n1", "n2", "n3"]
        await record(pool, event(environment_id, hits=[images[1], images[0]], searched_at=now))
        assert value(sql, never_found) == ["n2", "n3"]
        # One that was written a little later than it happened.
        await search_events.note_shown(connection)
        late = now - timedelta(minutes=2)
        await record(pool, event(environment_id, hits=[images[2]], searched_at=late))
        await search_events.note_shown(connection)
    assert value(sql, "select count(*) from library.shown_asset") == 3
    assert value(sql, never_found) == ["n3"]
    sql.execute("delete from library.asset")
    assert value(sql, "select count(*) from library.shown_asset") == 0
