"""Upload API: files by a signed URL that names no delivery type's rules: private ones, and backups.

Both are answered like deliveries, ranges and conditions included.
"""

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Controller, Request, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath

from app.api.action_call import Call, begin
from app.api.asset_file import converted, original, original_headers
from app.api.file_answer import Answer, File, answer
from app.api.ids import asset_id_or_none
from app.api.listing import required
from app.api.openapi.operation_ids import each_of
from app.api.params import Params, text_param
from app.contract import formats
from app.contract.attachment import disposition
from app.contract.transformation import Transformation
from app.db import assets, backups
from app.db.assets import Asset
from app.db.backups import Version
from app.errors import NotFound
from app.runtime import Runtime

_METHODS = [HttpMethod.GET, HttpMethod.POST]
_HEADERS = {"Cache-Control": "private, no-cache"}
_SHOWN, _SAVED = ("", "0", "false"), ("1", "true")


class DownloadController(Controller):
    """`/v1_1/:cloud/…download…`: what the SDKs' `private_download_url` and
    `download_backedup_asset` lead to.
    """

    path = "/v1_1/{cloud:str}"
    tags = ("Upload",)

    @route(
        "/{resource_type:str}/download",
        http_method=_METHODS,
        status_code=200,
        operation_id=each_of("download"),
    )
    async def download(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
    ) -> Answer:
        """The file of an asset, also a restricted one, in its own format or another.

        The URL is good for an hour, or until `expires_at`.
        """
        call = await begin(request, runtime, cloud, resource_type, "download")
        asset, save_as = await _find(call), _save_as(call.params)
        asked = formats.normal(text_param(call.params, "format"))
        if not asked or asset.format in (None, asked):
            file = original(runtime, call.environment, asset)
            return answer(request, file, _HEADERS | original_headers(asset, file, save_as))
        format = formats.choose(asked, asset.format)
        file = await converted(
            runtime, call.environment, asset, Transformation(), format, trusted=True
        )
        headers = dict(_HEADERS)
        if save_as is not None:
            headers["Content-Disposition"] = disposition(asset.public_id, format, save_as)
        return answer(request, file, headers)

    @route(
        "/download_backup",
        http_method=_METHODS,
        status_code=200,
        operation_id=each_of("download_backup"),
    )
    async def download_backup(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> Answer:
        """The file of one version of an asset, from its `versions`; it may be overwritten or
        deleted.
        """
        call = await begin(request, runtime, cloud, "image", "download_backup")
        asset_id = asset_id_or_none(required(call.params, "asset_id"))
        version_id = asset_id_or_none(required(call.params, "version_id"))
        async with runtime.pool.connection() as connection:
            kept = (
                await backups.versions(connection, call.environment.environment_id, asset_id)
                if asset_id
                else []
            )
        version = next((each for each in kept if each.version_id == version_id), None)
        if asset_id is None or version is None:
            raise NotFound(f"Resource not found - {text_param(call.params, 'version_id')}")
        saved = {"Content-Disposition": disposition(version.public_id, version.format)}
        return answer(request, _file(call, asset_id, version), _HEADERS | saved)


async def _find(call: Call) -> Asset:
    public_id = required(call.params, "public_id")
    async with call.runtime.pool.connection() as connection:
        asset = await assets.find(
            connection, call.environment.environment_id, call.resource_type, call.type, public_id
        )
    if asset is None:
        raise NotFound(f"Resource not found - {public_id}")
    return asset


def _save_as(params: Params) -> str | None:
    """`attachment` is true or false, or the name to save the file by; None is to show it."""
    value = params.get("attachment")
    text = str(value).lower() if isinstance(value, bool) else text_param(params, "attachment")
    if text.lower() in _SHOWN:
        return None
    return "" if text.lower() in _SAVED else text


def _file(call: Call, asset_id: UUID, version: Version) -> File:
    kind = "video" if version.resource_type == "video" else "image"
    return File(
        name=version.public_id,
        content_type=formats.content_type(version.format, kind)
        if version.format
        else "application/octet-stream",
        size=version.bytes,
        etag=version.etag,
        modified=version.uploaded_at,
        read=partial(_read, call, asset_id, version),
    )


async def _read(
    call: Call, asset_id: UUID, version: Version, start: int, length: int
) -> bytes | None:
    environment_id, place = call.environment.environment_id, {"start": start, "length": length}
    async with call.runtime.pool.connection() as connection:
        if version.present:
            return await assets.read_original(
                connection, environment_id, asset_id, version.sha256, **place
            )
        return await backups.read(connection, environment_id, asset_id, version.version_id, **place)
