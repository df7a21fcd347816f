"""Visual search: its switch, how far indexing has come, what failed, and the active model."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from app.db import environments, models, page
from app.db.page import IndexState
from app.runtime import Runtime
from app.web.details import find
from app.web.session import Visitor
from app.web.tiles import tile

_PAGE = "/-/settings/indexing"
_MOST = 200  # failures shown; "try all again" means all of them


class IndexSettingsController(Controller):
    """`/-/settings/indexing`."""

    path = _PAGE

    @get("/")
    async def show(
        self, runtime: NamedDependency[Runtime], visitor: NamedDependency[Visitor]
    ) -> Template:
        """Numbers, failures with their reasons, and the model."""
        environment = visitor.environment
        async with runtime.pool.connection() as connection:
            coverage = await environments.coverage(connection, environment)
            failed = await page.waiting(
                connection, environment.environment_id, "failed", limit=_MOST
            )
            active = await models.active(connection)
        shown = [
            tile(visitor, each, IndexState(each.asset_id, each.state, each.reason))
            for each in failed
        ]
        context = {
            "visitor": visitor,
            "tab": "indexing",
            "coverage": coverage,
            "failed": shown,
            "model": active,
            "loaded": active == runtime.model,
            "queue": runtime.batcher.depth,
        }
        return Template("settings/indexing.html", context=context)

    @post("/switch", status_code=303)
    async def switch(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Redirect:
        """Turns visual search on, which asks for every image, or off."""
        on = (await request.form()).get("on") == "1"
        async with runtime.pool.connection() as connection:
            await environments.switch_visual_search(connection, visitor.environment, on)
        return Redirect(_PAGE, status_code=303)

    @post("/retry", status_code=303)
    async def retry(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Redirect:
        """Puts what failed back into the queue: the image `asset_id`, or all."""
        text = str((await request.form()).get("asset_id", ""))
        one = (await find(runtime, visitor, text)).asset_id if text else None
        async with runtime.pool.connection() as connection:
            await page.retry_failed(connection, visitor.environment.environment_id, one)
        return Redirect(_PAGE, status_code=303)
