"""X-Request-Id on every answer, errors included: it leads from a user's report to the log."""

import secrets

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

_KEY = "iris_request_id"


def request_id(scope: Scope) -> str:
    """The id of a request: 32 hex characters, made when first asked for."""
    state = scope.setdefault("state", {})
    if _KEY not in state:
        state[_KEY] = secrets.token_hex(16)
    return str(state[_KEY])


async def add_headers(message: Message, scope: Scope) -> None:
    """A `before_send` hook: sets the header, and forbids browsers to guess content types."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        headers["X-Request-Id"] = request_id(scope)
        headers["X-Content-Type-Options"] = "nosniff"
