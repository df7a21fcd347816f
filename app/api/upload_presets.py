"""Upload presets: create, list, read, update, delete."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET

from app.api.access import Access, admin_access
from app.api.params import page_size, read_params, text_param
from app.contract.presets import Preset, random_name, settings_from_request
from app.cursor import PresetCursor, seal, unseal
from app.db import presets
from app.errors import NotFound
from app.runtime import Runtime
from app.schemas.presets import PresetChange, PresetList, PresetShape


class UploadPresetController(Controller):
    """`/v1_1/:cloud/upload_presets`. A name may hold spaces and slashes."""

    path = "/v1_1/{cloud:str}/upload_presets"
    tags = ("Upload presets",)

    @get("/", operation_id="list_upload_presets")
    async def list_presets(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> PresetList:
        """Presets, newest first; `max_results` is 10 unless given, 500 at most."""
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        limit = page_size(params, 10, 500)
        after = _after(runtime, access, text_param(params, "next_cursor"))
        async with runtime.pool.connection() as connection:
            found = await presets.list_page(
                connection, access.environment.environment_id, limit=limit + 1, after=after
            )
        page = found[:limit]
        more = len(found) > limit
        return PresetList(
            presets=[_shape(preset) for preset in page],
            next_cursor=_cursor(runtime, access, page[-1]) if more else UNSET,
        )

    @get("/{name:path}", operation_id="get_upload_preset")
    async def get_preset(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        name: FromPath[str],
    ) -> PresetShape:
        """One preset with its settings."""
        access = await admin_access(request, runtime, cloud)
        async with runtime.pool.connection() as connection:
            preset = await presets.find(connection, access.environment.environment_id, _name(name))
        return _shape(_found(preset, name))

    @post("/", status_code=200, operation_id="create_upload_preset")
    async def create_preset(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> PresetChange:
        """Creates a preset from any upload parameters; one of the same name is replaced."""
        access = await admin_access(request, runtime, cloud)
        name, unsigned, settings = settings_from_request(await read_params(request))
        async with runtime.pool.connection() as connection:
            preset = await presets.save(
                connection,
                access.environment.environment_id,
                name or random_name(),
                unsigned=unsigned or False,
                settings=settings,
            )
        return PresetChange(message="created", name=preset.name, external_id=preset.external_id)

    @put("/{name:path}", operation_id="update_upload_preset")
    async def update_preset(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        name: FromPath[str],
    ) -> PresetChange:
        """Changes the given settings and keeps the others."""
        access = await admin_access(request, runtime, cloud)
        _, unsigned, settings = settings_from_request(await read_params(request))
        async with runtime.pool.connection() as connection:
            preset = await presets.merge(
                connection,
                access.environment.environment_id,
                _name(name),
                unsigned=unsigned,
                settings=settings,
            )
        return PresetChange(message="updated", external_id=_found(preset, name).external_id)

    @delete("/{name:path}", status_code=200, operation_id="delete_upload_preset")
    async def delete_preset(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        name: FromPath[str],
    ) -> PresetChange:
        """Deletes a preset. Assets that were uploaded with it stay."""
        access = await admin_access(request, runtime, cloud)
        async with runtime.pool.connection() as connection:
            preset = await presets.delete(
                connection, access.environment.environment_id, _name(name)
            )
        return PresetChange(message="deleted", external_id=_found(preset, name).external_id)


def _name(path: str) -> str:
    """The name in a catch-all path, which begins with a slash that is not part of it."""
    return path.removeprefix("/")


def _found(preset: Preset | None, path: str) -> Preset:
    if preset is None:
        raise NotFound(f"Can't find upload preset with name {_name(path)}")
    return preset


def _shape(preset: Preset) -> PresetShape:
    return msgspec.convert(preset, PresetShape, from_attributes=True)


def _cursor(runtime: Runtime, access: Access, last: presets.ListedPreset) -> str:
    return seal(
        runtime.keyring,
        PresetCursor(
            environment_id=access.environment.environment_id,
            created_at=last.created_at.isoformat(),
            name=last.name,
        ),
    )


def _after(runtime: Runtime, access: Access, text: str) -> tuple[datetime, str] | None:
    if not text:
        return None
    cursor = unseal(runtime.keyring, text, PresetCursor, access.environment.environment_id)
    return datetime.fromisoformat(cursor.created_at), cursor.name
