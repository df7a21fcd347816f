"""The details of one image: what is known of it, its name, folder, tags and place in the index."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from app import edit
from app.contract.wire import parse_tags
from app.db import assets, page
from app.db.asset_edits import Named
from app.db.assets import Asset
from app.errors import NotFound
from app.runtime import Runtime
from app.web.session import Visitor
from app.web.tiles import tile


class DetailsController(Controller):
    """`/-/assets/:asset_id`. Every change answers with the details as they are then."""

    path = "/-/assets/{asset_id:str}"

    @get("/")
    async def details(
        self,
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
        asset_id: FromPath[str],
    ) -> Template:
        """Everything about an image."""
        return await _details(runtime, visitor, await find(runtime, visitor, asset_id))

    @post("/tags", status_code=200)
    async def change_tags(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
        asset_id: FromPath[str],
    ) -> Template:
        """Adds tags (`add`, with commas between them) or takes one away (`remove`)."""
        asset = await find(runtime, visitor, asset_id)
        form = await request.form()
        command = "add" if form.get("add") else "remove"
        tags = parse_tags("tags", str(form.get(command, "")))
        named = Named(asset.resource_type, asset.type, [asset.public_id])
        await edit.edit_tags(runtime, visitor.environment, named, command, tags)
        return await _details(runtime, visitor, await find(runtime, visitor, asset_id))

    @post("/names", status_code=200)
    async def rename(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
        asset_id: FromPath[str],
    ) -> Template:
        """Gives it another display name or folder; its public_id and addresses stay."""
        asset = await find(runtime, visitor, asset_id)
        form = await request.form()
        names = {name: str(form.get(name, "")).strip() for name in ("display_name", "asset_folder")}
        params = {**names, "display_name": names["display_name"] or asset.display_name}
        edited = await edit.edit(runtime, visitor.environment, asset, params)
        return await _details(runtime, visitor, edited.asset)

    @post("/index", status_code=200)
    async def index(
        self,
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
        asset_id: FromPath[str],
    ) -> Template:
        """Asks for its place in the index, for the first time or once more."""
        asset = await find(runtime, visitor, asset_id)
        edited = await edit.edit(runtime, visitor.environment, asset, {"visual_search": True})
        return await _details(runtime, visitor, edited.asset)


async def find(runtime: Runtime, who: Visitor, asset_id: str) -> Asset:
    """The asset of an address.

    Raises:
        NotFound: there is none in this environment.
    """
    missing = NotFound("This image is not in the library any more.")
    try:
        key = UUID(hex=asset_id)
    except ValueError:
        raise missing from None
    async with runtime.pool.connection() as connection:
        asset = await assets.find_by_id(connection, who.environment.environment_id, key)
    if asset is None:
        raise missing
    return asset


async def _details(runtime: Runtime, who: Visitor, asset: Asset) -> Template:
    async with runtime.pool.connection() as connection:
        waiting = await page.not_indexed(
            connection, who.environment.environment_id, [asset.asset_id]
        )
    context = {"tile": tile(who, asset, waiting.get(asset.asset_id)), "visitor": who}
    return Template("parts/details.html", context=context)
