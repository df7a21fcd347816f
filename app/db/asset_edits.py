"""Changes of assets that are there: of one, together with its place in the index, or of many."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from app.contract.metadata_rules import MetadataChange
from app.db import asset_deletions, backups, display_names, embeddings, folders
from app.db.assets import Asset, Stored
from app.db.pool import Connection, many, one, run, value
from app.db.queries import load
from app.errors import BadRequest, NotFound

_SQL = load("asset_edits")


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """What changes of an asset; None stays."""

    tags: list[str] | None = None
    context: dict[str, Any] | None = None
    metadata: MetadataChange | None = None
    asset_folder: str | None = None
    display_name: str | None = None
    visual_search: bool | None = None
    moderation_status: str | None = None
    backup: bool | None = None


class Named(msgspec.Struct, frozen=True):
    """Assets by their names: public_ids of one resource type and type."""

    resource_type: str
    type: str
    public_ids: Sequence[str]


class Rename(msgspec.Struct, frozen=True, kw_only=True):
    """From one name to another; `context` and `metadata` are merged with what is there."""

    resource_type: str
    type: str
    public_id: str
    to_type: str
    to_public_id: str
    overwrite: bool = False
    context: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class _Held(msgspec.Struct, frozen=True):
    asset_id: UUID
    public_id: str
    metadata: dict[str, Any]


class _Locked(msgspec.Struct, frozen=True):
    asset_id: UUID
    type: str
    public_id: str
    version: int


async def edit(
    connection: Connection,
    environment_id: int,
    asset: Asset,
    edit: Edit,
    *,
    lease: float,
    unique_display_name: bool = False,
) -> Stored | None:
    """Changes an asset and puts it in or out of the index, all or nothing; None if it is gone.

    Args:
        lease: seconds for which workers leave a pending image to the caller.
        unique_display_name: whether no other asset of its folder may be called as it is.
    """
    async with connection.transaction():
        if edit.asset_folder is not None:
            await folders.hold(connection, environment_id)
        if unique_display_name:
            edit = await _with_free_name(connection, environment_id, asset, edit)
        metadata = await _changes(connection, environment_id, asset.asset_id, edit.metadata)
        changed = await one(
            connection,
            Asset,
            _SQL["edit"],
            environment_id=environment_id,
            asset_id=asset.asset_id,
            **_columns(edit) | {"metadata": _json(metadata)},
        )
        if changed is None:
            return None
        pending = edit.visual_search is not None and await embeddings.expect(
            connection,
            environment_id,
            changed.asset_id,
            wanted=edit.visual_search,
            changed=False,
            lease=lease,
        )
    return Stored(changed, pending=pending)


async def _with_free_name(
    connection: Connection, environment_id: int, asset: Asset, edit: Edit
) -> Edit:
    name = await display_names.free(
        connection,
        environment_id,
        resource_type=asset.resource_type,
        type=asset.type,
        public_id=asset.public_id,
        asset_folder=asset.asset_folder if edit.asset_folder is None else edit.asset_folder,
        display_name=edit.display_name or asset.display_name,
    )
    return msgspec.structs.replace(edit, display_name=name)


def _columns(edit: Edit) -> dict[str, Any]:
    columns = {name: getattr(edit, name) for name in edit.__struct_fields__}
    return columns | {"context": _json(edit.context)}


async def _changes(
    connection: Connection, environment_id: int, asset_id: UUID, change: MetadataChange | None
) -> dict[str, Any] | None:
    """What changes of an asset's metadata; None is nothing."""
    if change is None:
        return None
    if not change.rules:
        return change.values
    current = await value(
        connection, _SQL["lock_metadata"], environment_id=environment_id, asset_id=asset_id
    )
    return None if current is None else change.of(current)


def _json(value: dict[str, Any] | None) -> Jsonb | None:
    return None if value is None else Jsonb(value)


