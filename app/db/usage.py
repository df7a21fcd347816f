"""How much an environment holds and does."""

from datetime import datetime

import msgspec

from app.db.pool import Connection, one
from app.db.queries import load

_SQL = load("usage")


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Assets and renditions at the end of a time span; what was made, asked and delivered in it."""

    resources: int
    bytes: int
    renditions: int
    rendition_bytes: int
    made: int
    calls: int
    deliveries: int
    delivered_bytes: int


async def report(
    connection: Connection, environment_id: int, *, since: datetime, until: datetime
) -> Usage:
    """What of today's library was there before `until`, and what happened from `since` to then."""
    usage = await one(
        connection, Usage, _SQL["report"], environment_id=environment_id, since=since, until=until
    )
    assert usage is not None
    return usage
