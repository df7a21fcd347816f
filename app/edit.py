"""Use cases: assets that are there get other tags, another name, a place in the index, or go."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from app.asset_metadata import metadata_change
from app.contract.moderation import PENDING, asks_for_moderation, check_decision
from app.contract.naming import display_name_for, normalize_folder, validate_public_id
from app.contract.presets import wants_index
from app.db import asset_deletions, asset_edits
from app.db.asset_deletions import Deletion, Selection
from app.db.asset_edits import Edit, Named, Rename
from app.db.assets import Asset
from app.db.environments import Environment
from app.db.pool import Connection
from app.errors import BadRequest, NotFound
from app.indexing import Indexing, index_now, lease, state_of
from app.runtime import Runtime

Within = Callable[[Connection, Any], Awaitable[None]]
"""Called in the transaction of a change with what was changed; when it fails, nothing was."""

MOST_NAMED = 1000
"""Assets that one command may change."""


class Edited(msgspec.Struct, frozen=True):
    """An asset after the change, and where it stands in the index."""

    asset: Asset
    indexing: Indexing


async def edit(
    runtime: Runtime,
    environment: Environment,
    asset: Asset,
    params: Mapping[str, Any],
    *,
    within: Within | None = None,
) -> Edited:
    """Changes what the decoded parameters name; an image that asks for it is searchable then.

    Tags and context are replaced, metadata is merged.

    Raises:
        BadRequest: a value is not acceptable; nothing was changed.
        NotFound: the asset was deleted meanwhile.
    """
    change = await _change(runtime, environment, asset, params)
    async with runtime.pool.connection() as connection, connection.transaction():
        stored = await asset_edits.edit(
            connection,
            environment.environment_id,
            asset,
            change,
            lease=lease(runtime),
            unique_display_name=bool(params.get("unique_display_name")),
        )
        if stored is None:
            raise NotFound(f"Resource not found - {asset.public_id}")
        if within is not None:
            await within(connection, stored.asset)
    if stored.pending:
        return Edited(stored.asset, await index_now(runtime, environment, stored.asset))
    return Edited(stored.asset, await state_of(runtime, environment, stored.asset))


async def _change(
    runtime: Runtime, environment: Environment, asset: Asset, params: Mapping[str, Any]
) -> Edit:
    folder, name = params.get("asset_folder"), params.get("display_name")
    metadata = params.get("metadata")
    return Edit(
        tags=sorted(set(params["tags"])) if "tags" in params else None,
        context=params.get("context"),
        metadata=await metadata_change(
            runtime, environment, metadata, clear_invalid=bool(params.get("clear_invalid"))
        )
        if metadata
        else None,
        asset_folder=None if folder is None else normalize_folder(folder, "asset_folder"),
        display_name=None if name is None else display_name_for(params, asset.public_id, None),
        visual_search=_wanted(environment, asset, params),
        moderation_status=_moderation_status(asset, params),
        backup=params.get("backup"),
    )


def _moderation_status(asset: Asset, params: Mapping[str, Any]) -> str | None:
    """What it becomes; None stays. Only what was put into the queue can be decided."""
    if asks_for_moderation(params):
        return PENDING
    status = params.get("moderation_status")
    if not status:
        return None
    if asset.moderation_status is None:
        raise BadRequest(f"{asset.public_id} is not in a moderation queue")
    return check_decision(str(status))


def _wanted(environment: Environment, asset: Asset, params: Mapping[str, Any]) -> bool | None:
    wanted = wants_index(params)
    if wanted and asset.resource_type != "image":
        raise BadRequest(f"Only images can be indexed for visual search - {asset.public_id}")
    # Where visual search is off, switching it on asks for every image anyway.
    return None if wanted and not environment.visual_search else wanted


async def rename(
    runtime: Runtime, environment: Environment, rename: Rename, *, within: Within | None = None
) -> Edited:
    """Gives an asset another public_id, type or both. It stays as searchable as it was.

    Raises:
        NotFound: there is no such asset.
        BadRequest: the new name is illegal or taken.
    """
    validate_public_id(rename.to_public_id)
    metadata = rename.metadata and await metadata_change(runtime, environment, rename.metadata)
    async with runtime.pool.connection() as connection, connection.transaction():
        asset = await asset_edits.rename(
            connection, environment.environment_id, rename, metadata or None
        )
        if within is not None:
            await within(connection, asset)
    return Edited(asset, await state_of(runtime, environment, asset))


async def edit_tags(
    runtime: Runtime,
    environment: Environment,
    named: Named,
    command: str,
    tags: list[str],
    *,
    within: Within | None = None,
) -> list[str]:
    """Adds, removes, replaces or removes all tags of many assets; gives those that there are.

    Raises:
        BadRequest: there is no such command, or it lacks tags.
    """
    changes: dict[str, dict[str, Any]] = {
        "add": {"keep": True, "add": tags},
        "remove": {"keep": True, "remove": tags},
        "replace": {"keep": False, "add": tags},
        "remove_all": {"keep": False},
        "set_exclusive": {"keep": True, "add": tags, "exclusive": True},
    }
    if command not in changes:
        raise BadRequest(f"Invalid value for parameter command: {command[:100]}")
    if not tags and command != "remove_all":
        raise BadRequest("Missing required parameter - tag")
    async with runtime.pool.connection() as connection, connection.transaction():
        changed = await asset_edits.edit_tags(
            connection, environment.environment_id, named, **changes[command]
        )
        if within is not None:
            await within(connection, changed)
    return changed


async def edit_context(
    runtime: Runtime,
    environment: Environment,
    named: Named,
    command: str,
    context: dict[str, str],
    *,
    within: Within | None = None,
) -> list[str]:
    """Adds pairs to the context of many assets or removes all; gives those that there are.

    Raises:
        BadRequest: there is no such command, or it lacks pairs.
    """
    if command not in ("add", "remove_all"):
        raise BadRequest(f"Invalid value for parameter command: {command[:100]}")
    if command == "add" and not context:
        raise BadRequest("Missing required parameter - context")
    async with runtime.pool.connection() as connection, connection.transaction():
        changed = await asset_edits.edit_context(
            connection,
            environment.environment_id,
            named,
            keep=command == "add",
            add=context if command == "add" else {},
        )
        if within is not None:
            await within(connection, changed)
    return changed


async def edit_metadata(
    runtime: Runtime,
    environment: Environment,
    named: Named,
    values: Mapping[str, Any],
    *,
    clear_invalid: bool = False,
    within: Within | None = None,
) -> list[str]:
    """Sets metadata fields of many assets; gives those that there are.

    Args:
        clear_invalid: whether values go that metadata rules do not allow then.

    Raises:
        BadRequest: there is nothing to set, no such field, or it does not take the value, or a
            rule does not allow it; nothing was changed.
    """
    if not values:
        raise BadRequest("Missing required parameter - metadata")
    change = await metadata_change(runtime, environment, values, clear_invalid=clear_invalid)
    async with runtime.pool.connection() as connection, connection.transaction():
        changed = await asset_edits.edit_metadata(
            connection, environment.environment_id, named, change
        )
        if within is not None:
            await within(connection, changed)
    return changed


async def delete(
    runtime: Runtime,
    environment: Environment,
    selection: Selection,
    *,
    keep_original: bool = False,
    transformations: list[tuple[str, str | None]] | None = None,
    within: Within | None = None,
) -> Deletion:
    """Deletes assets, which are gone from search with it, or only their renditions."""
    async with runtime.pool.connection() as connection, connection.transaction():
        deletion = await asset_deletions.delete(
            connection,
            environment.environment_id,
            selection,
            keep_original=keep_original,
            transformations=transformations,
        )
        if within is not None:
            await within(connection, deletion)
    return deletion
