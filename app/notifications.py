"""Use case: webhooks. What happened is told to the URL that a request or its preset names.

A webhook is stored, with the job that sends it, in the transaction of the change itself. One that
no receiver takes is sent again after 3, 6 and 9 minutes; its row then says what went wrong.
"""

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import msgspec
import psycopg
import structlog
from psycopg_pool import PoolTimeout

from app.contract.signing import Algorithm, notification_signature
from app.db import api_keys, environments, jobs, notifications
from app.db.notifications import Pending
from app.db.pool import Connection
from app.errors import BadRequest, NotFound
from app.outbound import MAX_URL, Refused, checked_url
from app.runtime import Runtime

log = structlog.get_logger(__name__)

TIMEOUT = 20.0  # seconds
WAITS = (180, 360, 540)  # seconds before the second, third and fourth attempt
_KEPT = 7 * 24 * 3600.0  # seconds
_TASK = "send_notification"
_RESTART = 5.0  # seconds after the database went away


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, for whom, and where to say so. `fields` become the body's own."""

    environment_id: int
    url: str
    notification_type: str
    fields: dict[str, Any]
    request_id: str
    api_key: str | None
    algorithm: Algorithm = "sha1"

    def body(self) -> dict[str, Any]:
        """The JSON object that is sent."""
        return {
            "notification_type": self.notification_type,
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "request_id": self.request_id,
            **self.fields,
        }


class Undelivered(Exception):
    """No receiver took it; there is another attempt."""


def check_url(runtime: Runtime, url: str) -> None:
    """Passes if webhooks may go to that URL, as far as it tells without looking its host up.

    Raises:
        BadRequest: it is malformed, not http(s), or names a private address.
    """
    try:
        if runtime.downloader.outbound.permits(checked_url(url)):
            return
    except (Refused, httpx.InvalidURL):
        pass
    raise BadRequest(f"Invalid notification_url: {url[:MAX_URL]}")


async def announce(connection: Connection, notice: Notice, *, hold: float = 0) -> int:
    """Has a webhook sent if the transaction of the connection is committed; gives its number.

    Args:
        hold: seconds in which `complete` may still change what it says.
    """
    number = await notifications.add(
        connection,
        notice.environment_id,
        url=notice.url,
        body=notice.body(),
        api_key=notice.api_key,
        algorithm=notice.algorithm,
    )
    await _defer(connection, notice.environment_id, number, delay=hold)
    return number


async def complete(runtime: Runtime, number: int, notice: Notice) -> None:
    """Has a webhook that is on hold sent now, with what is known by now."""
    async with runtime.pool.connection() as connection, connection.transaction():
        if await notifications.change_body(
            connection, notice.environment_id, number, notice.body()
        ):
            await _defer(connection, notice.environment_id, number)


async def _defer(
    connection: Connection, environment_id: int, number: int, *, delay: float = 0
) -> None:
    await jobs.defer(
        connection, _TASK, delay=delay, environment_id=environment_id, number=number, held=delay > 0
    )


async def send_forever(runtime: Runtime) -> None:
    """Sends what is to be sent, until it is cancelled."""
    worker = jobs.Worker(runtime.pool, {_TASK: partial(_send, runtime)}, jobs.Waits(WAITS))
    while True:
        try:
            await worker.run()
        except (jobs.JobError, psycopg.Error, PoolTimeout) as error:
            log.warning("notifications are not sent, trying again", error=str(error))
        except Exception:  # a defect here must not end what else the process does
            log.exception("notifications are not sent, trying again")
        await asyncio.sleep(_RESTART)


async def delete_old(runtime: Runtime) -> None:
    """Forgets what nobody took in a week, of all environments."""
    async with runtime.pool.connection() as connection:
        await notifications.delete_old(connection, age=_KEPT)


async def _send(runtime: Runtime, environment_id: int, number: int, held: bool) -> None:
    """One attempt.

    Raises:
        Undelivered: it failed.
    """
    key = (environment_id, number)
    async with runtime.pool.connection() as connection:
        pending = await notifications.find(connection, *key)
        # One that was on hold has another job, unless the process that held it died.
        if pending is None or (held and pending.attempts):
            return
        secret = await _secret(runtime, connection, environment_id, pending)
    problem = await _post(runtime, pending, secret) if secret else "no key to sign it with"
    async with runtime.pool.connection() as connection:
        if problem is None:
            await notifications.delete(connection, *key)
            return
        await notifications.fail(connection, *key, problem)
    log.warning("notification not delivered", url=pending.url, reason=problem)
    raise Undelivered(problem)


async def _secret(
    runtime: Runtime, connection: Connection, environment_id: int, pending: Pending
) -> str | None:
    """The secret of the key that asked for it, else of the environment's first one."""
    found = pending.api_key and await api_keys.find(connection, runtime.keyring, pending.api_key)
    if found and found[1].environment_id == environment_id:
        return found[0].secret
    environment = await environments.get(connection, pending.cloud_name)
    try:
        return (await api_keys.first_enabled(connection, runtime.keyring, environment)).secret
    except NotFound:
        return None


async def _post(runtime: Runtime, pending: Pending, secret: str) -> str | None:
    """Why it was not delivered, or None. A redirect is not followed."""
    now = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "X-Cld-Timestamp": str(now),
        "X-Cld-Signature": notification_signature(pending.body, now, secret, pending.algorithm),
    }
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            runtime.downloader.outbound.send(
                "POST", checked_url(pending.url), headers, pending.body.encode()
            ) as response,
        ):
            return None if response.is_success else f"status {response.status_code}"
    except (Refused, OSError, UnicodeError, httpx.HTTPError, httpx.InvalidURL) as error:
        return str(error) or type(error).__name__
