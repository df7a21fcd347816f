"""Admin API: one asset, its details and changes of it."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.access import Access, admin_access
from app.api.action_notices import updated
from app.api.extras import add_extras
from app.api.ids import asset_id_or_none
from app.api.listing import (
    RESOURCE_TYPES,
    flag,
    path_text,
    resource_type_of,
    type_of,
)
from app.api.notices import notifier
from app.api.params import Params, read_params
from app.api.related_page import add_related
from app.api.resource_lists import list_by_type
from app.api.shapes import Shaper, backup_version
from app.contract.add_ons import refuse_for_update
from app.contract.presets import decode
from app.db import asset_details, assets, backups, renditions, restoring
from app.db.assets import Asset
from app.db.restoring import Id, Name
from app.edit import edit
from app.errors import NotFound
from app.indexing import Indexing, settled
from app.ingest import TYPES
from app.runtime import Runtime
from app.schemas.assets import ResourceDetails, ResourceList

_CLEARABLE = ("tags", "context", "asset_folder", "display_name")
"""Parameters of an update whose empty text means something: none, the root, the usual name."""


class SingleResource:
    """`/v1_1/:cloud/resources/…`: an asset by its asset_id, or by its types and public_id."""

    @get("/{name:str}", operation_id="get_resource_by_asset_id_or_list")
    async def get_by_asset_id(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        name: FromPath[str],
    ) -> ResourceDetails | ResourceList:
        """The asset of an asset_id; or, for `image`, `raw` and `video`, the list of these, like
        `list_resources_of_type`.
        """
        access = await admin_access(request, runtime, cloud)
        if name in RESOURCE_TYPES:
            return await list_by_type(request, runtime, access, name, list(TYPES))
        params = await read_params(request)
        asset_id = asset_id_or_none(name)
        if asset_id is None:
            raise NotFound(f"Resource not found - {name}")
        return await _shown(request, runtime, access, params, Id(asset_id), name)

    @get("/{resource_type:str}/{type:str}/{public_id:path}", operation_id="get_resource")
    async def get_by_public_id(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        type: FromPath[str],
        public_id: FromPath[str],
    ) -> ResourceDetails:
        """An asset with its renditions. Flags such as `phash`, `pages` and `related` add what
        they say. Of one that was deleted and has
        backups, a `placeholder` is left.
        """
        access = await admin_access(request, runtime, cloud)
        name = Name(
            resource_type_of(resource_type), type_of(type), path_text("public_id", public_id)
        )
        params = await read_params(request)
        return await _shown(request, runtime, access, params, name, name.public_id)

    @post(
        "/{resource_type:str}/{type:str}/{public_id:path}",
        status_code=200,
        operation_id="update_resource",
    )
    async def update_by_public_id(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        type: FromPath[str],
        public_id: FromPath[str],
    ) -> ResourceDetails:
        """Changes `tags`, `context`, `metadata`, `asset_folder`, `display_name`.

        With `similarity_search="clip"` or `visual_search` an image is searchable when the answer
        arrives, or `info.visual_search` says why not; `visual_search=false` takes it out.
        """
        access = await admin_access(request, runtime, cloud)
        asset = await find_asset(runtime, access, resource_type, type, public_id)
        return await _update(request, runtime, access, asset)

    @put("/{name:str}", status_code=200, operation_id="update_resource_by_asset_id")
    async def update_by_asset_id(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        name: FromPath[str],
    ) -> ResourceDetails:
        """Like `update_resource`, of the asset of an asset_id."""
        access = await admin_access(request, runtime, cloud)
        return await _update(
            request, runtime, access, await find_asset_by_id(runtime, access, name)
        )


async def _shown(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    access: Access,
    params: Params,
    wanted: Name | Id,
    name: str,
) -> ResourceDetails:
    """An asset, or what its backups say of one that was deleted."""
    environment_id = access.environment.environment_id
    async with runtime.pool.connection() as connection:
        asset = await restoring.find_present(connection, environment_id, wanted)
        if asset is None:
            deleted = await restoring.find_deleted(connection, environment_id, wanted)
    if asset is not None:
        return await _details(request, runtime, access, asset, params)
    shape = Shaper(request, runtime, access).deleted(_found(deleted, name))
    return await _with_versions(runtime, access, params, shape)


async def _with_versions(
    runtime: Runtime, access: Access, params: Params, shape: ResourceDetails
) -> ResourceDetails:
    if flag(params, "versions"):
        environment_id, asset_id = access.environment.environment_id, UUID(hex=shape.asset_id)
        async with runtime.pool.connection() as connection:
            versions = await backups.versions(connection, environment_id, asset_id)
        shape.versions = [backup_version(each) for each in versions]
    return shape


async def find_asset(
    runtime: Runtime, access: Access, resource_type: str, type: str, path: str
) -> Asset:
    """The asset that a path names.

    Raises:
        NotFound: there is none.
        BadRequest: there are no such types.
    """
    kinds = resource_type_of(resource_type), type_of(type)
    public_id = path_text("public_id", path)
    async with runtime.pool.connection() as connection:
        asset = await assets.find(connection, access.environment.environment_id, *kinds, public_id)
    return _found(asset, public_id)


async def find_asset_by_id(runtime: Runtime, access: Access, text: str) -> Asset:
    """The asset of an asset_id.

    Raises:
        NotFound: there is none.
    """
    asset_id = asset_id_or_none(text)
    if asset_id is None:
        raise NotFound(f"Resource not found - {text}")
    async with runtime.pool.connection() as connection:
        asset = await assets.find_by_id(connection, access.environment.environment_id, asset_id)
    return _found(asset, text)


def _found(asset: Asset | None, name: str) -> Asset:
    if asset is None:
        raise NotFound(f"Resource not found - {name}")
    return asset


async def _update(
    request: Request[Any, Any, Any], runtime: Runtime, access: Access, asset: Asset
) -> ResourceDetails:
    params = await read_params(request)
    refuse_for_update(params)
    given = {name: value for name, value in params.items() if value != "" or name in _CLEARABLE}
    told = notifier(request, runtime, access, params, params.get("notification_url"))
    edited = await edit(
        runtime, access.environment, asset, decode(given), within=updated(told, asset)
    )
    return await _details(request, runtime, access, edited.asset, {}, edited.indexing)


async def _details(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    access: Access,
    asset: Asset,
    params: Params,
    indexing: Indexing | None = None,
) -> ResourceDetails:
    environment_id = access.environment.environment_id
    async with runtime.pool.connection() as connection:
        details = await asset_details.find(connection, environment_id, asset.asset_id)
        derived = await renditions.list_derived(connection, environment_id, asset.asset_id)
    if details is None:
        raise NotFound(f"Resource not found - {asset.public_id}")
    shaper = Shaper(request, runtime, access)
    shape = shaper.details(
        asset, details, indexing or settled(access.environment, details), derived
    )
    await add_extras(runtime, access.environment, asset, params, shape)
    if flag(params, "pages"):
        shape.pages = asset.pages
    if flag(params, "related"):
        await add_related(runtime, access, shaper, asset, params, shape)
    return await _with_versions(runtime, access, params, shape)
