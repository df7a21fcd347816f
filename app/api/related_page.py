"""The assets that one is related to, as its details show them."""

from app.api.access import Access
from app.api.listing import cursor_of
from app.api.params import Params
from app.api.shapes import Shaper
from app.cursor import TimeCursor, list_digest, seal
from app.db import related_assets
from app.db.assets import Asset
from app.runtime import Runtime
from app.schemas.assets import ResourceDetails
from app.schemas.related_assets import RelatedAsset

_LIMIT = 100  # related assets of a page


async def add_related(
    runtime: Runtime,
    access: Access,
    shaper: Shaper,
    asset: Asset,
    params: Params,
    shape: ResourceDetails,
) -> None:
    """Adds a page of related assets to the details of one; `related_next_cursor` goes on.

    Raises:
        BadRequest: the cursor is not one of this list.
    """
    environment_id = access.environment.environment_id
    digest = list_digest("related", asset.asset_id)
    asked = {"next_cursor": params.get("related_next_cursor")}
    cursor = cursor_of(runtime, environment_id, asked, TimeCursor, digest)
    async with runtime.pool.connection() as connection:
        found = await related_assets.list_page(
            connection,
            environment_id,
            asset.asset_id,
            limit=_LIMIT + 1,
            after=(cursor.created_at, cursor.asset_id) if cursor else None,
        )
    page = found[:_LIMIT]
    shape.related_assets = [_shape(shaper, each) for each in page]
    if len(found) > len(page):
        behind = TimeCursor(
            environment_id=environment_id,
            list=digest,
            created_at=page[-1].related_at,
            asset_id=page[-1].asset_id,
        )
        shape.related_next_cursor = seal(runtime.keyring, behind)


def _shape(shaper: Shaper, asset: Asset) -> RelatedAsset:
    fields = shaper.resource(asset)
    return RelatedAsset(**{name: fields[name] for name in RelatedAsset.__struct_fields__})
