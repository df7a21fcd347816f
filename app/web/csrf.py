"""Refuses changes that another site makes a browser send: for page routes, which have a cookie."""

import hmac
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection, Request
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from app.errors import Forbidden
from app.runtime import Runtime
from app.web import session

HEADER = "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def same_site(
    connection: ASGIConnection[Any, Any, Any, State], handler: BaseRouteHandler
) -> None:
    """A guard: passes what changes nothing, and what a page of this server sends.

    Raises:
        Forbidden: the request comes from elsewhere, or lacks the token of its session.
    """
    request: Request[Any, Any, Any] = Request(connection.scope, connection.receive)
    if request.method in _SAFE:
        return
    runtime: Runtime = connection.app.state.runtime
    if not _is_ours(request, runtime):
        raise Forbidden("This request came from another site.")
    current = session.read(request, runtime.keyring)
    if current is None or handler.opt.get("signs_in"):
        return  # every route but the sign-in refuses who has no session
    given = request.headers.get(HEADER) or str((await request.form()).get("csrf", ""))
    expected = session.csrf_token(current, runtime.keyring)
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forbidden("This page is out of date. Reload it and try again.")


def _is_ours(request: Request[Any, Any, Any], runtime: Runtime) -> bool:
    """Whether a browser says that the page which sent this is one of ours.

    Browsers tell `Sec-Fetch-Site` over TLS and on localhost, and `Origin` everywhere.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True  # not a browser, which has nobody's cookie either
    known = {request.headers.get("host", ""), urlsplit(runtime.settings.public_url).netloc}
    return urlsplit(origin).netloc in known
