"""Webhooks that are to be sent."""

from typing import Any

import msgspec
from psycopg.types.json import Json

from app.contract.signing import Algorithm
from app.db.pool import Connection, one, run, value
from app.db.queries import load

_SQL = load("notifications")


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook: where it goes, what it says (JSON), and with whose key it is signed."""

    cloud_name: str
    url: str
    body: str
    api_key: str | None
    algorithm: Algorithm
    attempts: int


async def add(
    connection: Connection,
    environment_id: int,
    *,
    url: str,
    body: dict[str, Any],
    api_key: str | None,
    algorithm: Algorithm,
) -> int:
    """Keeps a webhook and gives its number."""
    number = await value(
        connection,
        _SQL["add"],
        environment_id=environment_id,
        url=url,
        body=_json(body),
        api_key=api_key,
        algorithm=algorithm,
    )
    return int(number)


async def change_body(
    connection: Connection, environment_id: int, notification_id: int, body: dict[str, Any]
) -> bool:
    """Says more than was known at first; False when it was sent meanwhile."""
    changed = await value(
        connection,
        _SQL["change_body"],
        environment_id=environment_id,
        notification_id=notification_id,
        body=_json(body),
    )
    return changed is not None


async def find(connection: Connection, environment_id: int, notification_id: int) -> Pending | None:
    """The webhook, or None when it was sent."""
    return await one(
        connection,
        Pending,
        _SQL["find"],
        environment_id=environment_id,
        notification_id=notification_id,
    )


async def fail(
    connection: Connection, environment_id: int, notification_id: int, reason: str
) -> None:
    """Notes why an attempt failed."""
    await run(
        connection,
        _SQL["fail"],
        environment_id=environment_id,
        notification_id=notification_id,
        reason=reason,
    )


async def delete(connection: Connection, environment_id: int, notification_id: int) -> None:
    """Forgets a webhook that was sent."""
    await run(
        connection,
        _SQL["delete"],
        environment_id=environment_id,
        notification_id=notification_id,
    )


async def delete_old(connection: Connection, *, age: float) -> None:
    """Forgets those that nobody took in `age` seconds, of all environments."""
    await run(connection, _SQL["delete_old"], age=age)


def _json(body: dict[str, Any]) -> Json:
    return Json(body, lambda each: msgspec.json.encode(each).decode())
