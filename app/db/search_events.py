"""The log of searches, from which reports are made."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from app.db.pool import Connection, run
from app.db.queries import load

_SQL = load("search_events")


class SearchEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One search: what was asked and how it was answered. Times are in milliseconds.

    `hits` are the assets of the page, best first. `best_match` is same, near_duplicate, similar,
    related or weak. `filtered` means that a part of the library was asked for, `complete` that
    nothing is missing, `continued` that this is a later page.
    """

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
    hits: Sequence[UUID] = ()
    best_match: str | None = None
    filtered: bool = False
    complete: bool = True
    continued: bool = False


async def record(connection: Connection, events: Sequence[SearchEvent]) -> None:
    """Appends events, all or none."""
    async with connection.transaction(), connection.cursor() as cursor:
        rows = [msgspec.structs.asdict(event) | {"hits": list(event.hits)} for event in events]
        await cursor.executemany(_SQL["record"], rows)


async def note_shown(connection: Connection) -> None:
    """Notes which assets were shown since the last time; a report asks for those never shown."""
    await run(connection, _SQL["note_shown"])


async def trim(connection: Connection, *, days: int) -> None:
    """Forgets the searches that are older than that."""
    await run(connection, _SQL["trim"], days=days)
