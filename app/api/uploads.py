"""Upload API: files become assets."""

from typing import Any

from litestar import Controller, Request, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.access import Access, upload_access
from app.api.params import Params, close_files, read_params, text_param
from app.api.shapes import Shaper
from app.db import api_keys, presets
from app.download import is_data_uri, is_remote, parse_data_uri
from app.errors import BadRequest
from app.ingest import Upload, check_size, ingest
from app.presets import Preset, effective_params
from app.runtime import Runtime
from app.schemas import UploadResponse


class UploadController(Controller):
    """`/v1_1/:cloud/:resource_type/upload`."""

    path = "/v1_1/{cloud:str}"
    tags = ("Upload",)

    @post(["/image/upload", "/auto/upload"], status_code=200, operation_id="upload")
    async def upload(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> UploadResponse:
        """Stores an image: signed, with Basic authentication, or unsigned with an upload preset.

        With `similarity_search="clip"` or `visual_search` it is searchable when the answer arrives;
        `info.visual_search.status` says if it is not.
        """
        params = await read_params(request)
        try:
            access = await upload_access(request, runtime, cloud, params, "upload")
            return await _upload(request, runtime, access, params)
        finally:
            await close_files(params)


async def _upload(
    request: Request[Any, Any, Any], runtime: Runtime, access: Access, params: Params
) -> UploadResponse:
    preset = await _preset(runtime, access, params)
    effective = effective_params(
        {name: value for name, value in params.items() if name != "file"},
        preset,
        signed=access.key is not None,
    )
    data, filename = await _file(runtime, params)
    ingested = await ingest(
        runtime,
        access.environment,
        Upload(
            data=data,
            filename=filename,
            params=effective,
            preset=preset.name if preset else None,
            created_by=access.key.api_key if access.key else None,
        ),
    )
    shaper = Shaper(request, runtime, access.environment.cloud_name)
    return shaper.upload(ingested, access, await _secret(runtime, access))


async def _preset(runtime: Runtime, access: Access, params: Params) -> Preset | None:
    """The preset that the request names, else the environment's default for API uploads."""
    name = text_param(params, "upload_preset")
    if not name and access.key is not None:
        name = access.environment.api_preset or ""
    if not name:
        return None
    async with runtime.pool.connection() as connection:
        preset = await presets.find(connection, access.environment.environment_id, name)
    if preset is None:
        raise BadRequest("Upload preset not found")
    return preset


async def _file(runtime: Runtime, params: Params) -> tuple[bytes, str | None]:
    """The bytes of the file and the name that it came under."""
    maximum = runtime.settings.max_file_bytes
    file = params.get("file")
    if isinstance(file, UploadFile):
        data = await file.read()
        check_size(len(data), maximum)
        return data, file.filename
    if file is None or file == "":
        raise BadRequest("Missing required parameter - file")
    if not isinstance(file, str):
        raise BadRequest("Invalid value for parameter file")
    if is_data_uri(file):
        return parse_data_uri(file, maximum), None
    if is_remote(file):
        downloaded = await runtime.downloader.fetch(file)
        return downloaded.content, downloaded.filename
    raise BadRequest("Invalid value for parameter file: send a file, a data URI or a URL")


async def _secret(runtime: Runtime, access: Access) -> str:
    if access.key is not None:
        return access.key.secret
    async with runtime.pool.connection() as connection:
        key = await api_keys.first_enabled(connection, runtime.keyring, access.environment)
    return key.secret
