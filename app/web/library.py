"""The library: its images as a list or a ranking, as whole pages and as parts for scripts."""

from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.response import Template

from app.db import asset_lists, environments, page, presets
from app.runtime import Runtime
from app.web import results
from app.web.chips import chips, heading
from app.web.filters import ACCESS, FORMATS
from app.web.session import Visitor
from app.web.view import RANKED_SORTS, SORTS, View, read_view

_FOLDERS = 2000
_TAGS = 500  # offered while somebody types; every other one can be typed, too
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
            context["tags"] = await asset_lists.tags(
                connection, environment_id, "image", prefix="", after="", limit=_TAGS
            )
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
        view = _view(request)
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
        view = _view(request)
        context = {"folders": found, "view": view, "blank": View(), "visitor": visitor}
        return Template("parts/folders.html", context=context)


async def _results(
    request: Request[Any, Any, Any], runtime: Runtime, who: Visitor
) -> dict[str, Any]:
    view = _view(request)
    found = await results.results(runtime, who, view)
    async with runtime.pool.connection() as connection:
        coverage = await environments.coverage(connection, who.environment)
        parts = await chips(connection, who, view)
    return {
        "visitor": who,
        "view": view,
        "blank": View(),
        "results": found,
        "coverage": coverage,
        "chips": parts,
        "sorts": RANKED_SORTS if view.visual else SORTS,
        "heading": heading(view, parts),
        "formats": FORMATS,
        "access": ACCESS,
    }


def _view(request: Request[Any, Any, Any]) -> View:
    return read_view(request.query_params.items())
