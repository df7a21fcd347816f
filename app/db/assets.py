"""Assets and their bytes. Storing one and asking for its embedding is a single transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from app.db import backups, display_names, embeddings, renditions
from app.db.pool import Connection, one, run, value
from app.db.queries import load

_SQL = load("assets")
_NO_COLUMNS = ("data", "unique_display_name")


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One stored file. `visual_search` says that it asked to be indexed, not that it is."""

    asset_id: UUID
    resource_type: str
    type: str
    public_id: str
    version: int
    version_id: UUID
    format: str | None
    sha256: bytes
    bytes: int
    width: int | None
    height: int | None
    pages: int
    etag: str
    asset_folder: str
    display_name: str
    original_filename: str
    tags: list[str]
    context: dict[str, Any]
    metadata: dict[str, Any]
    access_mode: str
    moderation_status: str | None
    moderated_at: datetime | None
    visual_search: bool
    created_at: datetime
    updated_at: datetime


class NewAsset(msgspec.Struct, frozen=True, kw_only=True):
    """What an upload brings. `visual_search` None leaves an overwritten image as it was."""

    data: bytes
    resource_type: str
    type: str
    public_id: str
    format: str | None
    width: int | None
    height: int | None
    pages: int
    etag: str
    sha256: bytes
    phash: str | None
    asset_folder: str
    display_name: str
    original_filename: str
    tags: list[str]
    context: dict[str, Any]
    metadata: dict[str, Any]
    visual_search: bool | None
    backup: bool
    upload_preset: str | None
    source: str
    created_by: str | None
    moderation_status: str | None = None
    unique_display_name: bool = False
    """Whether no other asset of its folder may be called so."""


class Stored(msgspec.Struct, frozen=True):
    """The asset after an upload. `existing`: it was there and was left alone."""

    asset: Asset
    existing: bool = False
    overwritten: bool = False
    pending: bool = False


async def find(
    connection: Connection, environment_id: int, resource_type: str, type: str, public_id: str
) -> Asset | None:
    """The asset of that name, or None."""
    return await one(
        connection,
        Asset,
        _SQL["find"],
        environment_id=environment_id,
        resource_type=resource_type,
        type=type,
        public_id=public_id,
    )


async def find_by_id(connection: Connection, environment_id: int, asset_id: UUID) -> Asset | None:
    """The asset of that id in that environment, or None."""
    return await one(
        connection, Asset, _SQL["find_by_id"], environment_id=environment_id, asset_id=asset_id
    )


async def store(
    connection: Connection, environment_id: int, new: NewAsset, *, overwrite: bool, lease: float
) -> Stored:
    """Stores bytes, asset and, if it is to be indexed, its place in the queue: all or nothing.

    Args:
        overwrite: whether an asset of the same name gives way; otherwise it is returned untouched.
        lease: seconds for which workers leave the image to the caller, who embeds it itself.
    """
    values = _values(environment_id, new)
    async with connection.transaction():
        if new.unique_display_name:
            values["display_name"] = await _free_display_name(connection, environment_id, new)
        asset_id = await value(connection, _SQL["insert"], **values)
        old = None
        if asset_id is None:
            old = await find(connection, environment_id, new.resource_type, new.type, new.public_id)
            assert old is not None
            if not overwrite:
                return Stored(old, existing=True)
            await backups.keep_before_overwriting(connection, environment_id, old.asset_id)
            asset_id = await value(connection, _SQL["overwrite"], **values)
        key = {"environment_id": environment_id, "asset_id": asset_id}
        await run(connection, _SQL["store_original"], **key, data=new.data)
        if old is not None:
            await renditions.forget(connection, environment_id, asset_id)
        asset = await find_by_id(connection, environment_id, asset_id)
        assert asset is not None
        changed = old is None or old.sha256 != new.sha256
        pending = await embeddings.expect(
            connection,
            environment_id,
            asset_id,
            wanted=asset.visual_search,
            changed=changed,
            lease=lease,
        )
    return Stored(asset, overwritten=old is not None, pending=pending)


def _values(environment_id: int, new: NewAsset) -> dict[str, Any]:
    return {
        **{name: getattr(new, name) for name in new.__struct_fields__ if name not in _NO_COLUMNS},
        "environment_id": environment_id,
        "bytes": len(new.data),
        "context": Jsonb(new.context),
        "metadata": Jsonb(new.metadata),
    }


async def _free_display_name(connection: Connection, environment_id: int, new: NewAsset) -> str:
    return await display_names.free(
        connection,
        environment_id,
        resource_type=new.resource_type,
        type=new.type,
        public_id=new.public_id,
        asset_folder=new.asset_folder,
        display_name=new.display_name,
    )


async def read_original(
    connection: Connection,
    environment_id: int,
    asset_id: UUID,
    sha256: bytes,
    *,
    start: int = 0,
    length: int,
) -> bytes | None:
    """`length` bytes of the original from offset `start` (from 0); None when it was replaced."""
    data = await value(
        connection,
        _SQL["read_original"],
        environment_id=environment_id,
        asset_id=asset_id,
        sha256=sha256,
        start=start + 1,
        length=length,
    )
    return None if data is None else bytes(data)
