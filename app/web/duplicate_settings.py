"""Near-identical images in groups: what they cost, which one is kept, and the end of the others."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from app.db import asset_deletions, asset_lists, near_duplicates, page
from app.errors import BadRequest
from app.runtime import Runtime
from app.web.session import Visitor
from app.web.tiles import tile

_PAGE = "/-/settings/duplicates"
_SHOWN = 30  # groups on the page; the next ones come when these are done with
_MOST = 100  # images of a group that are shown


class DuplicateSettingsController(Controller):
    """`/-/settings/duplicates`."""

    path = _PAGE

    @get("/")
    async def show(
        self, runtime: NamedDependency[Runtime], visitor: NamedDependency[Visitor]
    ) -> Template:
        """The groups, the one with the most to win back first."""
        environment_id = visitor.environment.environment_id
        async with runtime.pool.connection() as connection:
            groups = await page.duplicate_groups(connection, environment_id, limit=_SHOWN)
            waiting = await near_duplicates.count_ungrouped(connection, environment_id)
            ids = [each for group in groups for each in group.asset_ids[:_MOST]]
            found = await asset_lists.by_asset_ids(connection, environment_id, ids)
        tiles = {asset.asset_id: tile(visitor, asset) for asset in found}
        context = {
            "visitor": visitor,
            "tab": "duplicates",
            "groups": [
                (group, [tiles[each] for each in group.asset_ids[:_MOST] if each in tiles])
                for group in groups
            ],
            "most": _MOST,
            "waiting": waiting,
        }
        return Template("settings/duplicates.html", context=context)

    @post("/keep", status_code=303)
    async def keep(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Redirect:
        """Keeps the image `keep` of those named by `id`, and deletes the others, which were shown.

        Raises:
            BadRequest: it is not among them, or not there any more: nothing is deleted.
        """
        form = await request.form()
        ids = {_id(value) for value in form.getall("id", [])}
        kept = _id(form.get("keep", ""))
        environment_id = visitor.environment.environment_id
        async with runtime.pool.connection() as connection:
            if kept not in ids or not await asset_lists.by_asset_ids(
                connection, environment_id, [kept]
            ):
                raise BadRequest("The image to keep is gone. Nothing was deleted.")
            await asset_deletions.delete(
                connection, environment_id, asset_deletions.by_asset_ids(sorted(ids - {kept}))
            )
        return Redirect(_PAGE, status_code=303)


def _id(value: object) -> UUID:
    try:
        return UUID(hex=str(value))
    except ValueError:
        raise BadRequest("These are no images of this library.") from None
