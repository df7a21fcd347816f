"""Every list of assets is read from an index, in its order, under the worst of plans."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from app.db.pool import Connection, Pool
from app.db.queries import load

AFTER = {"after_created_at": "infinity", "after_asset_id": UUID(int=(1 << 128) - 1)}
BEFORE = {"after_created_at": "-infinity", "after_asset_id": UUID(int=0)}
BY_TYPE = {"resource_type": "image", "types": ["upload"], "start_at": "-infinity", "limit": 11}
BY_TERM = {"resource_type": "image", "term_kind": "tag", "term": "t1", "limit": 11}
BY_FOLDER = {"asset_folder": "f1", "limit": 11}
BY_STATUS = {"resource_type": "image", "moderation_status": "pending", "limit": 11}
BY_NAME = {
    "resource_type": "image", "types": ["upload"], "prefix": "p1", "limit": 11,
    "after_public_id": "", "after_type": "",
}  # fmt: skip
TAGS = {"resource_type": "image", "prefix": "", "after": "", "limit": 11}
NAMED = {"resource_type": "image", "type": "upload"}


@pytest.fixture
async def library(pool: Pool) -> AsyncIterator[Connection]:
    """A connection to 6,000 assets of two environments."""
    async with pool.connection() as connection:
        await connection.execute(
            "insert into library.environment (cloud_name) values ('small'), ('large')"
        )
        await connection.execute(
            "insert into library.asset (environment_id, resource_type, type, public_id, version,"
            " bytes, width, height, format, etag, sha256, display_name, asset_folder, tags,"
            " context, moderation_status, moderated_at)"
            " select case when n % 6 = 0 then 1 else 2 end,"
            " case when n % 4 = 0 then 'image' else 'raw' end,"
            " case when n % 5 = 0 then 'upload' else 'private' end, 'p' || n, 1, 1, 1, 1, 'png',"
            " md5(n::text), sha256(n::text::bytea), 'p', 'f' || n % 50, array['t' || n % 9],"
            " jsonb_build_object('k', n % 9), case when n % 7 = 0 then 'pending' end,"
            " case when n % 7 = 0 then now() end from generate_series(1, 6000) as n"
        )
        await connection.execute("analyze")
        yield connection


async def plan(connection: Connection, table: str, name: str, values: dict[str, Any]) -> str:
    """The generic plan of a statement."""
    statement = load(table)[name]
    names = list(dict.fromkeys(values))
    for number, each in enumerate(names, 1):
        statement = statement.replace(f"%({each})s", f"${number}")
    types = ", ".join(_TYPES.get(name, "text") for name in names)
    await connection.execute("set plan_cache_mode = force_generic_plan")
    await connection.execute(f"prepare asked ({types}) as {statement}")
    literals = ", ".join(_literal(connection, values[name]) for name in names)
    rows = await (
        await connection.execute(f"explain (costs off) execute asked({literals})")
    ).fetchall()
    await connection.execute("deallocate asked")
    return "\n".join(row[0] for row in rows)


_TYPES = {
    "environment_id": "bigint", "types": "text[]", "start_at": "timestamptz", "limit": "bigint",
    "after_created_at": "timestamptz", "after_asset_id": "uuid", "public_ids": "text[]",
    "asset_ids": "uuid[]",
}  # fmt: skip


def _literal(connection: Connection, value: Any) -> str:
    from psycopg import sql

    return sql.Literal(value).as_string(connection)


@pytest.mark.parametrize(
    ("table", "name", "values", "index"),
    [
        ("asset_lists", "newest", BY_TYPE | AFTER, "Scan Backward using asset_by_type"),
        ("asset_lists", "oldest", BY_TYPE | BEFORE, "Scan using asset_by_type"),
        ("asset_lists", "newest_by_term", BY_TERM | AFTER, "Backward using asset_term_in_order"),
        ("asset_lists", "oldest_by_term", BY_TERM | BEFORE, "using asset_term_in_order"),
        ("asset_lists", "newest_by_folder", BY_FOLDER | AFTER, "using asset_by_folder"),
        ("asset_lists", "oldest_by_folder", BY_FOLDER | BEFORE, "using asset_by_folder"),
        ("asset_lists", "newest_by_moderation", BY_STATUS | AFTER, "using asset_by_moderation"),
        ("asset_lists", "oldest_by_moderation", BY_STATUS | BEFORE, "using asset_by_moderation"),
        ("asset_lists", "by_name", BY_NAME, "using asset_by_name"),
        ("asset_lists", "tags", TAGS, "using asset_term_in_order"),
        (
            "asset_deletions",
            "lock_by_prefix",
            NAMED | {"prefix": "p1", "after_public_id": "", "limit": 10},
            "using asset_by_name",
        ),
        (
            "asset_deletions",
            "lock_by_tag",
            {"resource_type": "image", "tag": "t1", "limit": 10} | BEFORE,
            "using asset_term_in_order",
        ),
    ],
)
async def test_lists_come_from_an_index_in_its_order(
    library: Connection, table: str, name: str, values: dict[str, Any], index: str
) -> None:
    found = await plan(library, table, name, {"environment_id": 1, **values})
    assert index in found
    assert "Seq Scan" not in found
    # The environment is part of the condition of the index, not a filter behind it.
    condition = found[found.index(index) :].split("Index Cond:")[1].splitlines()[0]
    assert "environment_id = $1" in condition
    # Only pages that are merged or locked are sorted, never what they are taken from.
    pages = found[found.index("Limit", 1) :] if name in ("newest", "oldest", "by_name") else found
    if table == "asset_lists":
        assert "Sort" not in pages


async def test_terms_follow_tags_and_context(library: Connection) -> None:
    asked = (
        "select array_agg(kind || ':' || term order by kind, term) from library.asset_term"
        " join library.asset using (environment_id, asset_id) where public_id = 'p1'"
    )
    update = "update library.asset set {} where public_id = 'p1'"

    async def terms() -> list[str] | None:
        row = await (await library.execute(asked)).fetchone()
        assert row is not None
        return list(row[0]) if row[0] else None

    before = await terms()
    assert before is not None
    assert [term.partition(":")[0] for term in before] == ["context_key", "context_pair", "tag"]
    await library.execute(update.format("tags = array['b', 'a', '', repeat('x', 300)]"))
    after = await terms()
    assert after is not None
    assert after[2:] == ["tag:a", "tag:b", "tag:" + "x" * 255]
    await library.execute(update.format("tags = '{}', context = '{}'"))
    assert await terms() is None
