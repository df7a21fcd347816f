"""What is known of an asset beyond its row: where its indexing stands, and when what changed."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.db.pool import Connection, one
from app.db.queries import load

_SQL = load("assets")


class AssetDetails(msgspec.Struct, frozen=True, kw_only=True):
    """`phash` is 16 hex digits. `index_state`: indexed, pending, failed or not_asked."""

    phash: str | None
    index_state: str
    index_reason: str | None
    updated_at: datetime
    public_id_updated_at: datetime | None
    tags_updated_at: datetime | None
    context_updated_at: datetime | None
    metadata_updated_at: datetime | None


async def find(connection: Connection, environment_id: int, asset_id: UUID) -> AssetDetails | None:
    """The details of an asset, or None if it is gone."""
    return await one(
        connection,
        AssetDetails,
        _SQL["details"],
        environment_id=environment_id,
        asset_id=asset_id,
    )
