"""Counts the bytes of delivered files for the usage report."""

import re

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from app.traffic_log import TrafficLog

_DELIVERY = re.compile(
    r"(?:/v1_1)?/([a-z0-9][a-z0-9_-]{0,62})"
    r"/(?:(?:image|raw|video)/(?:upload|private|auth|download)|download_backup)"
)
_WITH_FILE = (200, 206)


async def count_delivery(message: Message, scope: Scope) -> None:
    """A `before_send` hook: notes an answer that carries a file."""
    if message["type"] != "http.response.start" or message["status"] not in _WITH_FILE:
        return
    found = _DELIVERY.match(scope["path"])
    if found is None or scope.get("method") != "GET":
        return
    traffic: TrafficLog = scope["litestar_app"].state.traffic
    size = MutableScopeHeaders.from_message(message).get("content-length", "0")
    traffic.add(found[1], int(size))