async def rename(
    connection: Connection,
    environment_id: int,
    rename: Rename,
    metadata: MetadataChange | None = None,
) -> Asset:
    """Gives an asset another name. It keeps its asset_id, and with it its place in the index.

    Raises:
        NotFound: there is no asset of the first name.
        BadRequest: there is one of the second, and it may not be overwritten.
    """
    taken = BadRequest(f"to_public_id({rename.to_public_id}) already exists")
    try:
        async with connection.transaction():
            source, target = await _lock_pair(connection, environment_id, rename)
            if target is not None and (target == source or not rename.overwrite):
                raise taken
            if target is not None:
                await asset_deletions.forget(connection, environment_id, [target.asset_id])
            changes = await _changes(connection, environment_id, source.asset_id, metadata)
            renamed = await one(
                connection,
                Asset,
                _SQL["rename"],
                environment_id=environment_id,
                asset_id=source.asset_id,
                to_type=rename.to_type,
                to_public_id=rename.to_public_id,
                least_version=target.version + 1 if target else 0,
                context=_json(rename.context),
                metadata=_json(changes),
            )
            await backups.rename(
                connection, environment_id, source.asset_id, rename.to_type, rename.to_public_id
            )
    except UniqueViolation:  # an upload of that name was faster
        raise taken from None
    assert renamed is not None
    return renamed


async def _lock_pair(
    connection: Connection, environment_id: int, rename: Rename
) -> tuple[_Locked, _Locked | None]:
    found = await many(
        connection,
        _Locked,
        _SQL["lock_pair"],
        environment_id=environment_id,
        resource_type=rename.resource_type,
        type=rename.type,
        public_id=rename.public_id,
        to_type=rename.to_type,
        to_public_id=rename.to_public_id,
    )
    by_name = {(each.type, each.public_id): each for each in found}
    source = by_name.get((rename.type, rename.public_id))
    if source is None:
        raise NotFound(f"Resource not found - {rename.public_id}")
    return source, by_name.get((rename.to_type, rename.to_public_id))


async def edit_tags(
    connection: Connection,
    environment_id: int,
    named: Named,
    *,
    keep: bool,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    exclusive: bool = False,
) -> list[str]:
    """Changes the tags of many assets at once; gives the public_ids of those that there are.

    Args:
        keep: whether they keep the tags that they have.
        exclusive: whether all other assets of the resource type lose the tags in `add`.
    """
    key = _key(environment_id, named)
    async with connection.transaction():
        if exclusive:
            await run(connection, _SQL["take_tags"], **key, tags=list(add))
        return await _public_ids(
            connection, "edit_tags", **key, keep=keep, add=list(add), remove=list(remove)
        )


async def edit_context(
    connection: Connection, environment_id: int, named: Named, *, keep: bool, add: dict[str, Any]
) -> list[str]:
    """Sets pairs of the context of many assets at once; without `keep` they lose all others."""
    key = _key(environment_id, named)
    return await _public_ids(connection, "edit_context", **key, keep=keep, add=Jsonb(add))


async def edit_metadata(
    connection: Connection, environment_id: int, named: Named, change: MetadataChange
) -> list[str]:
    """Sets metadata fields of many assets at once, all or nothing."""
    key = _key(environment_id, named)
    if not change.rules:
        return await _public_ids(connection, "edit_metadata", **key, metadata=Jsonb(change.values))
    async with connection.transaction():
        held = await many(connection, _Held, _SQL["lock_named_metadata"], **key)
        await run(
            connection,
            _SQL["set_metadata"],
            environment_id=environment_id,
            asset_ids=[each.asset_id for each in held],
            changes=[Jsonb(change.of(each.metadata)) for each in held],
        )
    there = {each.public_id for each in held}
    return [public_id for public_id in named.public_ids if public_id in there]


def _key(environment_id: int, named: Named) -> dict[str, Any]:
    return {
        "environment_id": environment_id,
        "resource_type": named.resource_type,
        "type": named.type,
        "public_ids": list(named.public_ids),
    }


async def _public_ids(connection: Connection, statement: str, **values: Any) -> list[str]:
    cursor = await connection.execute(_SQL[statement], values)
    return [row[0] for row in await cursor.fetchall()]
