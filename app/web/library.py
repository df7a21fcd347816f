"""The library: its images as a list or a ranking, as whole pages and as parts for scripts."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.response import Template

from app.db import assets, environments, page, presets
from app.runtime import Runtime
from app.web import results
from app.web.session import Visitor
from app.web.tiles import Tile, tile
from app.web.view import SORTS, View, read_view

_FOLDERS = 2000
_PRESETS = 500


class LibraryController(Controller):
    """`/`, and below `/-/` the parts of it."""

    @get("/")
    async def library(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Template:
        """The page."""
        context = await _results(request, runtime, visitor)
        environment_id = visitor.environment.environment_id
        async with runtime.pool.connection() as connection:
            context["folders"] = await page.folders(connection, environment_id, limit=_FOLDERS)
            context["presets"] = await presets.list_page(connection, environment_id, limit=_PRESETS)
        context["max_bytes"] = runtime.settings.max_file_bytes
        return Template("library.html", context=context)

    @get("/-/results")
    async def part(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Template:
        """What is between the folders and the details, for another view."""
        context = await _results(request, runtime, visitor)
        return Template("parts/results.html", context=context)

    @get("/-/more")
    async def more(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Template:
        """The images behind those that are shown."""
        view = read_view(dict(request.query_params))
        cursor = request.query_params.get("cursor", "")
        found = await results.results(runtime, visitor, view, cursor)
        context = {"view": view, "results": found, "visitor": visitor}
        return Template("parts/tiles.html", context=context)

    @get("/-/folders")
    async def folders(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Template:
        """The tree, after an upload made new ones."""
        async with runtime.pool.connection() as connection:
            found = await page.folders(
                connection, visitor.environment.environment_id, limit=_FOLDERS
            )
        view = read_view(dict(request.query_params))
        context = {"folders": found, "view": view, "blank": View(), "visitor": visitor}
        return Template("parts/folders.html", context=context)


async def _results(
    request: Request[Any, Any, Any], runtime: Runtime, who: Visitor
) -> dict[str, Any]:
    view = read_view(dict(request.query_params))
    found = await results.results(runtime, who, view)
    async with runtime.pool.connection() as connection:
        coverage = await environments.coverage(connection, who.environment)
        query_tile = await _query_tile(connection, who, view)
    # The image that was asked about is the best match of itself, and is not shown.
    shown = (found.total or 0) - (1 if any(each.id == view.like for each in found.tiles) else 0)
    return {
        "visitor": who,
        "view": view,
        "blank": View(),
        "results": found,
        "shown_total": shown,
        "coverage": coverage,
        "query_tile": query_tile,
        "sorts": SORTS,
        "heading": _heading(view, query_tile),
    }


async def _query_tile(connection: Any, who: Visitor, view: View) -> Tile | None:
    try:
        asset_id = UUID(hex=view.like)
    except ValueError:
        return None
    asset = await assets.find_by_id(connection, who.environment.environment_id, asset_id)
    return tile(who, asset) if asset else None


def _heading(view: View, query_tile: Tile | None) -> str:
    if view.like:
        return f"Similar to {query_tile.name}" if query_tile else "Similar images"
    if view.picture:
        return "Similar to your picture"
    return view.image_url or view.q or view.folder or "All images"
