"""Where the images of whole environments stand in the index, and why."""

from datetime import datetime

import msgspec

from app.db.pool import Connection, many, value
from app.db.queries import load

_SQL = load("index_status")


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of images; `recall` of the latest audit is at least `low` with 97.5 % confidence."""

    cloud_name: str
    images: int
    indexed: int
    pending: int
    failed: int
    not_asked_for: int
    next_try_at: datetime | None
    ungrouped: int
    recall: float | None
    low: float | None


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why some images are not indexed; `state` is pending or failed."""

    cloud_name: str
    state: str
    reason: str
    images: int


async def environments(connection: Connection, cloud_name: str | None) -> list[Status]:
    """The state of one environment, or of all by name."""
    return await many(connection, Status, _SQL["environments"], cloud_name=cloud_name)


async def reasons(connection: Connection, cloud_name: str | None, *, limit: int) -> list[Reason]:
    """The most frequent reasons first."""
    return await many(connection, Reason, _SQL["reasons"], cloud_name=cloud_name, limit=limit)


async def retry(connection: Connection, cloud_name: str | None, reason: str) -> int:
    """Puts failed images whose reason contains a text back into the queue; gives their number."""
    return int(await value(connection, _SQL["retry"], cloud_name=cloud_name, reason=reason))
