"""The webhooks of actions on assets that are there. Each is stored with the change it tells of."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

from app.api.notices import Notifier
from app.api.shapes import timestamp
from app.contract.moderation import KIND
from app.db.asset_deletions import Deletion, Doomed
from app.db.asset_edits import Named, Rename
from app.db.assets import Asset
from app.db.pool import Connection
from app.notifications import announce

Fields = dict[str, Any]


def renamed(notifier: Notifier | None, rename: Rename) -> Callable[..., Awaitable[None]]:
    """Tells an asset's names, old and new."""

    def fields(asset: Asset) -> Fields:
        return {
            "resource_type": asset.resource_type,
            "type": asset.type,
            "asset_id": asset.asset_id.hex,
            "from_public_id": rename.public_id,
            "to_public_id": asset.public_id,
        }

    return _tell(notifier, "rename", fields)


def deleted(notifier: Notifier | None) -> Callable[..., Awaitable[None]]:
    """Tells which assets are gone, if any."""

    def fields(deletion: Deletion) -> Fields | None:
        if not deletion.assets:
            return None
        return {"resources": [_identity(asset) for asset in deletion.assets]}

    return _tell(notifier, "delete", fields)


def changed(
    notifier: Notifier | None, what: str, named: Named, change: Fields
) -> Callable[..., Awaitable[None]]:
    """Tells of which assets tags, context or metadata were changed, and by which command."""

    def fields(public_ids: Sequence[str]) -> Fields | None:
        if not public_ids:
            return None
        return {
            "source": "api",
            "resource_type": named.resource_type,
            "type": named.type,
            "public_ids": list(public_ids),
            **change,
        }

    return _tell(notifier, f"resource_{what}_changed", fields)


def updated(notifier: Notifier | None, before: Asset) -> Callable[..., Awaitable[None]]:
    """Tells what an update changed of an asset: one webhook for each kind of change."""

    async def within(connection: Connection, asset: Asset) -> None:
        if notifier is None:
            return
        for notification_type, fields in _changes(before, asset):
            about = {**_identity(asset), **fields}
            await announce(connection, notifier.notice(notification_type, about))

    return within


def _changes(before: Asset, asset: Asset) -> Iterator[tuple[str, Fields]]:
    for what in ("tags", "context", "metadata", "display_name"):
        if getattr(asset, what) != getattr(before, what):
            fields = {"source": "api", "public_ids": [asset.public_id], what: getattr(asset, what)}
            yield f"resource_{what}_changed", fields
    if asset.asset_folder != before.asset_folder:
        folders = {"from_asset_folder": before.asset_folder, "to_asset_folder": asset.asset_folder}
        yield "move", folders
    if asset.moderated_at and asset.moderated_at != before.moderated_at:
        yield (
            "moderation",
            {
                "moderation_kind": KIND,
                "moderation_status": asset.moderation_status,
                "moderation_updated_at": timestamp(asset.moderated_at),
            },
        )


def _identity(asset: Asset | Doomed) -> Fields:
    return {
        "resource_type": asset.resource_type,
        "type": asset.type,
        "asset_id": asset.asset_id.hex,
        "public_id": asset.public_id,
    }


def _tell(
    notifier: Notifier | None, notification_type: str, fields: Callable[[Any], Fields | None]
) -> Callable[..., Awaitable[None]]:
    """What a use case calls in its transaction with what it changed, if it changed anything."""

    async def within(connection: Connection, what: Any) -> None:
        about = fields(what) if notifier is not None else None
        if notifier is not None and about is not None:
            await announce(connection, notifier.notice(notification_type, about))

    return within
