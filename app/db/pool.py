"""Connections. Every query of `app.db` goes through `one`, `many` and `run`.

A connection is never held while embedding or downloading: take one, ask, give it back.
"""

import select
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from app.settings import Settings

Connection = AsyncConnection[Any]
Pool = AsyncConnectionPool[Connection]
Row = TypeVar("Row")


@asynccontextmanager
async def open_pool(url: str, settings: Settings) -> AsyncIterator[Pool]:
    """A pool on a migrated database, closed at the end."""
    pool: Pool = AsyncConnectionPool(
        url,
        min_size=1,
        max_size=settings.pool_size,
        # More waiting than that is overload: a quick error beats a 30 s timeout.
        max_waiting=settings.pool_size * 20,
        open=False,
        configure=_configure,
        check=_Check(),
        # Compiling a plan of a few milliseconds costs more than it saves.
        kwargs={"autocommit": True, "options": "-c jit=off"},
    )
    async with pool:
        await pool.wait()
        yield pool


class _Check:
    """Asks a connection whether it is alive if it says something unasked, or was not asked lately.

    Asking each time is 7 % of the CPU time of a search. A server that ends a connection says so,
    and then there is something to read; only one that vanished does not.
    """

    _GOOD_FOR = 2.0

    def __init__(self) -> None:
        self._asked: WeakKeyDictionary[Connection, float] = WeakKeyDictionary()

    async def __call__(self, connection: Connection) -> None:
        now = time.monotonic()
        recent = now - self._asked.get(connection, -self._GOOD_FOR) < self._GOOD_FOR
        if recent and not _has_something_to_read(connection):
            return
        await AsyncConnectionPool.check_connection(connection)
        self._asked[connection] = now


def _has_something_to_read(connection: Connection) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


async def _configure(connection: Connection) -> None:
    # It also loads the vector library, so that a misspelt hnsw.* setting fails instead of being
    # taken for somebody's own.
    await register_vector_async(connection)
    await connection.execute("select '[1]'::halfvec")
    # procrastinate's statements do not name its schema.
    await connection.execute(
        "select set_config("
        "'search_path', 'procrastinate, ' || current_setting('search_path'), false)"
    )


async def one(
    connection: Connection, kind: type[Row], statement: LiteralString, **values: Any
) -> Row | None:
    """The first row as a `kind`, or None."""
    async with connection.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(statement, values)
        return await cursor.fetchone()


async def many(
    connection: Connection, kind: type[Row], statement: LiteralString, **values: Any
) -> list[Row]:
    """All rows, in the order that the statement gave them."""
    async with connection.cursor(row_factory=class_row(kind)) as cursor:
        await cursor.execute(statement, values)
        return await cursor.fetchall()


async def value(connection: Connection, statement: LiteralString, **values: Any) -> Any:
    """The first column of the first row, or None."""
    row = await (await connection.execute(statement, values)).fetchone()
    return row[0] if row else None


async def one_vector(
    connection: Connection, statement: LiteralString, **values: Any
) -> NDArray[np.float32] | None:
    """The first column of the first row, a halfvec, as float32; None when there is no row.

    It comes in binary: reading 640 numbers as text takes 0.15 ms, and writing them, which is why
    the statements have %(vector)b, 0.27 ms.
    """
    row = await (await connection.execute(statement, values, binary=True)).fetchone()
    return row[0].to_numpy().astype(np.float32) if row and row[0] is not None else None


async def run(connection: Connection, statement: LiteralString, **values: Any) -> None:
    """Runs a statement whose rows, if any, do not matter."""
    await connection.execute(statement, values)
