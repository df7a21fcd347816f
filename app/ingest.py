"""Use case: the bytes of a file become an asset, and, if asked for, searchable before the answer.

Bytes are stored first, with the image's place in the queue, in one transaction; only then is it
embedded. A crash between the two leaves a pending image, which any worker takes up.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from app.db import assets, embeddings
from app.db.assets import NewAsset, Stored
from app.db.embeddings import Claimed
from app.db.environments import Environment
from app.errors import BadRequest, Busy
from app.naming import asset_folder_for, display_name_for, original_filename, public_id_for
from app.presets import wants_index
from app.runtime import Runtime
from app.vision.decode import Decoded
from app.vision.phash import perceptual_hash

log = structlog.get_logger(__name__)

TYPES = ("upload", "private", "authenticated")
_SAME_FORMAT = {"jpeg": "jpg", "jpe": "jpg", "tif": "tiff", "heif": "heic"}
_LEASE_MARGIN = 10.0  # seconds beyond the wait for the encoder in which its vector is stored


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what is asked for it; `params` are decoded, after the preset."""

    data: bytes
    filename: str | None
    params: Mapping[str, Any]
    preset: str | None = None
    source: str = "api"
    created_by: str | None = None


class Ingested(msgspec.Struct, frozen=True):
    """What became of an upload. `index_state`: indexed, pending, failed, off or not_asked."""

    stored: Stored
    index_state: str
    reason: str | None = None


async def ingest(runtime: Runtime, environment: Environment, upload: Upload) -> Ingested:
    """Stores a file and indexes it if that is asked for.

    Raises:
        BadRequest: the file or a parameter is not acceptable; nothing was stored.
    """
    check_size(len(upload.data), runtime.settings.max_file_bytes)
    # Names first: a wrong one is found without decoding a large image.
    new = _describe(environment, upload)
    decoded = await runtime.batcher.decode(upload.data)
    _check_format(decoded.format, upload.params.get("allowed_formats"))
    phash = await asyncio.to_thread(perceptual_hash, decoded.image)
    new = msgspec.structs.replace(
        new,
        format=decoded.format,
        width=decoded.width,
        height=decoded.height,
        pages=decoded.pages,
        phash=phash,
    )
    async with runtime.pool.connection() as connection:
        stored = await assets.store(
            connection,
            environment.environment_id,
            new,
            overwrite=upload.params.get("overwrite", True),
            lease=runtime.settings.embed_timeout + _LEASE_MARGIN,
        )
    if not stored.pending:
        return Ingested(stored, _settled_state(environment, stored))
    return await _index_now(runtime, environment, stored, decoded)


def check_size(size: int, maximum: int) -> None:
    """Passes if a file may be that large.

    Raises:
        BadRequest: it is larger, with the text that Cloudinary uses.
    """
    if size > maximum:
        raise BadRequest(f"File size too large. Got {size}. Maximum is {maximum}.")


def _describe(environment: Environment, upload: Upload) -> NewAsset:
    params = upload.params
    delivery_type = params.get("type", "upload")
    if delivery_type not in TYPES:
        raise BadRequest(f"Invalid value for parameter type: {delivery_type}")
    filename = None if params.get("discard_original_filename") else upload.filename
    public_id = public_id_for(params, upload.filename)
    return NewAsset(
        data=upload.data,
        resource_type="image",
        type=delivery_type,
        public_id=public_id,
        format=None,
        width=None,
        height=None,
        pages=1,
        etag=hashlib.md5(upload.data, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(upload.data).digest(),
        phash=None,
        asset_folder=asset_folder_for(params),
        display_name=display_name_for(params, public_id, upload.filename),
        original_filename=original_filename(params.get("filename_override") or filename),
        tags=sorted(set(params.get("tags", []))),
        context=params.get("context", {}),
        metadata=params.get("metadata", {}),
        visual_search=wants_index(params) if environment.visual_search else False,
        upload_preset=upload.preset,
        source=upload.source,
        created_by=upload.created_by,
    )


def _check_format(format: str, allowed: list[str] | None) -> None:
    if allowed and format not in {_SAME_FORMAT.get(each.lower(), each.lower()) for each in allowed}:
        raise BadRequest(
            f"Image file format {format} not allowed. Allowed formats: {', '.join(allowed)}"
        )


def _settled_state(environment: Environment, stored: Stored) -> str:
    if stored.asset.visual_search:
        return "indexed"
    return "not_asked" if environment.visual_search else "off"


async def _index_now(
    runtime: Runtime, environment: Environment, stored: Stored, decoded: Decoded
) -> Ingested:
    """Embeds what was just stored. Whatever happens here, the image stays accounted for."""
    image = Claimed(
        environment_id=environment.environment_id,
        asset_id=stored.asset.asset_id,
        sha256=stored.asset.sha256,
        bytes=stored.asset.bytes,
    )
    model_id = runtime.model.model_id
    try:
        vector = await asyncio.wait_for(
            runtime.batcher.embed(decoded.image), runtime.settings.embed_timeout
        )
    except (Busy, TimeoutError):
        async with runtime.pool.connection() as connection:
            await embeddings.release(connection, image)
        return Ingested(stored, "pending", "The encoder is busy; the image is indexed soon.")
    except Exception as error:
        log.exception("embedding failed", public_id=stored.asset.public_id)
        async with runtime.pool.connection() as connection:
            await embeddings.fail(connection, image, repr(error), final=False)
        return Ingested(stored, "pending", "The encoder failed; the image is tried again soon.")
    async with runtime.pool.connection() as connection:
        if await embeddings.store(connection, image, vector, model_id=model_id):
            return Ingested(stored, "indexed")
        await embeddings.release(connection, image)
    await runtime.follow_model()
    return Ingested(stored, "pending", "The image or the model changed meanwhile.")
