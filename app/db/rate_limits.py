"""Counts the Admin API calls of each environment by the hour."""

from datetime import datetime

import msgspec

from app.db.pool import Connection, one
from app.db.queries import load

_SQL = load("rate_limits")


class Hour(msgspec.Struct, frozen=True):
    """How many calls there were in the running hour, and when the next one begins."""

    calls: int
    resets_at: datetime


async def count(connection: Connection, environment_id: int) -> Hour:
    """Counts one call."""
    hour = await one(connection, Hour, _SQL["count"], environment_id=environment_id)
    assert hour is not None
    return hour
