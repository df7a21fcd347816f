"""Rankings, which happen in SQL alone."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from pgvector import HalfVector
from psycopg import sql
from psycopg.errors import QueryCanceled
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from app.contract.expression.tree import Condition
from app.db.asset_predicate import Filter
from app.db.embeddings import Vector
from app.db.pool import Connection, one_vector, run, value
from app.db.queries import load
from app.errors import BadRequest

_SQL = load("ranking")
_PAGE = sql.SQL(_SQL["page"])
_RANK = sql.SQL(_SQL["rank"]).format(page=_PAGE).as_bytes()
_SORTED = sql.SQL(_SQL["sorted"]).format(page=_PAGE).as_bytes()
_KEPT = sql.SQL(_SQL["kept"]).format(page=_PAGE).as_bytes()
MOST_KEPT = 1100  # twenty pages of the usual size, and one image more
_LONGEST = 20_000  # milliseconds


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a ranking, with the fields of `search.answer`.

    Each hit has the columns of an asset, its `distance`, its `score` and its `match`.
    """

    mode: str
    complete: bool
    candidates: int
    total_count: int
    estimated: bool
    has_more: bool
    best_distance: float | None
    farthest: float | None
    recall: dict[str, Any] | None
    """Of an approximate answer, what the last audit of this library found: `search.audit`."""
    hits: list[dict[str, Any]]


@asynccontextmanager
async def bounded(connection: Connection) -> AsyncIterator[None]:
    """A transaction in which no ranking takes longer than 20 s.

    Raises:
        BadRequest: one did.
    """
    try:
        async with connection.transaction():
            await run(connection, _SQL["limit_time"], milliseconds=_LONGEST)
            yield
    except QueryCanceled:
        raise BadRequest(
            f"The search took more than {_LONGEST // 1000} s. Narrow it by a tag, folder or date,"
            " or search without exact and sort_by"
        ) from None


async def rank(
    connection: Connection, vector: Vector, condition: Condition | None, **values: Any
) -> Answer | None:
    """A page of the images nearest to a vector; `values` are the other parameters of search.rank.

    None when the model of the vector, `model_id`, is not the active one any more.
    """
    return await _answer(connection, _RANK, vector, condition, values)


async def keep(
    connection: Connection, vector: Vector, condition: Condition | None, **values: Any
) -> UUID | None:
    """Keeps what follows a page, up to 1,000 images from the first one on; `values` as for `rank`.

    None when that would be no approximate ranking.
    """
    parameters = _parameters(vector, condition, {**values, "most": MOST_KEPT})
    found: UUID | None = await value(connection, _SQL["keep"], **parameters)
    return found


async def kept(connection: Connection, vector: Vector, **values: Any) -> Answer | None:
    """A page of what was kept; None when it ends there, or is gone."""
    return await _answer(connection, _KEPT, vector, None, values)


async def trim(connection: Connection) -> None:
    """Deletes what was kept for cursors that are no good any more."""
    await run(connection, _SQL["trim"])


async def sort(
    connection: Connection, vector: Vector, condition: Condition | None, **values: Any
) -> Answer | None:
    """A page of the images within a threshold in another order; `values` as for search.sorted.

    None when the model of the vector, `model_id`, is not the active one any more.
    """
    return await _answer(connection, _SORTED, vector, condition, values)


async def combine(
    connection: Connection,
    environment_id: int,
    vectors: Sequence[Vector],
    weights: Sequence[float],
) -> Vector | None:
    """The unit vector of several weighted ones, float32; None when they cancel each other out."""
    return await one_vector(
        connection,
        _SQL["combine"],
        environment_id=environment_id,
        vectors=[HalfVector(vector) for vector in vectors],
        weights=list(weights),
    )


async def explain(
    connection: Connection, vector: Vector, condition: Condition | None, **values: Any
) -> list[str]:
    """The plan of a ranking in the lines of `explain`; `values` as for search.explain."""
    statement = sql.SQL(_SQL["explain"])
    cursor = await connection.execute(statement, _parameters(vector, condition, values))
    return [row[0] for row in await cursor.fetchall()]


async def _answer(
    connection: Connection,
    statement: bytes,
    vector: Vector,
    condition: Condition | None,
    values: dict[str, Any],
) -> Answer | None:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement, _parameters(vector, condition, values))
        rows = await cursor.fetchall()
    if not rows:
        return None
    fields = (name for name in Answer.__struct_fields__ if name != "hits")
    return Answer(
        **{name: rows[0][name] for name in fields},
        hits=[row for row in rows if row["asset_id"] is not None],
    )


def _parameters(
    vector: Vector, condition: Condition | None, values: dict[str, Any]
) -> dict[str, Any]:
    filter = Filter(condition) if condition else None
    return {
        **values,
        "vector": HalfVector(vector),
        "filter": filter.text if filter else None,
        "filter_values": Jsonb(filter.values if filter else {}),
    }
