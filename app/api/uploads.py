"""Upload API: files become assets."""

from typing import Any

from litestar import Controller, Request, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.access import Access, upload_access
from app.api.chunks import chunk_of, store_chunk
from app.api.notices import Notifier, notifier
from app.api.openapi.operation_ids import each_of
from app.api.params import Params, close_files, read_params, text_param
from app.api.upload_call import UploadCall, batch_id_of, store
from app.contract.add_ons import refuse_for_upload
from app.contract.presets import Preset, effective_params
from app.db import api_keys, environments, presets
from app.delete_token import delete_by_token
from app.download import is_data_uri, is_remote, parse_data_uri
from app.eager import check_eager
from app.errors import BadRequest, Unauthorized
from app.incoming import RESOURCE_TYPES
from app.ingest import check_size
from app.runtime import Runtime
from app.schemas.uploads import ChunkReceived, Destroyed, PendingUpload, UploadResponse


class UploadController(Controller):
    """`/v1_1/:cloud/:resource_type/upload`."""

    path = "/v1_1/{cloud:str}"
    tags = ("Upload",)

    @post("/{resource_type:str}/upload", status_code=200, operation_id="upload")
    async def upload(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
    ) -> UploadResponse | ChunkReceived | PendingUpload:
        """Stores a file: signed, with Basic authentication, or unsigned with an upload preset.

        With `similarity_search="clip"` or `visual_search` an image is searchable when the answer
        arrives; `info.visual_search.status` says if it is not. `raw` and `video` files are stored
        as they are; `auto` decides by the content.

        A large file may come in chunks, in any order, each with the headers `X-Unique-Upload-Id`
        and `Content-Range`; the answer to the one that completes it is that of the whole file.
        """
        if resource_type not in RESOURCE_TYPES:
            raise BadRequest(f"Invalid value for parameter resource_type: {resource_type}")
        params = await read_params(request)
        try:
            access = await upload_access(request, runtime, cloud, params, "upload")
            call = await _call(request, runtime, access, params, resource_type)
            chunk = chunk_of(request)
            data, filename = await _file(runtime, params, only_part=chunk is not None)
        finally:
            await close_files(params)
        if chunk is not None:
            return await store_chunk(call, chunk, data, filename)
        return await store(call, data, filename)

    @post(
        ["/delete_by_token", "/{resource_type:str}/delete_by_token"],
        status_code=200,
        operation_id=each_of("delete_by_token"),
    )
    async def delete_by_token(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> Destroyed:
        """Deletes what was uploaded with `return_delete_token`, within ten minutes. No key is
        needed, but the `token` of the answer.
        """
        params = await read_params(request)
        await close_files(params)
        async with runtime.pool.connection() as connection:
            environment = await environments.find(connection, cloud)
        if environment is None:
            raise Unauthorized(f"Invalid cloud_name {cloud}")
        token = text_param(params, "token")
        if not token:
            raise BadRequest("Missing required parameter - token")
        deleted = await delete_by_token(runtime, environment, token)
        return Destroyed(result="ok" if deleted else "not found")


async def _call(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    access: Access,
    params: Params,
    resource_type: str,
) -> UploadCall:
    """What is asked for, checked as far as it can be without the file."""
    preset = await _preset(runtime, access, params)
    effective = effective_params(
        {name: value for name, value in params.items() if name != "file"},
        preset,
        signed=access.key is not None,
    )
    refuse_for_upload(effective)
    check_eager(effective.get("eager", ()))
    batch_id = batch_id_of(effective)

    def tell(name: str) -> Notifier | None:
        url = effective.get(name)
        return notifier(request, runtime, access, params, url, batch_id=batch_id)

    return UploadCall(
        request=request,
        runtime=runtime,
        access=access,
        secret=await _secret(runtime, access),
        resource_type=resource_type,
        preset=preset,
        params=effective,
        asked_public_id=text_param(params, "public_id"),
        notifier=tell("notification_url"),
        eager_notifier=tell("eager_notification_url"),
        batch_id=batch_id,
    )


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


async def _file(runtime: Runtime, params: Params, *, only_part: bool) -> tuple[bytes, str | None]:
    """The bytes of the file and the name that it came under; `only_part` allows no URLs."""
    maximum = runtime.settings.max_file_bytes
    file = params.get("file")
    if isinstance(file, UploadFile):
        data = await file.read()
        check_size(len(data), maximum)
        return data, file.filename
    if file is None or file == "":
        raise BadRequest("Missing required parameter - file")
    if not isinstance(file, str) or only_part:
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
