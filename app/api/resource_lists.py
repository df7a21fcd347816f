"""Admin API: lists of assets and of their tags."""

from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.access import Access, admin_access
from app.api.ids import asset_ids_of, ids_of
from app.api.listing import (
    RESOURCE_TYPES,
    Listing,
    cursor_of,
    limit_of,
    path_text,
    required,
    resource_type_of,
    start_at_of,
    type_of,
)
from app.api.params import Params, read_params, text_param
from app.contract.moderation import KIND, check_queue
from app.contract.naming import normalize_folder
from app.cursor import NameCursor, list_digest, seal
from app.db import asset_lists
from app.errors import BadRequest
from app.runtime import Runtime
from app.schemas.assets import ResourceList, ResourceTypes, TagList


class ResourceLists:
    """`/v1_1/:cloud/resources`: lists, newest first, 10 assets a page unless `max_results` says.

    `direction`, `next_cursor`, `fields` and the flags `tags`, `context`, `metadata`,
    `moderations` work in all.
    """

    @get("/", operation_id="list_resource_types")
    async def list_resource_types(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> ResourceTypes:
        """The resource types that there are."""
        await admin_access(request, runtime, cloud)
        return ResourceTypes(resource_types=list(RESOURCE_TYPES))

    @get("/{resource_type:str}/{type:str}", operation_id="list_resources_of_type")
    async def list_of_type(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        type: FromPath[str],
    ) -> ResourceList:
        """Assets of a resource type and type: all since `start_at`, those of `public_ids`, or, by
        name, those whose public_id begins with `prefix`.
        """
        access = await admin_access(request, runtime, cloud)
        return await list_by_type(
            request, runtime, access, resource_type_of(resource_type), [type_of(type)]
        )

    @get("/{resource_type:str}/tags/{tag:path}", operation_id="list_resources_by_tag")
    async def list_by_tag(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        tag: FromPath[str],
    ) -> ResourceList:
        """Assets with a tag."""
        access, params = await _begin(request, runtime, cloud)
        kind, name = resource_type_of(resource_type), path_text("tag", tag)
        return await Listing(request, runtime, access, params).by_time(
            lambda connection, page: asset_lists.by_tag(
                connection, access.environment.environment_id, kind, name, page
            ),
            "tag", kind, name,
        )  # fmt: skip

    @get("/{resource_type:str}/context", operation_id="list_resources_by_context")
    async def list_by_context(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
    ) -> ResourceList:
        """Assets whose context has `key`, with `value` if that is given."""
        access, params = await _begin(request, runtime, cloud)
        kind, key = resource_type_of(resource_type), required(params, "key")
        value = text_param(params, "value") or None
        return await Listing(request, runtime, access, params).by_time(
            lambda connection, page: asset_lists.by_context(
                connection, access.environment.environment_id, kind, key, value, page
            ),
            "context", kind, key, value,
        )  # fmt: skip

    @get(
        "/{resource_type:str}/moderations/{kind:str}/{status:str}",
        operation_id="list_resources_by_moderation",
    )
    async def list_by_moderation(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        kind: FromPath[str],
        status: FromPath[str],
    ) -> ResourceList:
        """Assets of the `manual` queue that are `pending`, `approved` or `rejected`. Other queues
        that Cloudinary has are empty here.
        """
        access, params = await _begin(request, runtime, cloud)
        wanted, queue = resource_type_of(resource_type), check_queue(kind, status)
        listing = Listing(request, runtime, access, {"moderations": True} | params)
        if kind != KIND:
            return listing.whole([])
        return await listing.by_time(
            lambda connection, page: asset_lists.by_moderation(
                connection, access.environment.environment_id, wanted, status, page
            ),
            "moderation", wanted, *queue,
        )  # fmt: skip

    @get("/by_asset_folder", operation_id="list_resources_by_asset_folder")
    async def list_by_asset_folder(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> ResourceList:
        """Assets right in `asset_folder`, whose name counts without case; not in folders below."""
        access, params = await _begin(request, runtime, cloud)
        if "asset_folder" not in params:
            raise BadRequest("Missing required parameter - asset_folder")
        folder = normalize_folder(text_param(params, "asset_folder"), "asset_folder")
        return await Listing(request, runtime, access, params).by_time(
            lambda connection, page: asset_lists.by_folder(
                connection, access.environment.environment_id, folder, page
            ),
            "folder", folder.lower(),
        )  # fmt: skip

    @get("/by_asset_ids", operation_id="list_resources_by_asset_ids")
    async def list_by_asset_ids(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> ResourceList:
        """Those of up to 100 `asset_ids` that there are."""
        access, params = await _begin(request, runtime, cloud)
        asset_ids = asset_ids_of(ids_of(params, "asset_ids"))
        async with runtime.pool.connection() as connection:
            found = await asset_lists.by_asset_ids(
                connection, access.environment.environment_id, list(asset_ids.values())
            )
        return Listing(request, runtime, access, params).whole(found)


class TagController(Controller):
    """`/v1_1/:cloud/tags`."""

    path = "/v1_1/{cloud:str}/tags"
    tags = ("Assets",)

    @get("/{resource_type:str}", operation_id="list_tags")
    async def list_tags(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
    ) -> TagList:
        """The tags that assets have, by name; `prefix` leaves out those that begin otherwise."""
        access, params = await _begin(request, runtime, cloud)
        environment_id = access.environment.environment_id
        kind, prefix = resource_type_of(resource_type), text_param(params, "prefix")
        digest, limit = list_digest("tags", kind, prefix), limit_of(params)
        cursor = cursor_of(runtime, environment_id, params, NameCursor, digest)
        async with runtime.pool.connection() as connection:
            found = await asset_lists.tags(
                connection,
                environment_id,
                kind,
                prefix=prefix,
                after=cursor.name if cursor else "",
                limit=limit + 1,
            )
        page = found[:limit]
        if len(found) == len(page):
            return TagList(tags=page)
        behind = NameCursor(environment_id=environment_id, list=digest, name=page[-1])
        return TagList(tags=page, next_cursor=seal(runtime.keyring, behind))


async def list_by_type(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    access: Access,
    resource_type: str,
    types: list[str],
) -> ResourceList:
    """Answers the lists that only differ in their parameters."""
    params = await read_params(request)
    listing = Listing(request, runtime, access, params)
    environment_id = access.environment.environment_id
    prefix, start_at = text_param(params, "prefix"), start_at_of(params)
    if params.get("public_ids"):
        async with runtime.pool.connection() as connection:
            found = await asset_lists.by_public_ids(
                connection, environment_id, resource_type, types, ids_of(params, "public_ids")
            )
        return listing.whole(found)
    if prefix:
        return await listing.by_name(
            lambda connection, limit, after: asset_lists.by_name(
                connection, environment_id, resource_type, types, prefix, limit=limit, after=after
            ),
            resource_type, types, prefix,
        )  # fmt: skip
    return await listing.by_time(
        lambda connection, page: asset_lists.by_type(
            connection, environment_id, resource_type, types, page
        ),
        "type", resource_type, types,
        start_at=start_at,
    )  # fmt: skip


async def _begin(
    request: Request[Any, Any, Any], runtime: Runtime, cloud: str
) -> tuple[Access, Params]:
    return await admin_access(request, runtime, cloud), await read_params(request)
