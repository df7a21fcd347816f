"""The values that a structured metadata field of type enum or set may take."""

from typing import Any

from litestar import Controller, Request, delete, get, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath

from app.api.access import admin_access
from app.api.metadata_fields import datasource, is_descending, one_of
from app.api.openapi.operation_ids import each_of
from app.api.params import page_size, read_params, text_param
from app.contract.metadata_definition import MOST_ENTRIES, read_entries, read_ids
from app.db import metadata_fields
from app.runtime import Runtime
from app.schemas.metadata_fields import Datasource


class DatasourceController(Controller):
    """`/v1_1/:cloud/metadata_fields/:external_id/datasource`. Answers with the active values."""

    path = "/v1_1/{cloud:str}/metadata_fields/{external_id:str}"
    tags = ("Structured metadata",)

    @get("/datasource", operation_id="get_datasource")
    async def get_datasource(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> Datasource:
        """The active values in their order."""
        access = await admin_access(request, runtime, cloud)
        async with runtime.pool.connection() as connection:
            field = await metadata_fields.find(
                connection, access.environment.environment_id, external_id
            )
        return datasource(field.datasource)

    @route(
        "/datasource",
        http_method=[HttpMethod.PUT, HttpMethod.POST],
        status_code=200,
        operation_id=each_of("update_datasource"),
    )
    async def update_datasource(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> Datasource:
        """Adds the `values`, or changes those whose external_id is there."""
        access = await admin_access(request, runtime, cloud)
        entries = read_entries("values", (await read_params(request)).get("values"))
        async with runtime.pool.connection() as connection:
            found = await metadata_fields.save_entries(
                connection, access.environment.environment_id, external_id, entries
            )
        return datasource(found)

    @delete("/datasource", status_code=200, operation_id="delete_datasource_entries")
    async def delete_entries(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> Datasource:
        """Makes the values of `external_ids` inactive: assets keep them, none gets them."""
        access = await admin_access(request, runtime, cloud)
        external_ids = read_ids((await read_params(request)).get("external_ids"))
        async with runtime.pool.connection() as connection:
            found = await metadata_fields.delete_entries(
                connection, access.environment.environment_id, external_id, external_ids
            )
        return datasource(found)

    @post("/datasource_restore", status_code=200, operation_id="restore_datasource_entries")
    async def restore_entries(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> Datasource:
        """Makes deleted values of `external_ids` active again."""
        access = await admin_access(request, runtime, cloud)
        external_ids = read_ids((await read_params(request)).get("external_ids"))
        async with runtime.pool.connection() as connection:
            found = await metadata_fields.restore_entries(
                connection, access.environment.environment_id, external_id, external_ids
            )
        return datasource(found)

    @post("/datasource/order", status_code=200, operation_id="order_datasource")
    async def order_datasource(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> Datasource:
        """Sorts the values, `order_by` value; `direction` asc or desc."""
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        one_of(params, "order_by", ("value",))
        descending = is_descending(params)
        async with runtime.pool.connection() as connection:
            found = await metadata_fields.order_entries(
                connection,
                access.environment.environment_id,
                external_id,
                descending=descending,
            )
        return datasource(found)

    @route(
        "/datasource/search",
        http_method=[HttpMethod.GET, HttpMethod.POST],
        status_code=200,
        operation_id=each_of("search_datasource"),
    )
    async def search_datasource(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> Datasource:
        """The values in which `term` stands, in any case; `max_results` is 500 unless given."""
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        limit = page_size(params, 500, MOST_ENTRIES)
        term = text_param(params, "term")
        environment_id = access.environment.environment_id
        async with runtime.pool.connection() as connection:
            await metadata_fields.find(connection, environment_id, external_id)
            found = await metadata_fields.search_entries(
                connection, environment_id, external_id, term=term, limit=limit
            )
        return datasource(found)
