"""Delivery of originals. Only here access control acts: restricted types need a signed URL."""

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Controller, Request, Response, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.response import Stream

from app.db import api_keys, assets, environments
from app.db.assets import Asset
from app.db.environments import Environment
from app.errors import BadRequest, NotFound, Unauthorized
from app.runtime import Runtime
from app.signing import verify_delivery

_SLICE = 4 * 1024 * 1024  # bytes read from the database at a time
_SOURCE = re.compile(
    r"(?:s--(?P<signature>[\w-]{8}|[\w-]{32})--/)?(?:v(?P<version>\d+)/)?(?P<name>.+)"
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CONTENT_TYPES = {"jpg": "image/jpeg", "heic": "image/heic"}
_SAME_FORMAT = {"jpeg": "jpg", "jpe": "jpg", "tif": "tiff", "heif": "heic"}
_YEAR = "max-age=31536000, immutable"

Answer = Response[Any]


class DeliveryController(Controller):
    """`/:cloud/:resource_type/:type/[s--…--/][v…/]public_id[.format]`, as the SDKs build it."""

    path = "/{cloud:str}/{resource_type:str}/{type:str}"
    tags = ("Delivery",)

    @route(
        "/{source:path}",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        operation_id="deliver",
        status_code=200,
    )
    async def deliver(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        type: FromPath[str],
        source: FromPath[str],
    ) -> Answer:
        """The original bytes of an asset, whole or a range of them."""
        wanted = _parse(source)
        async with runtime.pool.connection() as connection:
            environment = await environments.find(connection, cloud)
            if environment is None:
                raise NotFound(f"Resource not found - {wanted.name}")
            asset = await _find(connection, environment, resource_type, type, wanted.name)
        if asset.type != "upload":
            await _check_signature(runtime, environment, wanted)
        return _answer(request, runtime, environment, asset, wanted)


class Source(msgspec.Struct, frozen=True):
    """The part of a delivery URL behind the type."""

    name: str
    signature: str | None
    version: int | None


def _parse(path: str) -> Source:
    found = _SOURCE.fullmatch(path.removeprefix("/"))
    if found is None:
        raise NotFound(f"Resource not found - {path}")
    version = found["version"]
    return Source(found["name"], found["signature"], int(version) if version else None)


async def _find(
    connection: Any, environment: Environment, resource_type: str, type: str, name: str
) -> Asset:
    """The asset whose public_id is the name, or the name without the extension of its format."""
    for public_id, format in _readings(name):
        asset = await assets.find(
            connection, environment.environment_id, resource_type, type, public_id
        )
        if asset is not None and format in (None, asset.format):
            return asset
        if asset is not None:
            raise BadRequest(f"Conversion of {asset.format} to {format} is not supported - {name}")
    raise NotFound(f"Resource not found - {name}")


def _readings(name: str) -> list[tuple[str, str | None]]:
    stem, dot, extension = name.rpartition(".")
    extension = extension.lower()
    readings: list[tuple[str, str | None]] = [(name, None)]
    if dot and "/" not in extension:
        readings.append((stem, _SAME_FORMAT.get(extension, extension)))
    return readings


async def _check_signature(runtime: Runtime, environment: Environment, wanted: Source) -> None:
    """Passes if a key of the environment signed this URL."""
    if wanted.signature:
        # What is signed is the escaped name, as it stands in the URL; the SDKs leave "/" and ":".
        to_sign = quote(wanted.name, safe="/:").replace("~", "%7E")
        async with runtime.pool.connection() as connection:
            keys = await api_keys.list_all(connection, runtime.keyring, environment)
        for key in keys:
            if key.enabled and verify_delivery(wanted.signature, to_sign, key.secret):
                return
    raise Unauthorized(f"Resource is restricted, its URL has to be signed - {wanted.name}")


def _answer(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    environment: Environment,
    asset: Asset,
    wanted: Source,
) -> Answer:
    etag = f'"{asset.etag}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": _cache_control(asset, wanted),
        "Last-Modified": asset.updated_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    content_type = _CONTENT_TYPES.get(asset.format or "", f"image/{asset.format}")
    if etag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=content_type)
    span = _span(request, asset)
    if span is None:
        headers["Content-Range"] = f"bytes */{asset.bytes}"
        return Response(b"", status_code=416, headers=headers, media_type=content_type)
    start, end = span
    status = 200 if (start, end) == (0, asset.bytes) else 206
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{asset.bytes}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(b"", status_code=status, headers=headers, media_type=content_type)
    body = _slices(runtime, environment, asset, start, end)
    return Stream(body, status_code=status, headers=headers, media_type=content_type)


def _cache_control(asset: Asset, wanted: Source) -> str:
    """A URL with the current version never changes; any other may show a new version tomorrow."""
    scope = "public" if asset.type == "upload" else "private"
    return f"{scope}, {_YEAR if wanted.version == asset.version else 'no-cache'}"


def _span(request: Request[Any, Any, Any], asset: Asset) -> tuple[int, int] | None:
    """Start and end (exclusive) of the bytes asked for; None if there are no such bytes.

    RFC 9110: a range that cannot be read, or several, may be answered with the whole.
    """
    found = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return 0, asset.bytes
    if request.headers.get("if-range", f'"{asset.etag}"') != f'"{asset.etag}"':
        return 0, asset.bytes
    first, last = found.groups()
    if not first:
        return max(0, asset.bytes - int(last)), asset.bytes
    end = min(int(last) + 1, asset.bytes) if last else asset.bytes
    return (int(first), end) if int(first) < end else None


async def _slices(
    runtime: Runtime, environment: Environment, asset: Asset, start: int, end: int
) -> AsyncIterator[bytes]:
    """The bytes in slices, so that neither memory nor a connection is held by a slow client."""
    for position in range(start, end, _SLICE):
        async with runtime.pool.connection() as connection:
            data = await assets.read_original(
                connection,
                environment.environment_id,
                asset.asset_id,
                asset.sha256,
                start=position,
                length=min(_SLICE, end - position),
            )
        if data is None:
            # Overwritten while it was sent: breaking off is honest, mixing two files is not.
            raise NotFound(f"Resource not found - {asset.public_id}")
        yield data
