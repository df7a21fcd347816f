"""Versions of assets that were overwritten or deleted, and how they come back.

Imported by `app.db.assets`, so that whatever overwrites or deletes keeps what is to be kept.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.db.pool import Connection, many, run, value
from app.db.queries import load

_SQL = load("backups")


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an asset. `present`: it is the one that is delivered."""

    version_id: UUID
    version: int
    resource_type: str
    public_id: str
    format: str | None
    sha256: bytes
    bytes: int
    etag: str
    uploaded_at: datetime
    present: bool


async def keep(
    connection: Connection,
    environment_id: int,
    asset_ids: Sequence[UUID],
    *,
    always: bool = False,
) -> None:
    """Keeps the present versions of locked assets that asked for it, or of all of them."""
    await run(
        connection,
        _SQL["keep"],
        environment_id=environment_id,
        asset_ids=list(asset_ids),
        always=always,
    )


async def keep_before_overwriting(
    connection: Connection, environment_id: int, asset_id: UUID, *, always: bool = False
) -> None:
    """Locks an asset until the end of the transaction, and keeps its present version."""
    await run(connection, _SQL["lock"], environment_id=environment_id, asset_id=asset_id)
    await keep(connection, environment_id, [asset_id], always=always)


async def rename(
    connection: Connection, environment_id: int, asset_id: UUID, type: str, public_id: str
) -> None:
    """Gives the older versions of an asset its new name."""
    key = {"environment_id": environment_id, "asset_id": asset_id}
    await run(connection, _SQL["rename"], **key, type=type, public_id=public_id)


async def versions(connection: Connection, environment_id: int, asset_id: UUID) -> list[Version]:
    """Every version of an asset, be it there or deleted, that is or will be kept; oldest first."""
    return await many(
        connection,
        Version,
        _SQL["versions"],
        environment_id=environment_id,
        asset_id=asset_id,
    )


async def delete(
    connection: Connection, environment_id: int, asset_id: UUID, version_ids: Sequence[UUID]
) -> list[UUID]:
    """Deletes kept versions of an asset for good; gives those that there were.

    The present version of an asset stays what it is, but will not be kept.
    """
    cursor = await connection.execute(
        _SQL["delete"],
        {
            "environment_id": environment_id,
            "asset_id": asset_id,
            "version_ids": list(version_ids),
        },
    )
    return [row[0] for row in await cursor.fetchall()]


async def read(
    connection: Connection,
    environment_id: int,
    asset_id: UUID,
    version_id: UUID,
    *,
    start: int,
    length: int,
) -> bytes | None:
    """`length` bytes of a kept version from offset `start` (from 0); None when it is gone."""
    values: dict[str, Any] = {
        "environment_id": environment_id,
        "asset_id": asset_id,
        "version_id": version_id,
    }
    data = await value(connection, _SQL["read"], **values, start=start + 1, length=length)
    return None if data is None else bytes(data)
