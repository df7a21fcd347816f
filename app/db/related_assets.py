"""Which assets belong together. Relating is mutual: both assets then list each other."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.errors import ForeignKeyViolation

from app.db.assets import Asset
from app.db.pool import Connection, many
from app.db.queries import load
from app.errors import NotFound

_SQL = load("related_assets")
_FIRST = UUID(int=0)


class RelatedAsset(Asset, frozen=True, kw_only=True):
    """An asset with the time at which it was related to another."""

    related_at: datetime


class _Placed(msgspec.Struct, frozen=True):
    place: int
    asset_id: UUID


class _Id(msgspec.Struct, frozen=True):
    asset_id: UUID


async def by_names(
    connection: Connection, environment_id: int, names: Sequence[tuple[str, str, str]]
) -> list[UUID | None]:
    """The asset of each resource type, type and public_id; None where there is none."""
    resource_types, types, public_ids = zip(*names, strict=True) if names else ((), (), ())
    rows = await many(
        connection,
        _Placed,
        _SQL["by_names"],
        environment_id=environment_id,
        resource_types=list(resource_types),
        types=list(types),
        public_ids=list(public_ids),
    )
    return _in_place(rows, len(names))


async def by_ids(
    connection: Connection, environment_id: int, asset_ids: Sequence[UUID]
) -> list[UUID | None]:
    """The ids themselves; None where there is no such asset."""
    rows = await many(
        connection,
        _Placed,
        _SQL["by_ids"],
        environment_id=environment_id,
        asset_ids=list(asset_ids),
    )
    return _in_place(rows, len(asset_ids))


def _in_place(rows: list[_Placed], count: int) -> list[UUID | None]:
    found = {row.place: row.asset_id for row in rows}
    return [found.get(place) for place in range(1, count + 1)]


async def add(
    connection: Connection, environment_id: int, asset_id: UUID, related_ids: Sequence[UUID]
) -> set[UUID]:
    """Relates an asset to others; gives those that it was not related to before.

    Raises:
        NotFound: one of them was deleted meanwhile; nothing is related.
    """
    try:
        return await _change(connection, "add", environment_id, asset_id, related_ids)
    except ForeignKeyViolation:
        raise NotFound("Resource not found - one of the assets was deleted meanwhile") from None


async def remove(
    connection: Connection, environment_id: int, asset_id: UUID, related_ids: Sequence[UUID]
) -> set[UUID]:
    """Ends relations of an asset; gives the others that it was related to."""
    return await _change(connection, "remove", environment_id, asset_id, related_ids)


async def _change(
    connection: Connection,
    statement: str,
    environment_id: int,
    asset_id: UUID,
    related_ids: Sequence[UUID],
) -> set[UUID]:
    rows = await many(
        connection,
        _Id,
        _SQL[statement],
        environment_id=environment_id,
        asset_id=asset_id,
        related_ids=list(related_ids),
    )
    return {row.asset_id for row in rows}


async def list_page(
    connection: Connection,
    environment_id: int,
    asset_id: UUID,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[RelatedAsset]:
    """The assets that one is related to, in the order in which they were related to it."""
    created_at, after_asset_id = after or ("-infinity", _FIRST)
    return await many(
        connection,
        RelatedAsset,
        _SQL["list"],
        environment_id=environment_id,
        asset_id=asset_id,
        after_created_at=created_at,
        after_asset_id=after_asset_id,
        limit=limit,
    )
