"""What was searched and how it was answered, on its way to the reports."""

from collections import deque

from app.db import search_events
from app.db.pool import Connection, Pool
from app.db.search_events import SearchEvent
from app.write_behind import WriteBehind

_MOST = 10_000  # events kept in a second; older ones go first


class SearchLog(WriteBehind):
    """Search events of one process."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._events: deque[SearchEvent] = deque(maxlen=_MOST)

    def add(self, event: SearchEvent) -> None:
        """Notes an event; it reaches the database within about a second."""
        self._events.append(event)

    def _has_notes(self) -> bool:
        return bool(self._events)

    async def _write(self, connection: Connection) -> None:
        events = [self._events.popleft() for _ in range(len(self._events))]
        await search_events.record(connection, events)
