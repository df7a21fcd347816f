"""The hourly limit of Admin API calls of an environment, and the headers that tell of it."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from app.db import rate_limits
from app.db.environments import Environment
from app.db.pool import Connection
from app.errors import RateLimited
from app.runtime import Runtime

_KEY = "iris_rate"
# What the headers say when no limit is set: the SDKs want numbers above 0, and nobody gets there.
UNLIMITED = 1_000_000_000
# Everything under an environment but the Upload API, which has no such limit.
_ADMIN_PATH = re.compile(r"/v1_1/[^/]+/(?!(?:image|video|raw|auto|asset)/|download_|delete_)")

EXPOSED_HEADERS = (
    "X-FeatureRateLimit-Limit",
    "X-FeatureRateLimit-Remaining",
    "X-FeatureRateLimit-Reset",
)


class Rate(msgspec.Struct, frozen=True):
    """What an environment may still do until the full hour."""

    limit: int
    remaining: int
    resets_at: datetime


async def count_call(
    request: Request[Any, Any, Any],
    connection: Connection,
    runtime: Runtime,
    environment: Environment,
) -> None:
    """Counts a call of the Admin API.

    Raises:
        RateLimited: the limit of the environment is used up until the full hour.
    """
    limit = runtime.settings.hourly_limit or UNLIMITED
    hour = await rate_limits.count(connection, environment.environment_id)
    rate = Rate(limit, max(0, limit - hour.calls), hour.resets_at.astimezone(UTC))
    request.scope.setdefault("state", {})[_KEY] = rate
    if hour.calls > limit:
        raise RateLimited(
            f"Rate limit exceeded. Limit of {limit} API operations per hour."
            f" Try again at {rate.resets_at:%Y-%m-%d %H:%M:%S} UTC"
        )


async def add_headers(message: Message, scope: Scope) -> None:
    """A `before_send` hook: sets the headers on every answer of the Admin API, errors included.

    A request that was refused before it was counted (wrong secret, unknown route) used up nothing.
    """
    if message["type"] != "http.response.start":
        return
    rate = scope.setdefault("state", {}).get(_KEY)
    if rate is None and not _ADMIN_PATH.match(scope["path"]):
        return
    rate = rate or _unused(scope)
    headers = MutableScopeHeaders.from_message(message)
    headers["X-FeatureRateLimit-Limit"] = str(rate.limit)
    headers["X-FeatureRateLimit-Remaining"] = str(rate.remaining)
    headers["X-FeatureRateLimit-Reset"] = format_datetime(rate.resets_at, usegmt=True)


def _unused(scope: Scope) -> Rate:
    runtime: Runtime = scope["litestar_app"].state.runtime
    limit = runtime.settings.hourly_limit or UNLIMITED
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return Rate(limit, limit, hour + timedelta(hours=1))
