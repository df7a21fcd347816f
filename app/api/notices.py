"""The webhooks of a request: where they go, whose key signs them, what they tell."""

from typing import Any

import msgspec
from litestar import Request

from app.api.access import Access
from app.api.params import Params, text_param
from app.api.request_id import request_id
from app.contract.signing import Algorithm
from app.db.pool import Connection
from app.indexing import lease
from app.notifications import Notice, announce, check_url, complete
from app.runtime import Runtime

_HOLD = 60.0  # seconds for renditions and embedding, beyond the wait for the encoder


class Notifier(msgspec.Struct, frozen=True):
    """Makes the notices of one request; what wants none has none."""

    url: str
    environment_id: int
    request_id: str
    api_key: str | None
    algorithm: Algorithm
    batch_id: str | None = None
    """What the client tells the answers to its requests apart by."""

    def notice(self, notification_type: str, fields: dict[str, Any]) -> Notice:
        """What happened; `fields` are those of the API's answer, or of what was changed."""
        return Notice(
            environment_id=self.environment_id,
            url=self.url,
            notification_type=notification_type,
            fields={"batch_id": self.batch_id, **fields} if self.batch_id else fields,
            request_id=self.request_id,
            api_key=self.api_key,
            algorithm=self.algorithm,
        )


class HeldNotice:
    """A webhook that is stored with a change, and sent when all that the change entails is done.

    Should the process die in between, what was known by then is sent after a while.
    """

    def __init__(self, runtime: Runtime, notifier: Notifier | None, notification_type: str) -> None:
        self._runtime = runtime
        self._notifier = notifier
        self._type = notification_type
        self._number: int | None = None

    async def announce(self, connection: Connection, fields: dict[str, Any]) -> None:
        """To be called in the transaction of the change."""
        if self._notifier is not None:
            self._number = await announce(
                connection,
                self._notifier.notice(self._type, fields),
                hold=lease(self._runtime) + _HOLD,
            )

    async def complete(self, fields: dict[str, Any]) -> None:
        """Sends it, with these fields instead."""
        if self._notifier is not None and self._number is not None:
            notice = self._notifier.notice(self._type, fields)
            await complete(self._runtime, self._number, notice)


def notifier(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    access: Access,
    params: Params,
    url: object,
    *,
    batch_id: object = None,
) -> Notifier | None:
    """Who is to be told, or None without a URL.

    Args:
        params: as they were sent; a client that signs with SHA-256 verifies with it too.
        url: `notification_url`, or the like, of the request or its preset.
        batch_id: instead of the one that was sent.

    Raises:
        BadRequest: webhooks may not go there.
    """
    if not url:
        return None
    check_url(runtime, str(url))
    return Notifier(
        url=str(url),
        environment_id=access.environment.environment_id,
        request_id=request_id(request.scope),
        api_key=access.key.api_key if access.key else None,
        algorithm="sha256" if len(text_param(params, "signature")) == 64 else "sha1",
        batch_id=str(batch_id or text_param(params, "batch_id")) or None,
    )
