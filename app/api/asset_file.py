"""An asset as a file to answer with: its original, or what a transformation makes of it.

Who may have it is decided before.
"""

from functools import partial
from uuid import UUID

from app.api.file_answer import File
from app.contract import formats
from app.contract.attachment import disposition
from app.contract.transformation import Transformation
from app.db import assets, renditions
from app.db.assets import Asset
from app.db.environments import Environment
from app.delivery import rendition
from app.runtime import Runtime

# What somebody stored as a raw file must not run in a browser as a page of this server's: these are
# shown, in a sandbox, all others are saved.
_RAW_HEADERS = {"Content-Security-Policy": "sandbox; default-src 'none'"}
_UNKNOWN = "application/octet-stream"
_RAW_TYPES = {
    "txt": "text/plain",
    "csv": "text/csv",
    "json": "application/json",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


def original(runtime: Runtime, environment: Environment, asset: Asset) -> File:
    """The bytes of an asset as they were uploaded."""
    ending = asset.public_id.rpartition(".")[2].lower()
    raw = _RAW_TYPES.get(ending, _UNKNOWN)
    kind = "video" if asset.resource_type == "video" else "image"
    return File(
        name=asset.public_id,
        content_type=formats.content_type(asset.format, kind) if asset.format else raw,
        size=asset.bytes,
        etag=asset.etag,
        modified=asset.updated_at,
        read=partial(_read_original, runtime, environment, asset),
    )


async def _read_original(
    runtime: Runtime, environment: Environment, asset: Asset, start: int, length: int
) -> bytes | None:
    async with runtime.pool.connection() as connection:
        return await assets.read_original(
            connection,
            environment.environment_id,
            asset.asset_id,
            asset.sha256,
            start=start,
            length=length,
        )


def original_headers(asset: Asset, file: File, save_as: str | None) -> dict[str, str]:
    """What keeps an original from running as a page of this server's.

    Args:
        save_as: a name to save it by, empty for its own; None to show it if that is safe.
    """
    headers = {} if asset.format else dict(_RAW_HEADERS)
    if save_as is not None or file.content_type == _UNKNOWN:
        headers["Content-Disposition"] = disposition(asset.public_id, asset.format, save_as or "")
    return headers


async def converted(
    runtime: Runtime,
    environment: Environment,
    asset: Asset,
    transformation: Transformation,
    format: str,
    trusted: bool,
) -> File:
    """A rendition, made if there is none; `trusted` as for `app.delivery.rendition`."""
    made = await rendition(runtime, environment, asset, transformation, format, trusted=trusted)
    key = (environment.environment_id, asset.asset_id, made.rendition_id)
    return File(
        name=asset.public_id,
        content_type=formats.content_type(made.format),
        size=made.bytes,
        etag=made.etag,
        modified=made.created_at,
        read=partial(_read_rendition, runtime, key),
    )


async def _read_rendition(
    runtime: Runtime, key: tuple[int, UUID, UUID], start: int, length: int
) -> bytes | None:
    async with runtime.pool.connection() as connection:
        return await renditions.read(connection, *key, start=start, length=length)
