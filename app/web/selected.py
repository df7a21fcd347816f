"""What happens to several selected images at once: tags for them, or their end."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, post
from litestar.di import NamedDependency

from app import edit
from app.contract.wire import parse_tags
from app.db import asset_deletions, asset_lists
from app.db.asset_edits import Named
from app.db.assets import Asset
from app.errors import BadRequest
from app.runtime import Runtime
from app.web.session import Visitor

MOST = 1000


class Changed(msgspec.Struct):
    """The images that something happened to."""

    ids: list[str]


class SelectedController(Controller):
    """`/-/selected`: `ids` are asset_ids with commas between them."""

    path = "/-/selected"

    @post("/tags", status_code=200)
    async def add_tags(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Changed:
        """Adds the tags in `add` to all of them."""
        form = await request.form()
        tags = parse_tags("tags", str(form.get("add", "")))
        selected = await _selected(runtime, visitor, str(form.get("ids", "")))
        named = defaultdict(list)
        for asset in selected:
            named[asset.resource_type, asset.type].append(asset.public_id)
        for (resource_type, type), public_ids in named.items():
            group = Named(resource_type, type, public_ids)
            await edit.edit_tags(runtime, visitor.environment, group, "add", tags)
        return Changed([asset.asset_id.hex for asset in selected])

    @post("/delete", status_code=200)
    async def delete(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Changed:
        """Deletes all of them, with everything that belongs to them."""
        ids = _ids(str((await request.form()).get("ids", "")))
        async with runtime.pool.connection() as connection:
            deletion = await asset_deletions.delete(
                connection,
                visitor.environment.environment_id,
                asset_deletions.by_asset_ids(ids),
            )
        return Changed([each.asset_id.hex for each in deletion.assets])


async def _selected(runtime: Runtime, who: Visitor, text: str) -> list[Asset]:
    async with runtime.pool.connection() as connection:
        return await asset_lists.by_asset_ids(
            connection, who.environment.environment_id, _ids(text)
        )


def _ids(text: str) -> list[UUID]:
    try:
        ids = [UUID(hex=each) for each in text.split(",")]
    except ValueError:
        raise BadRequest("These are no images of this library.") from None
    if len(ids) > MOST:
        raise BadRequest(f"That is possible with up to {MOST} images at once.")
    return ids
