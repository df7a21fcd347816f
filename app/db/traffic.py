"""Counts what is delivered for each environment by the hour."""

from collections.abc import Mapping

import msgspec

from app.db.pool import Connection, run
from app.db.queries import load

_SQL = load("traffic")


class Delivered(msgspec.Struct):
    """How many answers with a file there were, and their bytes."""

    deliveries: int = 0
    bytes: int = 0


async def add(connection: Connection, by_cloud: Mapping[str, Delivered]) -> None:
    """Adds to the running hour; names of no environment are left out."""
    await run(
        connection,
        _SQL["add"],
        clouds=list(by_cloud),
        deliveries=[each.deliveries for each in by_cloud.values()],
        bytes=[each.bytes for each in by_cloud.values()],
    )
