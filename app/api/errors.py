"""Every failure in the one envelope, with a status that the SDKs parse."""

from typing import Any

import psycopg
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from psycopg_pool import PoolTimeout, TooManyRequests

from app.api.request_id import request_id
from app.errors import IrisError
from app.schemas.errors import ErrorEnvelope, ErrorMessage

log = structlog.get_logger(__name__)

Answer = Response[ErrorEnvelope]


def handlers(max_body_bytes: int) -> ExceptionHandlersMap:
    """The exception handlers of the application."""

    def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Answer:
        # 405, 413 and 415 would be unreadable for Node's SDK.
        if error.status_code == 404:
            return _answer(404, f"Resource not found - {request.scope['path']}")
        if error.status_code == 405:
            path = request.scope["path"]
            return _answer(400, f"Method {request.method} is not supported by {path}")
        if error.status_code == 413:
            got = request.headers.get("content-length", "more")
            return _answer(400, f"File size too large. Got {got}. Maximum is {max_body_bytes}.")
        if error.status_code >= 500:
            return unexpected_error(request, error)
        return _answer(400, str(error.detail))

    return {
        IrisError: iris_error,
        HTTPException: http_error,
        TooManyRequests: overload,
        PoolTimeout: overload,
        psycopg.OperationalError: database_error,
        psycopg.DataError: data_error,
        Exception: unexpected_error,
    }


def iris_error(request: Request[Any, Any, Any], error: IrisError) -> Answer:
    """An error of ours: its own status and sentence."""
    if error.status >= 500:
        log.error("refused", error=error.message, path=request.scope["path"])
    return _answer(error.status, error.message)


def overload(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """Every connection is in use."""
    return _answer(429, "The server is busy. Try again in a moment.")


def database_error(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """The database went away; what it had confirmed is safe."""
    log.error("database not reachable", error=str(error))
    return _answer(500, "The database cannot be reached. Try again in a moment.")


def data_error(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """A value that no text can hold: in a path, a NUL character names nothing that exists."""
    path = request.scope["path"]
    if "\0" in path:
        return _answer(404, f"Resource not found - {path}")
    return unexpected_error(request, error)


def unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """A defect of Iris. The request id leads from the user's report to the log."""
    if not _has_host(request):
        return _answer(400, "The Host header is not valid")
    number = request_id(request.scope)
    log.error("request failed", request_id=number, path=request.scope["path"], exc_info=error)
    return _answer(500, f"Internal server error. Request ID: {number}")


def _has_host(request: Request[Any, Any, Any]) -> bool:
    # Litestar makes the URL when it is first asked for, from a header that may be anything.
    try:
        return bool(request.url)
    except ValueError:
        return False


def _answer(status: int, message: str) -> Answer:
    shown = message.encode("latin-1", "replace").decode("latin-1").replace("\n", " ")
    return Response(
        ErrorEnvelope(ErrorMessage(message)),
        status_code=status,
        media_type="application/json",
        # A blank at an end would make the whole answer unreadable.
        headers={"X-Cld-Error": "".join(c for c in shown if c.isprintable())[:1000].strip()},
    )
