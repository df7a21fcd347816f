"""How far indexing has come, for pages that keep up with it."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.di import NamedDependency

from app.db import environments, page
from app.db.environments import Coverage
from app.runtime import Runtime
from app.web.session import Visitor

_MOST = 200  # images that one request asks about


class Progress(msgspec.Struct):
    """The whole library, and those of the images asked about that still wait or have failed."""

    coverage: Coverage
    waiting: dict[str, str]


class ProgressController(Controller):
    """`/-/progress`."""

    @get("/-/progress")
    async def progress(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Progress:
        """Numbers, and the states of the images named by `ids`, with commas between them."""
        ids = _ids(request.query_params.get("ids", ""))
        async with runtime.pool.connection() as connection:
            coverage = await environments.coverage(connection, visitor.environment)
            waiting = await page.not_indexed(connection, visitor.environment.environment_id, ids)
        return Progress(coverage, {key.hex: each.state for key, each in waiting.items()})


def _ids(text: str) -> list[UUID]:
    found = []
    for each in text.split(",")[:_MOST]:
        try:
            found.append(UUID(hex=each))
        except ValueError:
            continue
    return found
