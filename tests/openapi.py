"""The OpenAPI document of the application, without a server."""

import asyncio
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from litestar import Litestar

from app.api.openapi.document import METHODS, complete
from app.asgi import create_app
from app.runtime import Runtime
from tests.server import make_settings

Document = dict[str, Any]


@cache
def application() -> Litestar:
    """It cannot serve; its routes are those of any other."""
    runtime = SimpleNamespace(settings=make_settings(Path("/nowhere")))
    app = create_app(cast(Runtime, runtime))
    asyncio.run(complete(app))
    return app


@cache
def document() -> Document:
    """What every server answers with at `/openapi/openapi.json`."""
    return application().openapi_schema.to_schema()


def operations() -> dict[str, tuple[str, str, Document]]:
    """Path, method and description of every operation, by its id, in the order of their paths."""
    return {
        item[method]["operationId"]: (path, method, item[method])
        for path, item in sorted(document()["paths"].items())
        for method in METHODS
        if method in item
    }
