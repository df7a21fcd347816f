"""Uploads of the page: one file a request, so that each has its own progress, reason and retry."""

from typing import Any

import msgspec
from litestar import Controller, Request, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency

from app.contract.presets import Preset, effective_params
from app.db import presets
from app.errors import BadRequest, InvalidImage
from app.ingest import Ingested, Upload, check_size, ingest
from app.runtime import Runtime
from app.web import own_picture
from app.web.fragments import tile_html
from app.web.session import Visitor

_NO_IMAGE = "This file is not an image that Iris can read, or it is damaged."


class Uploaded(msgspec.Struct):
    """What became of a file: where it stands in the index, and its tile for the grid."""

    id: str
    folder: str
    state: str
    reason: str | None
    tile: str


class Found(msgspec.Struct):
    """What stands for a picture of one's own in the address of a search."""

    picture: str


class UploadingController(Controller):
    """`/-/uploads` stores a file; `/-/own-picture` only looks at it."""

    path = "/-"

    @post("/uploads", status_code=200)
    async def upload(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Uploaded:
        """Stores an image, by a preset if one is named, in a folder if one is named."""
        form = await request.form()
        data, filename = await _file(form.get("file"), runtime.settings.max_file_bytes)
        preset = await _preset(runtime, visitor, str(form.get("preset", "")))
        params = _params(visitor, preset, str(form.get("folder", "")))
        try:
            ingested = await ingest(
                runtime,
                visitor.environment,
                Upload(
                    data=data,
                    filename=filename,
                    params=params,
                    preset=preset.name if preset else None,
                    source="library",
                    created_by=visitor.key.api_key,
                ),
            )
        except InvalidImage:
            raise BadRequest(_NO_IMAGE) from None
        return _uploaded(request, visitor, ingested)

    @post("/own-picture", status_code=200)
    async def search_by(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Found:
        """Makes a picture searched by. It is not stored."""
        form = await request.form()
        data, _ = await _file(form.get("file"), runtime.settings.max_file_bytes)
        try:
            part = await own_picture.address_part(runtime, visitor.environment, data)
        except InvalidImage:
            raise BadRequest(_NO_IMAGE) from None
        return Found(part)


async def _file(file: Any, maximum: int) -> tuple[bytes, str | None]:
    if not isinstance(file, UploadFile):
        raise BadRequest("There is no file in this request.")
    try:
        data = await file.read()
    finally:
        await file.close()
    check_size(len(data), maximum)
    return data, file.filename


async def _preset(runtime: Runtime, who: Visitor, name: str) -> Preset | None:
    if not name:
        return None
    async with runtime.pool.connection() as connection:
        preset = await presets.find(connection, who.environment.environment_id, name)
    if preset is None:
        raise BadRequest(f"There is no upload preset {name} any more. Choose another one.")
    return preset


def _params(who: Visitor, preset: Preset | None, folder: str) -> dict[str, Any]:
    """What the preset says; without one, images are indexed. Names are those of the files, unless
    the preset wants others.
    """
    asked = {"asset_folder": folder} if folder else {}
    named = {"use_filename": True, "unique_filename": True, "use_filename_as_display_name": True}
    index = {"visual_search": True} if preset is None and who.environment.visual_search else {}
    return named | index | effective_params(asked, preset, signed=True)


def _uploaded(request: Request[Any, Any, Any], who: Visitor, ingested: Ingested) -> Uploaded:
    asset = ingested.stored.asset
    return Uploaded(
        id=asset.asset_id.hex,
        folder=asset.asset_folder,
        state=ingested.index_state,
        reason=ingested.reason,
        tile=tile_html(request, who, ingested),
    )
