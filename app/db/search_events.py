"""The log of searches, from which reports are made."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.db.pool import Connection
from app.db.queries import load

_SQL = load("search_events")


class SearchEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One search: what was asked and how it was answered. Times are in milliseconds."""

    environment_id: int
    searched_at: datetime
    kind: str
    query: str | None
    mode: str
    candidates: int
    returned: int
    best_score: float | None
    encode_ms: float
    rank_ms: float


async def record(connection: Connection, events: Sequence[SearchEvent]) -> None:
    """Appends events, all or none."""
    async with connection.transaction(), connection.cursor() as cursor:
        await cursor.executemany(_SQL["record"], [msgspec.structs.asdict(e) for e in events])
