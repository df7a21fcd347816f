"""Structured metadata of an asset: what it has when it is new, and what a change makes of it."""

from collections.abc import Mapping
from typing import Any

from app.contract.metadata import initial_metadata, validate_metadata
from app.contract.metadata_rules import MetadataChange, Rules, Values
from app.db import metadata_fields, metadata_rules
from app.db.environments import Environment
from app.runtime import Runtime


async def new_metadata(
    runtime: Runtime, environment: Environment, sent: Mapping[str, Any]
) -> Values:
    """The metadata of a new asset: what was sent, defaults, and what rules apply.

    Raises:
        BadRequest: a field or a rule does not allow it.
    """
    async with runtime.pool.connection() as connection:
        fields = await metadata_fields.list_all(connection, environment.environment_id)
        rules = await metadata_rules.list_all(connection, environment.environment_id)
    metadata = initial_metadata(fields, sent)
    # A default gives way where a rule disables the field.
    return Rules(fields, rules).complete(metadata, clear=metadata.keys() - sent.keys())


async def metadata_change(
    runtime: Runtime,
    environment: Environment,
    values: Mapping[str, Any],
    *,
    clear_invalid: bool = False,
) -> MetadataChange:
    """A change of structured metadata, checked as far as it can be without the asset.

    Raises:
        BadRequest: there is no such field, or it does not take the value.
    """
    async with runtime.pool.connection() as connection:
        fields = await metadata_fields.list_all(connection, environment.environment_id)
        rules = await metadata_rules.list_all(connection, environment.environment_id)
    checked = validate_metadata(fields, values)
    return MetadataChange(checked, Rules(fields, rules), clear_invalid)
