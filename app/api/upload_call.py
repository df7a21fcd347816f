"""One upload: the file is stored, what was asked for besides is done, the client answered."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
from litestar import Request

from app import chunks
from app.api.access import Access
from app.api.extras import add_extras, eager
from app.api.notices import HeldNotice, Notifier
from app.api.shapes import Shaper
from app.contract.presets import Preset
from app.db.assets import Stored
from app.db.chunks import Key
from app.db.pool import Connection
from app.delete_token import make_token
from app.errors import Busy
from app.ingest import Ingested, Upload, ingest
from app.runtime import Runtime
from app.schemas.uploads import PendingUpload, UploadResponse


class UploadCall(msgspec.Struct, frozen=True, kw_only=True):
    """A request to upload, its parameters decoded and completed by its preset."""

    request: Request[Any, Any, Any]
    runtime: Runtime
    access: Access
    secret: str
    resource_type: str
    preset: Preset | None
    params: dict[str, Any]
    asked_public_id: str
    """As the request itself has it, whatever its preset says."""
    notifier: Notifier | None
    eager_notifier: Notifier | None
    batch_id: str | None

    @property
    def shaper(self) -> Shaper:
        """Shapes the answer."""
        return Shaper(self.request, self.runtime, self.access)

    def shape(self, ingested: Ingested) -> UploadResponse:
        """What is known as soon as the asset is stored."""
        return self.shaper.upload(ingested, self.access, self.secret)


async def store(
    call: UploadCall, data: bytes, filename: str | None, *, chunked: Key | None = None
) -> UploadResponse | PendingUpload:
    """Makes the file an asset and answers.

    Args:
        chunked: the upload whose chunks it was made of; it ends in the same transaction.

    Raises:
        BadRequest: the file or a parameter is not acceptable; nothing was stored.
        AlreadyFinished: another request made the asset of these chunks.
    """
    held = HeldNotice(call.runtime, call.notifier, "upload")

    async def within(connection: Connection, stored: Stored) -> None:
        if chunked is not None:
            await chunks.finish(connection, chunked, stored.asset.asset_id)
        so_far = call.shape(Ingested(stored, "pending" if stored.pending else "not_asked"))
        await held.announce(connection, msgspec.to_builtins(so_far))

    ingested = await ingest(
        call.runtime,
        call.access.environment,
        Upload(
            data=data,
            filename=filename,
            params=call.params,
            resource_type=call.resource_type,
            max_bytes=call.runtime.settings.max_chunked_bytes if chunked else None,
            within=within,
            preset=call.preset.name if call.preset else None,
            created_by=call.access.asked_by,
        ),
    )
    return await answer(call, ingested, held)


async def answer(
    call: UploadCall, ingested: Ingested, held: HeldNotice | None = None
) -> UploadResponse | PendingUpload:
    """Does what was asked for beside storing; tells webhooks and the client what became of it."""
    shape = call.shape(ingested)
    environment, asset = call.access.environment, ingested.stored.asset
    with suppress(Busy):  # the file is stored; who has no time to look at it leaves that out
        await add_extras(call.runtime, environment, asset, call.params, shape)
    if not ingested.stored.existing:
        shape.eager = await eager(
            call.runtime,
            environment,
            call.shaper,
            asset,
            call.params.get("eager"),
            call.eager_notifier,
        )
    if held is not None:
        await held.complete(msgspec.to_builtins(shape))
    if call.params.get("return_delete_token"):
        shape.delete_token = make_token(call.runtime, environment, asset.asset_id)
    return pending(shape, call.batch_id) if call.batch_id and call.params.get("async") else shape


def batch_id_of(params: Mapping[str, Any]) -> str | None:
    """What a short answer and the webhook behind it have in common; None if nobody needs it."""
    given = params.get("batch_id")
    return str(given or secrets.token_hex(16)) if given or params.get("async") else None


def pending(shape: UploadResponse, batch_id: str) -> PendingUpload:
    """The short answer to a request with `async`."""
    return PendingUpload(
        resource_type=shape.resource_type,
        type=shape.type,
        public_id=shape.public_id,
        batch_id=batch_id,
    )
