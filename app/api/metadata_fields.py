"""Structured metadata fields: create, read, update, delete, order."""

from typing import Any

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET

from app.api.access import admin_access
from app.api.params import Params, read_params, text_param
from app.contract.metadata import Entry, Field
from app.contract.metadata_definition import new_field
from app.contract.wire import invalid
from app.db import metadata_fields
from app.runtime import Runtime
from app.schemas.metadata_fields import (
    Datasource,
    DatasourceEntry,
    MetadataField,
    MetadataFieldList,
    Outcome,
)

ORDERS = ("label", "external_id", "created_at")


class MetadataFieldController(Controller):
    """`/v1_1/:cloud/metadata_fields`."""

    path = "/v1_1/{cloud:str}/metadata_fields"
    tags = ("Structured metadata",)

    @get("/", operation_id="list_metadata_fields")
    async def list_fields(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> MetadataFieldList:
        """All fields in their order, with the datasources of enums and sets."""
        access = await admin_access(request, runtime, cloud)
        async with runtime.pool.connection() as connection:
            found = await metadata_fields.list_all(connection, access.environment.environment_id)
        return MetadataFieldList(metadata_fields=[_shape(field) for field in found])

    @get("/{external_id:str}", operation_id="get_metadata_field")
    async def get_field(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> MetadataField:
        """One field."""
        access = await admin_access(request, runtime, cloud)
        async with runtime.pool.connection() as connection:
            field = await metadata_fields.find(
                connection, access.environment.environment_id, external_id
            )
        return _shape(field)

    @post("/", status_code=200, operation_id="create_metadata_field")
    async def create_field(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> MetadataField:
        """Creates a field of `type` string, integer, date, enum or set with a `label`.

        `external_id`, `mandatory`, `default_value`, `validation`, `restrictions` may be given;
        enums and sets need a `datasource`, `{"values": [{"external_id": …, "value": …}]}`.
        """
        access = await admin_access(request, runtime, cloud)
        field = new_field(await read_params(request))
        async with runtime.pool.connection() as connection:
            created = await metadata_fields.create(
                connection, access.environment.environment_id, field
            )
        return _shape(created)

    @put("/{external_id:str}", operation_id="update_metadata_field")
    async def update_field(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> MetadataField:
        """Changes what is given and keeps the rest; external_id, type and datasource always."""
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        async with runtime.pool.connection() as connection:
            updated = await metadata_fields.update(
                connection, access.environment.environment_id, external_id, params
            )
        return _shape(updated)

    @delete("/{external_id:str}", status_code=200, operation_id="delete_metadata_field")
    async def delete_field(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> Outcome:
        """Deletes a field and its values in all assets. The external_id stays taken."""
        access = await admin_access(request, runtime, cloud)
        async with runtime.pool.connection() as connection:
            await metadata_fields.delete(connection, access.environment.environment_id, external_id)
        return Outcome(message="ok")

    @put("/order", operation_id="order_metadata_fields")
    async def order_fields(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> MetadataFieldList:
        """Sorts the fields `order_by` label, external_id or created_at; `direction` asc or desc."""
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        async with runtime.pool.connection() as connection:
            ordered = await metadata_fields.order(
                connection,
                access.environment.environment_id,
                order_by=one_of(params, "order_by", ORDERS),
                descending=is_descending(params),
            )
        return MetadataFieldList(metadata_fields=[_shape(field) for field in ordered])


def one_of(params: Params, name: str, words: tuple[str, ...]) -> str:
    """The word that a parameter gives.

    Raises:
        BadRequest: it is missing or none of those.
    """
    word = text_param(params, name)
    if word not in words:
        raise invalid(name, word, f"It is one of {', '.join(words)}")
    return word


def is_descending(params: Params) -> bool:
    """Whether `direction` is desc; asc unless given.

    Raises:
        BadRequest: it is neither.
    """
    return bool(params.get("direction")) and one_of(params, "direction", ("asc", "desc")) == "desc"


def datasource(entries: list[Entry]) -> Datasource:
    """The values of an enum or set."""
    return Datasource(values=msgspec.convert(entries, list[DatasourceEntry], from_attributes=True))


def _shape(field: Field) -> MetadataField:
    return MetadataField(
        external_id=field.external_id,
        type=field.type,
        label=field.label,
        mandatory=field.mandatory,
        default_value=field.default_value,
        default_disabled=field.default_disabled,
        validation=field.validation,
        restrictions=field.restrictions or UNSET,
        allow_dynamic_list_values=field.allow_dynamic_list_values,
        position=field.position,
        datasource=datasource(field.datasource) if field.has_datasource else UNSET,
    )
