"""Admin API: versions that were overwritten or deleted come back, or go for good."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.access import Access, admin_access
from app.api.ids import asset_id_or_none, asset_ids_of, ids_of
from app.api.listing import resource_type_of, type_of
from app.api.params import Params, read_params
from app.api.shapes import Shaper
from app.backups import restore
from app.contract.wire import invalid
from app.db import backups
from app.db.restoring import Id, Name
from app.errors import AlreadyExists, NotFound
from app.runtime import Runtime
from app.schemas.assets import BackupsDeleted, RestoredResource, RestoreFailure

Restored = dict[str, RestoredResource | RestoreFailure]


class ResourceBackups:
    """`/v1_1/:cloud/resources/…`: what `backup` kept. Each asset is restored by itself."""

    @post(
        "/{resource_type:str}/{type:str}/restore",
        status_code=200,
        operation_id="restore_resources",
    )
    async def restore_by_public_ids(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        type: FromPath[str],
    ) -> Restored:
        """Brings deleted assets back, or the `versions` named; by public_id what became of each.

        An image that was searchable is so again. An asset that is there stays as it is, unless one
        of its older versions is named: then its present one is kept.
        """
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        kinds = resource_type_of(resource_type), type_of(type)
        version_ids = _versions(params, "versions")
        names = {name: Name(*kinds, name) for name in ids_of(params, "public_ids")}
        return await _restore(request, runtime, access, names, version_ids)

    @post("/restore", status_code=200, operation_id="restore_resources_by_asset_ids")
    async def restore_by_asset_ids(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> Restored:
        """Like `restore_resources`, of assets by their ids."""
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        version_ids = _versions(params, "versions")
        asset_ids = asset_ids_of(ids_of(params, "asset_ids"))
        names = {text: Id(asset_id) for text, asset_id in asset_ids.items()}
        return await _restore(request, runtime, access, names, version_ids)

    @delete("/backup/{asset_id:str}", status_code=200, operation_id="delete_backed_up_versions")
    async def delete_backed_up_versions(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        asset_id: FromPath[str],
    ) -> BackupsDeleted:
        """Deletes the kept versions `version_ids` of an asset for good. The present one stays, but
        will not be kept.
        """
        access = await admin_access(request, runtime, cloud)
        version_ids = _versions(await read_params(request), "version_ids", required=True)
        found = asset_id_or_none(asset_id)
        environment_id = access.environment.environment_id
        deleted: list[UUID] = []
        if found is not None:
            async with runtime.pool.connection() as connection:
                deleted = await backups.delete(connection, environment_id, found, version_ids)
        if not deleted:
            raise NotFound(f"Resource not found - {asset_id}")
        return BackupsDeleted(asset_id=asset_id, deleted_version_ids=[each.hex for each in deleted])


def _versions(params: Params, name: str, *, required: bool = False) -> list[UUID]:
    if not required and params.get(name) in (None, "", []):
        return []
    version_ids = []
    for text in ids_of(params, name):
        version_id = asset_id_or_none(text)
        if version_id is None:
            raise invalid(name, text)
        version_ids.append(version_id)
    return version_ids


async def _restore(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    access: Access,
    names: dict[str, Name] | dict[str, Id],
    version_ids: list[UUID],
) -> Restored:
    shaper = Shaper(request, runtime, access)
    answer: Restored = {}
    for name, wanted in names.items():
        try:
            edited = await restore(runtime, access.environment, wanted, version_ids)
            answer[name] = shaper.restored(edited.asset, edited.indexing)
        except (NotFound, AlreadyExists) as error:
            answer[name] = RestoreFailure(error=error.message)
    return answer
