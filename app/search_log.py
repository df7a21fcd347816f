"""Collects search events and writes them once a second, so that no search waits for it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from app.db import search_events
from app.db.pool import Pool
from app.db.search_events import SearchEvent

log = structlog.get_logger(__name__)

_INTERVAL = 1.0  # seconds
_MOST = 10_000  # events kept while the database does not answer; older ones go first


class SearchLog:
    """Use as `async with SearchLog.open(pool) as searches`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._events: deque[SearchEvent] = deque(maxlen=_MOST)

    @classmethod
    @asynccontextmanager
    async def open(cls, pool: Pool) -> AsyncIterator[Self]:
        """A log that writes while it is open, and writes the rest at the end."""
        searches = cls(pool)
        writing = asyncio.create_task(searches._write_forever())
        try:
            yield searches
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            await searches.write()

    def add(self, event: SearchEvent) -> None:
        """Notes an event; it reaches the database within about a second."""
        self._events.append(event)

    async def write(self) -> None:
        """Writes what was noted. Events that the database does not take stay for the next time."""
        events = [self._events.popleft() for _ in range(len(self._events))]
        if not events:
            return
        try:
            async with self._pool.connection() as connection:
                await search_events.record(connection, events)
        except (psycopg.Error, PoolTimeout) as error:
            log.warning("search log not written", error=str(error))
            self._events.extendleft(reversed(events))

    async def _write_forever(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL)
            await self.write()
