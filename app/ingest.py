"""Use case: the bytes of a file become an asset, and, if asked for, searchable before the answer.

Bytes are stored first, with the image's place in the queue, in one transaction; only then is it
embedded. A crash between the two leaves a pending image, which any worker takes up.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

import msgspec

from app.asset_metadata import new_metadata
from app.contract import formats
from app.contract.moderation import PENDING, asks_for_moderation
from app.contract.naming import asset_folder_for, display_name_for, original_filename, public_id_for
from app.contract.presets import wants_index
from app.db import assets
from app.db.assets import NewAsset, Stored
from app.db.environments import Environment
from app.db.pool import Connection
from app.errors import BadRequest
from app.incoming import Incoming, examine, kind_for
from app.indexing import Indexing, index_now, lease, state_of
from app.runtime import Runtime

TYPES = ("upload", "private", "authenticated")


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file and what is asked for it; `params` are decoded, after the preset."""

    data: bytes
    filename: str | None
    params: Mapping[str, Any]
    resource_type: str = "image"
    """image, video, raw, or auto, which decides by the bytes."""
    max_bytes: int | None = None
    """The largest file; by default what the settings allow in one request."""
    within: Callable[[Connection, Stored], Awaitable[None]] | None = None
    """Called in the transaction that stores the asset; when it fails, nothing is stored."""
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
    check_size(len(upload.data), upload.max_bytes or runtime.settings.max_file_bytes)
    kind = kind_for(upload.data, upload.resource_type)
    # Names first: a wrong one is found without decoding a large image.
    names = _names(upload, kind.resource_type)
    metadata = await new_metadata(runtime, environment, upload.params.get("metadata", {}))
    file = await examine(runtime, upload.data, kind, upload.params)
    if file.resource_type != kind.resource_type:
        names = _names(upload, file.resource_type)
    _check_format(upload, file)
    new = await asyncio.to_thread(_describe, environment, upload, file, names)
    new = msgspec.structs.replace(new, metadata=metadata)
    async with runtime.pool.connection() as connection, connection.transaction():
        stored = await assets.store(
            connection,
            environment.environment_id,
            new,
            overwrite=upload.params.get("overwrite", True),
            lease=lease(runtime),
        )
        if upload.within is not None:
            await upload.within(connection, stored)
    indexing = await _index(runtime, environment, upload, stored, file)
    return Ingested(stored, indexing.state, indexing.reason)


async def _index(
    runtime: Runtime, environment: Environment, upload: Upload, stored: Stored, file: Incoming
) -> Indexing:
    if stored.pending:
        return await index_now(runtime, environment, stored.asset, file.picture)
    if stored.asset.resource_type != "image":
        asked = wants_index(upload.params)
        return Indexing("not_asked", "Only images are indexed." if asked else None)
    return await state_of(runtime, environment, stored.asset)


def check_size(size: int, maximum: int) -> None:
    """Passes if a file may be that large.

    Raises:
        BadRequest: it is larger, with the text that Cloudinary uses.
    """
    if size > maximum:
        raise BadRequest(f"File size too large. Got {size}. Maximum is {maximum}.")


def _names(upload: Upload, resource_type: str) -> dict[str, str]:
    params = upload.params
    delivery_type = params.get("type", "upload")
    if delivery_type not in TYPES:
        raise BadRequest(f"Invalid value for parameter type: {delivery_type}")
    filename = None if params.get("discard_original_filename") else upload.filename
    public_id = public_id_for(params, upload.filename, resource_type)
    return {
        "type": delivery_type,
        "public_id": public_id,
        "asset_folder": asset_folder_for(params),
        "display_name": display_name_for(params, public_id, upload.filename),
        "original_filename": original_filename(params.get("filename_override") or filename),
    }


def _describe(
    environment: Environment, upload: Upload, file: Incoming, names: Mapping[str, str]
) -> NewAsset:
    params = upload.params
    indexable = environment.visual_search and file.resource_type == "image"
    return NewAsset(
        **names,
        data=file.data,
        resource_type=file.resource_type,
        format=file.format,
        width=file.width,
        height=file.height,
        pages=file.pages,
        etag=hashlib.md5(file.data, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(file.data).digest(),
        phash=file.phash,
        tags=sorted(set(params.get("tags", []))),
        context=params.get("context", {}),
        metadata={},
        visual_search=wants_index(params) if indexable else False,
        backup=bool(params.get("backup")),
        upload_preset=upload.preset,
        source=upload.source,
        created_by=upload.created_by,
        moderation_status=PENDING if asks_for_moderation(params) else None,
        unique_display_name=bool(params.get("unique_display_name")),
    )


def _check_format(upload: Upload, file: Incoming) -> None:
    """A raw file has no format: what its name ends with counts."""
    allowed = upload.params.get("allowed_formats")
    named = PurePosixPath(upload.params.get("public_id") or upload.filename or "").suffix[1:]
    format = file.format or formats.normal(named)
    if allowed and format not in map(formats.normal, allowed):
        raise BadRequest(
            f"{file.resource_type.capitalize()} file format {format} not allowed."
            f" Allowed formats: {', '.join(allowed)}"
        )
