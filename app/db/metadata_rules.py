"""Metadata rules of an environment."""

from collections.abc import Mapping
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from app.contract.metadata_rule_definition import change_rule, read_position
from app.contract.metadata_rules import Rule
from app.db import metadata_fields
from app.db.pool import Connection, many, one, run, value
from app.db.queries import load
from app.errors import BadRequest, NotFound

_SQL = load("metadata_rules")

MOST_RULES = 200
"""Rules of an environment; every upload goes through all of them."""


async def list_all(connection: Connection, environment_id: int) -> list[Rule]:
    """The rules in the order in which they count."""
    return await many(connection, Rule, _SQL["list"], environment_id=environment_id)


async def find(connection: Connection, environment_id: int, external_id: str) -> Rule:
    """The rule of that external_id.

    Raises:
        NotFound: there is none.
    """
    found = await one(
        connection, Rule, _SQL["find"], environment_id=environment_id, external_id=external_id
    )
    if found is None:
        raise NotFound(f"Can't find metadata rule with external id {external_id}")
    return found


async def create(connection: Connection, environment_id: int, rule: Rule) -> Rule:
    """Adds a rule. Assets that there are stay as they are until their metadata is changed.

    Raises:
        BadRequest: the external_id is in use, or there are too many rules.
    """
    values = _values(environment_id, rule)
    if await value(connection, _SQL["insert"], **values, most=MOST_RULES) is None:
        if len(await list_all(connection, environment_id)) >= MOST_RULES:
            raise BadRequest(f"There are {MOST_RULES} metadata rules, which is the maximum")
        raise BadRequest(f"external id {rule.external_id} already exists")
    return rule


async def update(
    connection: Connection, environment_id: int, external_id: str, params: Mapping[str, Any]
) -> Rule:
    """Changes what the parameters name and keeps the rest.

    Raises:
        NotFound: there is no such rule.
        BadRequest: the parameters cannot be a rule.
    """
    key = {"environment_id": environment_id, "external_id": external_id}
    read_position(params)  # what is wrong by itself is said before what is not there
    async with connection.transaction():
        await run(connection, _SQL["lock"], **key)
        rule = await find(connection, environment_id, external_id)
        fields = await metadata_fields.list_all(connection, environment_id)
        changed = change_rule(rule, fields, params)
        await run(connection, _SQL["update"], **_values(environment_id, changed))
    return changed


async def delete(connection: Connection, environment_id: int, external_id: str) -> None:
    """Deletes a rule. What it applied to assets stays.

    Raises:
        NotFound: there is no such rule.
    """
    key = {"environment_id": environment_id, "external_id": external_id}
    if await value(connection, _SQL["delete"], **key) is None:
        raise NotFound(f"Can't find metadata rule with external id {external_id}")


def _values(environment_id: int, rule: Rule) -> dict[str, Any]:
    return {
        "environment_id": environment_id,
        **msgspec.structs.asdict(rule),
        "condition": Jsonb(rule.condition),
        "result": Jsonb(rule.result),
    }
