"""Notes that reach the database once a second, so that no request waits for them."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

import psycopg
import structlog
from psycopg_pool import PoolTimeout, TooManyRequests

from app.db.pool import Connection, Pool

log = structlog.get_logger(__name__)

_INTERVAL = 1.0  # seconds


class WriteBehind(ABC):
    """Use as `async with SomeLog.open(pool) as notes`; what is noted is written while it is open,
    and the rest at the end. What the database does not take is lost: these are statistics.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @classmethod
    @asynccontextmanager
    async def open(cls, pool: Pool) -> AsyncIterator[Self]:
        """A log that writes itself."""
        notes = cls(pool)
        writing = asyncio.create_task(notes._write_forever())
        try:
            yield notes
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            await notes.write()

    async def write(self) -> None:
        """Writes what was noted."""
        if not self._has_notes():
            return
        try:
            async with self._pool.connection() as connection:
                await self._write(connection)
        except (psycopg.Error, PoolTimeout, TooManyRequests) as error:
            log.warning("not written", log=type(self).__name__, error=str(error))

    @abstractmethod
    def _has_notes(self) -> bool: ...

    @abstractmethod
    async def _write(self, connection: Connection) -> None:
        """Takes the notes and writes them."""

    async def _write_forever(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL)
            await self.write()
