"""Errors of page routes: a page for people; the JSON envelope, as elsewhere, for our scripts."""

from typing import Any
from urllib.parse import quote

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Template
from litestar.types import ExceptionHandlersMap
from psycopg import OperationalError
from psycopg_pool import PoolTimeout, TooManyRequests

from app.errors import IrisError
from app.schemas.errors import ErrorEnvelope, ErrorMessage
from app.web import csp
from app.web.session import SignedOut

log = structlog.get_logger(__name__)

SCRIPT = "x-iris"
"""A header that our scripts send."""

Answer = Response[Any]


def signed_out(request: Request[Any, Any, Any], error: SignedOut) -> Answer:
    """Leads to the sign-in and back from there."""
    if SCRIPT in request.headers:
        return _envelope(error.status, error.message)
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    following = f"?next={quote(back, safe='')}" if request.method == "GET" and back != "/" else ""
    return csp.add_headers(Redirect(f"/-/sign-in{following}", status_code=303))


def iris_error(request: Request[Any, Any, Any], error: IrisError) -> Answer:
    """An error of ours, in its own sentence."""
    return _answer(request, error.status, error.message)


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Answer:
    """What the framework refuses: an unknown address, a wrong parameter."""
    message = "There is nothing at this address." if error.status_code == 404 else error.detail
    return _answer(request, error.status_code, message)


def overload(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """Every connection to the database is in use, or there is none."""
    return _answer(request, 503, "The server is busy. Try again in a moment.")


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """A defect of Iris."""
    log.error("page failed", path=request.url.path, exc_info=error)
    return _answer(request, 500, "Something is wrong with Iris itself. The server's log has more.")


HANDLERS: ExceptionHandlersMap = {
    SignedOut: signed_out,
    IrisError: iris_error,
    HTTPException: http_error,
    PoolTimeout: overload,
    TooManyRequests: overload,
    OperationalError: overload,
    Exception: unexpected,
}


def _answer(request: Request[Any, Any, Any], status: int, message: str) -> Answer:
    if SCRIPT in request.headers:
        return _envelope(status, message)
    context = {"title": "This did not work", "message": message}
    page = Template("problem.html", context=context, status_code=status)
    # What an exception handler answers passes no after_request hook.
    return csp.add_headers(page)


def _envelope(status: int, message: str) -> Answer:
    return Response(
        ErrorEnvelope(ErrorMessage(message)), status_code=status, media_type="application/json"
    )
