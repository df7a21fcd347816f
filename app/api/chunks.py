"""The headers of a chunked upload, and its answers."""

from typing import Any
from uuid import UUID

from litestar import Request
from msgspec import UNSET

from app import chunks
from app.api.upload_call import UploadCall, answer, store
from app.chunks import AlreadyFinished, Chunk, parse_content_range
from app.db import assets
from app.db.assets import Stored
from app.db.chunks import Key
from app.errors import BadRequest, NotFound
from app.indexing import state_of
from app.ingest import Ingested
from app.schemas.uploads import ChunkReceived, PendingUpload, UploadResponse

Answer = UploadResponse | PendingUpload | ChunkReceived

_MAX_ID = 255


def chunk_of(request: Request[Any, Any, Any]) -> Chunk | None:
    """The place of the request's file in a larger one; None when it does not say.

    Raises:
        BadRequest: its header cannot be read.
    """
    header = request.headers.get("content-range")
    return parse_content_range(header) if header else None


async def store_chunk(call: UploadCall, chunk: Chunk, data: bytes, filename: str | None) -> Answer:
    """Stores a chunk, and the file when it was the last one missing.

    Raises:
        BadRequest: the chunk does not fit, or the file is not acceptable: then all is forgotten.
    """
    if chunk.is_whole:
        chunks.check_chunk(call.runtime, chunk, len(data))
        return await store(call, data, filename)
    key = Key(call.access.environment.environment_id, _sender(call), _upload_id(call.request))
    received = await chunks.receive(call.runtime, key, chunk, data)
    if received.asset_id is not None:
        return await _answer_again(call, received.asset_id)
    if received.data is None:
        return ChunkReceived(
            bytes=received.received,
            resource_type=call.resource_type,
            public_id=call.asked_public_id or UNSET,
        )
    try:
        return await store(call, received.data, filename, chunked=key)
    except AlreadyFinished as finished:
        return await _answer_again(call, finished.asset_id)
    except BadRequest:
        await chunks.abandon(call.runtime, key)
        raise


def _sender(call: UploadCall) -> str:
    """Who may add to the upload: whoever has this key or any token, or uses this unsigned preset.

    A client whose token ends in the middle goes on with the next one.
    """
    if call.access.token_id is not None:
        return "token"
    if call.access.key is not None:
        return f"key:{call.access.key.api_key}"
    assert call.preset is not None
    return f"preset:{call.preset.name}"


def _upload_id(request: Request[Any, Any, Any]) -> str:
    upload_id = request.headers.get("x-unique-upload-id", "")
    if not upload_id:
        raise BadRequest("Missing required header - X-Unique-Upload-Id")
    if len(upload_id) > _MAX_ID or not upload_id.isprintable():
        raise BadRequest("Invalid value for header X-Unique-Upload-Id")
    return upload_id


async def _answer_again(call: UploadCall, asset_id: UUID) -> Answer:
    """The answer that a client missed which sends a chunk of a finished upload again."""
    environment = call.access.environment
    async with call.runtime.pool.connection() as connection:
        asset = await assets.find_by_id(connection, environment.environment_id, asset_id)
    if asset is None:
        raise NotFound(f"Resource not found - {asset_id.hex}")
    indexing = await state_of(call.runtime, environment, asset)
    return await answer(call, Ingested(Stored(asset), indexing.state, indexing.reason))
