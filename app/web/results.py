"""The images of a view, page by page: a list of the library, or a ranking."""

import hashlib
import re
import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.contract.expression import parse
from app.contract.expression.fields import find_field
from app.contract.expression.tree import And, Condition, Match
from app.cursor import AssetCursor, seal, unseal
from app.db import asset_search
from app.db.asset_order import Sort
from app.db.assets import Asset
from app.errors import BadRequest, NotFound
from app.runtime import Runtime
from app.search import GOOD, Query, Term, search
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
_GONE = "The image to find similar ones of is not in the library any more."
_TOO_OLD = "A search by a picture of your own can be gone back to for a day. Choose it once more."
_PLAIN = re.compile(r"[\w\s]*\w", re.UNICODE)


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A page of tiles. `total` is None where only the first page tells; `problem` is a sentence."""

    tiles: list[Tile] = []
    next_cursor: str | None = None
    total: int | None = None
    approximate: bool = False
    warning: str | None = None
    problem: str | None = None


async def results(runtime: Runtime, who: Visitor, view: View, cursor: str = "") -> Results:
    """A page of the view; what is wrong with the query is an answer, and no error."""
    try:
        if view.visual:
            return await _ranking(runtime, who, view, cursor)
        return await _listing(runtime, who, view, cursor)
    except NotFound as error:
        return Results(problem=_GONE if view.like else error.message)
    except BadRequest as error:
        return Results(problem=_TOO_OLD if view.picture else error.message)


async def _ranking(runtime: Runtime, who: Visitor, view: View, cursor: str) -> Results:
    page = await search(runtime, who.environment, _query(view, cursor))
    return Results(
        tiles=[_hit(who, hit) for hit in page.answer.hits],
        next_cursor=page.next_cursor,
        total=page.answer.total_count,
        approximate=page.answer.mode == "approximate",
        warning=page.warning,
    )


def _query(view: View, cursor: str) -> Query:
    return Query(
        terms=(Term(kind=_asked(view)[0], value=_asked(view)[1]),),
        threshold=0.0 if view.all else GOOD,
        # The image that was asked about is the best match of itself, and is not shown.
        max_results=PAGE + 1 if view.like and not cursor else PAGE,
        next_cursor=cursor or None,
    )


def _asked(view: View) -> tuple[str, str]:
    if view.like:
        return "image_asset_id", view.like
    if view.picture:
        return "picture", view.picture
    return ("image_url", view.image_url) if view.image_url else ("text", view.q)


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
            [_SORTS[view.sort]],
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
    digest = hashlib.sha256("\0".join((view.q, view.folder, view.sort)).encode()).digest()[:8]
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
    if not view.folder:
        return condition
    below = Match(find_field("folder"), f"{view.folder}/", exact=True, prefix=True)
    return And((below, condition))
