"""Assets as the page shows them."""

from typing import Any

import msgspec

from app.db import page
from app.db.assets import Asset
from app.db.page import IndexState
from app.db.pool import Connection
from app.web import delivery_url
from app.web.match import Match
from app.web.session import Visitor


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One image of the grid. `state`: indexed, pending, failed or not_asked."""

    asset: Asset
    state: str
    reason: str | None
    match: Match | None
    small: str
    large: str
    screen: str
    original: str

    @property
    def id(self) -> str:
        """The asset_id as addresses have it."""
        return self.asset.asset_id.hex

    @property
    def name(self) -> str:
        """What people call it."""
        return self.asset.display_name

    @property
    def is_image(self) -> bool:
        """Whether there is something to look at."""
        return self.asset.resource_type == "image"

    @property
    def description(self) -> str:
        """What a screen reader says instead of showing it."""
        return str(self.asset.context.get("alt") or self.name)


def tile(
    who: Visitor, asset: Asset, waiting: IndexState | None = None, match: Match | None = None
) -> Tile:
    """The tile of an asset; `waiting` if it is not indexed though it asked to be."""
    indexed = "indexed" if asset.visual_search else "not_asked"
    place = (who.environment, who.key, asset)
    return Tile(
        asset=asset,
        state=waiting.state if waiting else indexed,
        reason=waiting.reason if waiting else None,
        match=match,
        small=delivery_url.picture(*place, delivery_url.SMALL),
        large=delivery_url.picture(*place, delivery_url.LARGE),
        screen=delivery_url.picture(*place, delivery_url.SCREEN),
        original=delivery_url.original(*place),
    )


async def tiles(connection: Connection, who: Visitor, assets: list[Any]) -> list[Tile]:
    """The tiles of assets, in their order."""
    ids = [asset.asset_id for asset in assets]
    waiting = await page.not_indexed(connection, who.environment.environment_id, ids)
    return [tile(who, asset, waiting.get(asset.asset_id)) for asset in assets]
