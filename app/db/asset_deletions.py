"""Deletion of many assets at once: what is to go is locked, counted and deleted in one transaction.

Bytes, renditions, embeddings and places in the queue go with the asset, by foreign keys.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from app.db import backups
from app.db.asset_lists import Page
from app.db.pool import Connection, many, run
from app.db.queries import load

_SQL = load("asset_deletions")
MOST = 1000
"""Assets that one call deletes; the rest is left to the next."""

Kind = Literal["public_ids", "asset_ids", "prefix", "tag"]


class Doomed(msgspec.Struct, frozen=True, kw_only=True):
    """An asset that a deletion is about. `more`: there are others behind the last one."""

    asset_id: UUID
    resource_type: str
    type: str
    public_id: str
    created_at: datetime
    more: bool


class Deletion(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: the assets in their order, and how many renditions each of them lost."""

    assets: list[Doomed]
    derived: dict[UUID, int]
    kept_original: bool

    @property
    def more(self) -> bool:
        """Whether there are others, which the next call would delete."""
        return bool(self.assets) and self.assets[-1].more


class _Derived(msgspec.Struct, frozen=True):
    asset_id: UUID
    derived: int


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which assets: by their public_ids, asset_ids, a prefix of their names, or a tag.

    `values` are the parameters of the statement that finds them.
    """

    kind: Kind
    values: dict[str, Any]


def by_public_ids(resource_type: str, type: str, public_ids: Sequence[str]) -> Selection:
    """Assets of one resource type and type by their names."""
    values = {"resource_type": resource_type, "type": type, "public_ids": list(public_ids)}
    return Selection(kind="public_ids", values=values)


def by_asset_ids(asset_ids: Sequence[UUID]) -> Selection:
    """Assets by their ids."""
    return Selection(kind="asset_ids", values={"asset_ids": list(asset_ids)})


def by_prefix(resource_type: str, type: str, prefix: str, after: str = "") -> Selection:
    """Assets whose public_id begins with a prefix (all if it is empty), behind a public_id."""
    values = {"resource_type": resource_type, "type": type, "prefix": prefix}
    values |= {"after_public_id": after}
    return Selection(kind="prefix", values=values | {"limit": MOST})


def by_tag(resource_type: str, tag: str, after: tuple[datetime, UUID] | None = None) -> Selection:
    """Assets with a tag, of any type, oldest first."""
    position = Page(limit=MOST, newest_first=False, after=after).position()
    values = {"resource_type": resource_type, "tag": tag, "limit": MOST, **position}
    return Selection(kind="tag", values=values)


async def delete(
    connection: Connection,
    environment_id: int,
    selection: Selection,
    *,
    keep_original: bool = False,
    transformations: Sequence[tuple[str, str | None]] | None = None,
) -> Deletion:
    """Deletes assets, or only their renditions.

    Args:
        keep_original: whether only renditions go.
        transformations: which renditions, by transformation and format, None being any; or all.
    """
    async with connection.transaction():
        doomed = await many(
            connection,
            Doomed,
            _SQL[f"lock_by_{selection.kind}"],
            environment_id=environment_id,
            **selection.values,
        )
        asset_ids = [each.asset_id for each in doomed]
        derived = await many(
            connection,
            _Derived,
            _SQL["delete_renditions"],
            environment_id=environment_id,
            asset_ids=asset_ids,
            all=transformations is None,
            transformations=[text for text, _ in transformations or ()],
            formats=[format for _, format in transformations or ()],
        )
        if not keep_original:
            await forget(connection, environment_id, asset_ids)
    return Deletion(
        assets=doomed,
        derived={each.asset_id: each.derived for each in derived},
        kept_original=keep_original,
    )


async def forget(connection: Connection, environment_id: int, asset_ids: Sequence[UUID]) -> None:
    """Deletes assets, which are locked, and all that belongs to them but backups."""
    await backups.keep(connection, environment_id, asset_ids)
    await run(connection, _SQL["delete"], environment_id=environment_id, asset_ids=list(asset_ids))
