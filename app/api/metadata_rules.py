"""Metadata rules: create, read, update, delete."""

from typing import Any

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.access import admin_access
from app.api.params import read_params
from app.contract.metadata_rule_definition import new_rule, signature
from app.contract.metadata_rules import Rule
from app.db import metadata_fields, metadata_rules
from app.runtime import Runtime
from app.schemas.metadata_rules import MetadataRule, MetadataRuleList, Success


class MetadataRuleController(Controller):
    """`/v1_1/:cloud/metadata_rules`."""

    path = "/v1_1/{cloud:str}/metadata_rules"
    tags = ("Structured metadata",)

    @get("/", operation_id="list_metadata_rules")
    async def list_rules(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> MetadataRuleList:
        """All rules, in the order in which they count."""
        access = await admin_access(request, runtime, cloud)
        async with runtime.pool.connection() as connection:
            found = await metadata_rules.list_all(connection, access.environment.environment_id)
        return MetadataRuleList(metadata_rules=[_shape(rule) for rule in found])

    @post("/", status_code=200, operation_id="create_metadata_rule")
    async def create_rule(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> MetadataRule:
        """Creates a rule: while its `condition` holds, its `result` is in force for its field. It
        acts when the metadata of an asset is set.
        """
        access = await admin_access(request, runtime, cloud)
        environment_id = access.environment.environment_id
        params = await read_params(request)
        async with runtime.pool.connection() as connection:
            fields = await metadata_fields.list_all(connection, environment_id)
            rule = new_rule(fields, params)
            return _shape(await metadata_rules.create(connection, environment_id, rule))

    @put("/{external_id:str}", operation_id="update_metadata_rule")
    async def update_rule(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> MetadataRule:
        """Changes what is given and keeps the rest."""
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        async with runtime.pool.connection() as connection:
            updated = await metadata_rules.update(
                connection, access.environment.environment_id, external_id, params
            )
        return _shape(updated)

    @delete("/{external_id:str}", status_code=200, operation_id="delete_metadata_rule")
    async def delete_rule(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        external_id: FromPath[str],
    ) -> Success:
        """Deletes a rule. What it applied to assets stays."""
        access = await admin_access(request, runtime, cloud)
        async with runtime.pool.connection() as connection:
            await metadata_rules.delete(connection, access.environment.environment_id, external_id)
        return Success(success=True)


def _shape(rule: Rule) -> MetadataRule:
    return MetadataRule(
        **msgspec.structs.asdict(rule), condition_signature=signature(rule.condition)
    )
