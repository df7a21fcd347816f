"""What only the Media Library page asks: folders as a tree, and where images stand in the index."""

from typing import Any
from uuid import UUID

import msgspec

from app.db.assets import Asset
from app.db.pool import Connection, many, one
from app.db.queries import load

_SQL = load("page")


class TreeFolder(msgspec.Struct, frozen=True):
    """A folder in the order in which a tree shows it; `depth` is 0 right in the root."""

    path: str
    name: str
    depth: int


class IndexState(msgspec.Struct, frozen=True):
    """An image that is not indexed though it asked to be; `state` is pending or failed."""

    asset_id: UUID
    state: str
    reason: str | None


class WaitingAsset(Asset, frozen=True, kw_only=True):
    """An asset with why it is not indexed."""

    state: str
    reason: str | None
    attempts: int


class DuplicateGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Near-identical images, the best one first; `groups` and `total_bytes` are of all groups."""

    asset_ids: list[UUID]
    bytes_to_win_back: int
    groups: int
    total_bytes: int


async def folders(connection: Connection, environment_id: int, *, limit: int) -> list[TreeFolder]:
    """The folders of an environment, each before those in it."""
    return await many(
        connection, TreeFolder, _SQL["folders"], environment_id=environment_id, limit=limit
    )


async def not_indexed(
    connection: Connection, environment_id: int, asset_ids: list[UUID]
) -> dict[UUID, IndexState]:
    """Those of the assets that wait for an embedding or failed to get one."""
    rows = await many(
        connection,
        IndexState,
        _SQL["not_indexed"],
        environment_id=environment_id,
        asset_ids=asset_ids,
    )
    return {row.asset_id: row for row in rows}


async def waiting(
    connection: Connection, environment_id: int, state: str, *, limit: int
) -> list[WaitingAsset]:
    """Assets that are `pending` or `failed`, the newest first."""
    return await many(
        connection,
        WaitingAsset,
        _SQL["waiting"],
        environment_id=environment_id,
        state=state,
        limit=limit,
    )


async def save_defaults(
    connection: Connection, environment_id: int, library_preset: str | None, api_preset: str | None
) -> None:
    """Which presets uploads of the page, and of the API, use unless they name another."""
    await one(
        connection,
        _Saved,
        _SQL["save_defaults"],
        environment_id=environment_id,
        library_preset=library_preset,
        api_preset=api_preset,
    )


class _Saved(msgspec.Struct):
    environment_id: Any


async def retry_failed(connection: Connection, environment_id: int, asset_id: UUID | None) -> None:
    """Puts failed images (or the one) back into the queue."""
    await many(
        connection, _Saved, _SQL["retry_failed"], environment_id=environment_id, asset_id=asset_id
    )


async def duplicate_groups(
    connection: Connection, environment_id: int, *, limit: int
) -> list[DuplicateGroup]:
    """Groups of near-identical images, the one with the most to win back first."""
    return await many(
        connection,
        DuplicateGroup,
        _SQL["duplicate_groups"],
        environment_id=environment_id,
        limit=limit,
    )
