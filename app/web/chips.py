"""What is searched for, as chips above the results: each can be turned around and removed."""

from uuid import UUID

import msgspec

from app.db import asset_lists
from app.db.pool import Connection
from app.web.query_parts import Part
from app.web.session import Visitor
from app.web.tiles import Tile, tile
from app.web.view import View

_MISSING = "an image that is gone"
_NOBODY = UUID(int=0)


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a search; `tile` is the image of the library that it is about."""

    part: Part
    tile: Tile | None
    words: str
    removed: str
    """The address without it."""
    turned: str
    """The address with it turned around."""

    @property
    def cut_out(self) -> str | None:
        """The SVG view box of the part of the image that counts, in pixels."""
        if not self.part.region or not self.tile:
            return None
        x, y, width, height = self.part.region
        across, down = self.tile.asset.width or 1, self.tile.asset.height or 1
        return f"{x * across:.1f} {y * down:.1f} {width * across:.1f} {height * down:.1f}"


async def chips(connection: Connection, who: Visitor, view: View) -> list[Chip]:
    """The chips of a view, in the order of its parts."""
    ids = [each for part in view.parts if part.name == "like" and (each := _id(part))]
    found = (
        await asset_lists.by_asset_ids(connection, who.environment.environment_id, ids)
        if ids
        else []
    )
    tiles = {asset.asset_id: tile(who, asset) for asset in found}
    return [_chip(view, part, tiles.get(_id(part) or _NOBODY)) for part in view.parts]


def heading(view: View, chips: list[Chip]) -> str:
    """What the page is about, for its title and for screen readers."""
    if not chips:
        return view.filters.folder or "All images"
    asked = ", ".join(each.words for each in chips if not each.part.against)
    against = ", ".join(each.words for each in chips if each.part.against)
    images_only = not any(each.part.name == "q" for each in chips)
    asked = f"Similar to {asked}" if asked and images_only else asked
    return " but ".join(filter(None, (asked, against and f"not {against}")))


def _chip(view: View, part: Part, tile: Tile | None) -> Chip:
    return Chip(
        part=part,
        tile=tile,
        words=_words(part, tile),
        removed=view.without(part).address(asset=""),
        turned=view.turned(part).address(asset=""),
    )


def _words(part: Part, tile: Tile | None) -> str:
    if part.name == "picture":
        return "your picture"
    if part.name != "like":
        return part.value
    name = tile.name if tile else _MISSING
    return f"a part of {name}" if part.region else name


def _id(part: Part) -> UUID | None:
    try:
        return UUID(hex=part.value)
    except ValueError:
        return None
