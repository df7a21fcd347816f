"""The images of a view, page by page: a list of the library, or a ranking."""

import hashlib
import re
import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.contract.expression import parse
from app.contract.expression.tree import And, Condition
from app.cursor import AssetCursor, seal, unseal
from app.db import asset_search
from app.db.asset_order import Sort
from app.db.assets import Asset
from app.errors import BadRequest, NotFound
from app.runtime import Runtime
from app.search import GOOD, Page, Query, SortBy, search
from app.web.match import match
from app.web.session import Visitor
from app.web.tiles import Tile, tile, tiles
from app.web.view import View

PAGE = 60  # library.css counts on what it divides by
_SORTS = {
    "newest": Sort("created_at", True),
    "oldest": Sort("created_at", False),
    "name": Sort("display_name", False),
    "size": Sort("bytes", True),
}
_RANKED_SORTS = {
    "": None,
    "newest": SortBy("created_at", True),
    "oldest": SortBy("created_at", False),
    "name": SortBy("display_name", False),
}
_GONE = "An image that was searched by is not in the library any more."
_TOO_OLD = "A search by a picture of your own can be gone back to for a day. Choose it once more."
_PLAIN = re.compile(r"[\w\s]*\w", re.UNICODE)


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """How a ranking came about."""

    among: int
    """How many images could match."""
    approximate: bool
    estimated: bool
    """Whether the numbers of images are estimates."""
    recall: float | None
    """The share of the nearest images that an approximate answer has, if that was audited."""
    milliseconds: float


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A page of tiles. `total` is None where only the first page tells; `problem` is a sentence."""

    tiles: list[Tile] = []
    next_cursor: str | None = None
    total: int | None = None
    ranked: Ranked | None = None
    warning: str | None = None
    problem: str | None = None


async def results(runtime: Runtime, who: Visitor, view: View, cursor: str = "") -> Results:
    """A page of the view; what is wrong with the query is an answer, and no error."""
    if view.aimless:
        return Results()
    try:
        if view.visual:
            return await _ranking(runtime, who, view, cursor)
        return await _listing(runtime, who, view, cursor)
    except NotFound as error:
        by_image = any(part.name == "like" for part in view.parts)
        return Results(problem=_GONE if by_image else error.message)
    except BadRequest as error:
        by_picture = any(part.name == "picture" for part in view.parts)
        return Results(problem=_TOO_OLD if by_picture else error.message)


async def _ranking(runtime: Runtime, who: Visitor, view: View, cursor: str) -> Results:
    page = await search(runtime, who.environment, _query(view, cursor))
    # An image that was searched by is the best match of itself, and is not shown.
    shown = [_hit(who, hit) for hit in page.answer.hits if hit["asset_id"].hex not in view.examples]
    found = page.answer.total_count - (len(page.answer.hits) - len(shown))
    ranked = _ranked(page)
    if not view.all and not cursor and all(tile.match and tile.match.weak for tile in shown):
        return Results(total=0, ranked=ranked, warning=page.warning)
    return Results(
        tiles=shown,
        next_cursor=page.next_cursor,
        total=None if cursor else found,
        ranked=ranked,
        warning=page.warning,
    )


def _query(view: View, cursor: str) -> Query:
    sort_by = _RANKED_SORTS[view.sort]
    return Query(
        terms=tuple(part.term() for part in view.parts),
        filter=view.filters.for_search(),
        threshold=0.0 if view.all and not sort_by else GOOD,
        max_results=PAGE if cursor else PAGE + len(view.examples),
        next_cursor=cursor or None,
        # Among images in another order, it is not known which of a group comes first.
        collapse=view.collapse and not sort_by,
        sort_by=sort_by,
    )


def _ranked(page: Page) -> Ranked:
    return Ranked(
        among=page.answer.candidates,
        approximate=page.answer.mode == "approximate",
        estimated=page.answer.estimated,
        recall=page.answer.recall["recall"] if page.answer.recall else None,
        milliseconds=page.encode_ms + page.rank_ms,
    )


def _hit(who: Visitor, hit: dict[str, Any]) -> Tile:
    asset = Asset(**{name: hit[name] for name in Asset.__struct_fields__})
    return tile(who, asset, match=match(hit))


async def _listing(runtime: Runtime, who: Visitor, view: View, cursor: str) -> Results:
    environment_id = who.environment.environment_id
    before = _before(runtime, who, view, cursor)
    condition = _condition(view, datetime.fromtimestamp(before.asked_at, UTC))
    async with runtime.pool.connection() as connection, asset_search.bounded(connection):
        found = await asset_search.list_page(
            connection,
            environment_id,
            condition,
            [_SORTS[view.sort or "newest"]],
            limit=PAGE + 1,
            after=before.after,
        )
        total = None if cursor else await asset_search.count(connection, environment_id, condition)
        shown = await tiles(connection, who, found[:PAGE])
    following = None
    if len(found) > PAGE:
        last = found[PAGE - 1].sort_keys
        following = seal(runtime.keyring, msgspec.structs.replace(before, after=last))
    return Results(tiles=shown, next_cursor=following, total=total)


def _before(runtime: Runtime, who: Visitor, view: View, cursor: str) -> AssetCursor:
    """Where the page begins: behind the cursor, or with the first asset.

    Raises:
        BadRequest: the cursor is not one of this view.
    """
    environment_id = who.environment.environment_id
    asked = (view.q, view.sort, *view.filters.pairs())
    digest = hashlib.sha256(repr(asked).encode()).digest()[:8]
    if not cursor:
        return AssetCursor(
            environment_id=environment_id, query=digest, asked_at=time.time(), after=[]
        )
    before = unseal(runtime.keyring, cursor, AssetCursor, environment_id)
    if before.query != digest:
        raise BadRequest("Invalid value for parameter next_cursor")
    return before


def _condition(view: View, now: datetime) -> Condition:
    # While somebody types, the last word may have just begun. An expression says so itself.
    expression = f"{view.q}*" if _PLAIN.fullmatch(view.q) else view.q
    condition = parse(expression, now)
    filters = view.filters.for_search().condition(now)
    return And((filters, condition)) if filters else condition
