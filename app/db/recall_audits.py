"""Audits: how much of the exact answer the approximate one has."""

import time
from typing import Any

import msgspec

from app.db.pool import Connection, many, one, value
from app.db.queries import load

_SQL = load("recall_audits")
K = 10


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """Mean recall over some queries with its 95 % interval; `text_queries` of them were words."""

    environment_id: int
    k: int
    ef_search: int
    queries: int
    text_queries: int
    recall: float
    low: float
    high: float
    duration_ms: float


class _Query(msgspec.Struct, frozen=True):
    vector: Any
    is_text: bool


class _Due(msgspec.Struct, frozen=True):
    environment_id: int


async def due(connection: Connection, *, exact_limit: int) -> list[int]:
    """Ids of the environments that are ranked approximately and were not audited for a day."""
    return [
        row.environment_id
        for row in await many(connection, _Due, _SQL["due"], exact_limit=exact_limit)
    ]


async def audit(
    connection: Connection, environment_id: int, *, ef_search: int, queries: int, seconds: float
) -> Audit | None:
    """Compares both kinds of ranking on up to that many queries, for about so many seconds.

    None when there is nothing to compare, or when another process is at it.
    """
    key = {"environment_id": environment_id}
    started = time.perf_counter()
    async with connection.transaction():
        if not await value(connection, _SQL["try_lock"], **key):
            return None
        recalls: list[float] = []
        texts = 0
        for query in await many(connection, _Query, _SQL["sample"], **key, queries=queries):
            found = await value(
                connection,
                _SQL["recall_of"],
                **key,
                vector=query.vector,
                k=K,
                ef_search=ef_search,
            )
            if found is not None:
                recalls.append(found)
                texts += query.is_text
            if time.perf_counter() - started > seconds:
                break
        if not recalls:
            return None
        return await one(
            connection,
            Audit,
            _SQL["record"],
            **key,
            k=K,
            ef_search=ef_search,
            queries=len(recalls),
            text_queries=texts,
            recall=sum(recalls) / len(recalls),
            duration_ms=(time.perf_counter() - started) * 1000,
        )
