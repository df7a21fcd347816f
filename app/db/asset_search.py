"""Assets by an expression: pages in an order, counts, and counts by groups."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from psycopg import sql
from psycopg.errors import QueryCanceled
from psycopg.rows import class_row

from app.contract.expression.tree import Condition
from app.db.asset_columns import BACKUP_BYTES, GROUPED, RANGED
from app.db.asset_order import Order, Sort
from app.db.asset_predicate import Predicate
from app.db.assets import Asset
from app.db.pool import Connection, run
from app.db.queries import load
from app.errors import BadRequest

_SQL = load("asset_search")
_LONGEST = 20_000  # milliseconds; 300 terms, none with an index, would take hours of a library

_COMMA = sql.SQL(", ")
_WITHIN = sql.SQL("count(*) filter (where {0} >= {1}::numeric and {0} < {2}::numeric)")


class FoundAsset(Asset, frozen=True, kw_only=True):
    """An asset with what only searches show. `sort_keys`: where a next page begins, as text."""

    created_by: str | None
    uploaded_at: datetime
    backup_bytes: int
    public_id_updated_at: datetime | None
    tags_updated_at: datetime | None
    context_updated_at: datetime | None
    metadata_updated_at: datetime | None
    sort_keys: list[str]


class Range(msgspec.Struct, frozen=True):
    """From `low` on and before `high`; None has no bound."""

    key: str
    low: Decimal | None
    high: Decimal | None


class Aggregate(msgspec.Struct, frozen=True):
    """Counts by the values of `type`, or, if there are `ranges`, of how many fall into each."""

    type: str
    ranges: list[Range] = []


_COLUMNS = _COMMA.join(
    BACKUP_BYTES if name == "backup_bytes" else sql.Identifier(name)
    for name in FoundAsset.__struct_fields__
    if name != "sort_keys"
)


@asynccontextmanager
async def bounded(connection: Connection) -> AsyncIterator[None]:
    """A transaction in which no statement takes longer than 20 s.

    Raises:
        BadRequest: one did.
    """
    try:
        async with connection.transaction():
            await run(connection, _SQL["limit_time"], milliseconds=_LONGEST)
            yield
    except QueryCanceled:
        seconds = _LONGEST // 1000
        raise BadRequest(
            f"The search took more than {seconds} s. Narrow it by a tag, folder or date"
        ) from None


async def list_page(
    connection: Connection,
    environment_id: int,
    condition: Condition,
    sorts: list[Sort],
    *,
    limit: int,
    after: list[str],
) -> list[FoundAsset]:
    """Assets in an order of at least one key; `after` are the sort keys of the one before."""
    predicate, order = Predicate(condition), Order(sorts, condition, after)
    statement = sql.SQL(_SQL["list"]).format(
        columns=_COLUMNS,
        sort_keys=order.sort_keys,
        predicate=predicate.sql,
        after=order.after,
        order=order.order,
    )
    async with connection.cursor(row_factory=class_row(FoundAsset)) as cursor:
        values = predicate.values | order.values
        # Not prepared: a plan for values not known yet would not use the index on words.
        await cursor.execute(
            statement, {**values, "environment_id": environment_id, "limit": limit}, prepare=False
        )
        return await cursor.fetchall()


async def count(connection: Connection, environment_id: int, condition: Condition) -> int:
    """How many assets the condition holds for."""
    rows = await _rows(connection, environment_id, condition, "count")
    return int(rows[0][0])


async def aggregate(
    connection: Connection, environment_id: int, condition: Condition, wanted: Aggregate
) -> dict[str, int]:
    """How many assets there are of each value, most first, or in each range."""
    if not wanted.ranges:
        group = GROUPED[wanted.type]
        return dict(await _rows(connection, environment_id, condition, "group", group=group))
    values: dict[str, Any] = {}
    counts = []
    for index, span in enumerate(wanted.ranges):
        names = f"low{index}", f"high{index}"
        # Infinite bounds are numbers to PostgreSQL.
        values[names[0]] = Decimal("-Infinity") if span.low is None else span.low
        values[names[1]] = Decimal("Infinity") if span.high is None else span.high
        counts.append(_WITHIN.format(RANGED[wanted.type], *map(sql.Placeholder, names)))
    rows = await _rows(
        connection, environment_id, condition, "ranges", values, counts=_COMMA.join(counts)
    )
    return dict(zip((span.key for span in wanted.ranges), rows[0][0], strict=True))


async def _rows(
    connection: Connection,
    environment_id: int,
    condition: Condition,
    name: str,
    values: dict[str, Any] | None = None,
    **parts: sql.Composable,
) -> list[tuple[Any, ...]]:
    predicate = Predicate(condition)
    statement = sql.SQL(_SQL[name]).format(predicate=predicate.sql, **parts)
    parameters = {**predicate.values, **(values or {}), "environment_id": environment_id}
    cursor = await connection.execute(statement, parameters, prepare=False)
    return await cursor.fetchall()
