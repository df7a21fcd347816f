"""Headers of every page: what it may load and run is what this server sends, nothing inline."""

from typing import Any

from litestar import Response

POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
))  # fmt: skip


def add_headers(response: Response[Any]) -> Response[Any]:
    """An `after_request` hook of page routes."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    # Pages hold what only this visitor may see; the back button asks again.
    response.headers.setdefault("Cache-Control", "no-store")
    return response
