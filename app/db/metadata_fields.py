"""Structured metadata fields of an environment, and the datasources of enums and sets."""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from app.contract.metadata import Entry, Field
from app.contract.metadata_definition import MOST_ENTRIES, change_field
from app.db.pool import Connection, many, run, value
from app.db.queries import load
from app.errors import BadRequest, NotFound

_SQL = load("metadata_fields")
_RULES = load("metadata_rules")


async def list_all(connection: Connection, environment_id: int) -> list[Field]:
    """The fields in their order."""
    return await _fields(connection, "list", environment_id=environment_id)


async def find(connection: Connection, environment_id: int, external_id: str) -> Field:
    """The field of that external_id.

    Raises:
        NotFound: there is none.
    """
    found = await _fields(
        connection, "find", environment_id=environment_id, external_id=external_id
    )
    if not found:
        raise NotFound(f"Can't find metadata field with external id {external_id}")
    return found[0]


async def create(connection: Connection, environment_id: int, field: Field) -> Field:
    """Adds a field with its datasource.

    Raises:
        BadRequest: the external_id is in use, or was by a field that is deleted.
    """
    async with connection.transaction():
        if await value(connection, _SQL["insert"], **_values(environment_id, field)) is None:
            raise BadRequest(f"external id {field.external_id} already exists")
        await _save_entries(connection, environment_id, field.external_id, field.datasource)
        return await find(connection, environment_id, field.external_id)


async def update(
    connection: Connection, environment_id: int, external_id: str, params: dict[str, Any]
) -> Field:
    """Changes what the parameters name and keeps the rest.

    Raises:
        NotFound: there is no such field.
        BadRequest: the parameters do not go with the field.
    """
    async with connection.transaction():
        field = await _held(connection, environment_id, external_id)
        changed = change_field(field, params)
        await run(connection, _SQL["update"], **_values(environment_id, changed))
    return changed


async def delete(connection: Connection, environment_id: int, external_id: str) -> None:
    """Deletes a field and its values in all assets. Its external_id stays taken.

    Raises:
        NotFound: there is no such field.
        BadRequest: a rule is about it.
    """
    key = {"environment_id": environment_id, "external_id": external_id}
    async with connection.transaction():
        await _held(connection, environment_id, external_id)
        rule = await value(
            connection, _RULES["using"], environment_id=environment_id, field_id=external_id
        )
        if rule is not None:
            raise BadRequest(f"Metadata field {external_id} is used by metadata rule {rule}")
        await run(connection, _SQL["delete"], **key)
        await run(connection, _SQL["forget_values"], **key)


async def order(
    connection: Connection, environment_id: int, *, order_by: str, descending: bool
) -> list[Field]:
    """Sorts the fields by `label`, `external_id` or `created_at`, from now on."""
    async with connection.transaction():
        await run(
            connection,
            _SQL["order"],
            environment_id=environment_id,
            order_by=order_by,
            descending=descending,
        )
        return await list_all(connection, environment_id)


async def save_entries(
    connection: Connection, environment_id: int, field_id: str, entries: Sequence[Entry]
) -> list[Entry]:
    """Adds entries to a datasource, or changes their values; answers with the active ones.

    Raises:
        NotFound: there is no such field.
        BadRequest: it has no datasource, or would get too large a one.
    """
    async with connection.transaction():
        await _held_list(connection, environment_id, field_id)
        await _save_entries(connection, environment_id, field_id, entries)
        field = await find(connection, environment_id, field_id)
        if len(field.datasource) > MOST_ENTRIES:
            raise BadRequest(f"A datasource has 1 to {MOST_ENTRIES} values")
    return field.datasource


async def delete_entries(
    connection: Connection, environment_id: int, field_id: str, external_ids: list[str]
) -> list[Entry]:
    """Makes entries inactive: assets keep them, none gets them; answers with those that are left.

    Raises:
        NotFound: there is no such field.
        BadRequest: an entry does not exist or is the field's default.
    """
    async with connection.transaction():
        field = await _held_list(connection, environment_id, field_id)
        default = field.default_value
        used = set(default if isinstance(default, list) else [default])
        if not used.isdisjoint(external_ids):
            raise BadRequest("The default_value of a field cannot be deleted from its datasource")
        await _switch(connection, environment_id, field_id, external_ids, "active", "inactive")
        return (await find(connection, environment_id, field_id)).datasource


async def restore_entries(
    connection: Connection, environment_id: int, field_id: str, external_ids: list[str]
) -> list[Entry]:
    """Makes deleted entries active again; answers with all active ones.

    Raises:
        NotFound: there is no such field.
        BadRequest: one of them is not a deleted entry.
    """
    async with connection.transaction():
        await _held_list(connection, environment_id, field_id)
        await _switch(connection, environment_id, field_id, external_ids, "inactive", "active")
        return (await find(connection, environment_id, field_id)).datasource


async def order_entries(
    connection: Connection, environment_id: int, field_id: str, *, descending: bool
) -> list[Entry]:
    """Sorts a datasource by value, from now on.

    Raises:
        NotFound: there is no such field.
    """
    key = {"environment_id": environment_id, "field_id": field_id}
    async with connection.transaction():
        await _held_list(connection, environment_id, field_id)
        await run(connection, _SQL["order_entries"], **key, descending=descending)
        return (await find(connection, environment_id, field_id)).datasource


async def search_entries(
    connection: Connection, environment_id: int, field_id: str, *, term: str, limit: int
) -> list[Entry]:
    """The active entries in whose value the term stands, in any case."""
    return await many(
        connection,
        Entry,
        _SQL["search_entries"],
        environment_id=environment_id,
        field_id=field_id,
        term=term,
        limit=limit,
    )


async def _fields(connection: Connection, name: str, **values: Any) -> list[Field]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_SQL[name], values)
        return msgspec.convert(await cursor.fetchall(), list[Field])


async def _held(connection: Connection, environment_id: int, external_id: str) -> Field:
    key = {"environment_id": environment_id, "external_id": external_id}
    await run(connection, _SQL["lock"], **key)
    return await find(connection, environment_id, external_id)


async def _held_list(connection: Connection, environment_id: int, field_id: str) -> Field:
    field = await _held(connection, environment_id, field_id)
    if not field.has_datasource:
        raise BadRequest(f"Metadata field {field_id} is of type {field.type}: no datasource")
    return field


async def _switch(
    connection: Connection,
    environment_id: int,
    field_id: str,
    external_ids: list[str],
    before: str,
    after: str,
) -> None:
    key = {"environment_id": environment_id, "field_id": field_id, "external_ids": external_ids}
    if await value(connection, _SQL["known_entries"], **key, state=before) < len(external_ids):
        raise BadRequest(f"Not all external_ids are {before} values of metadata field {field_id}")
    await run(connection, _SQL["set_state"], **key, state=after)


async def _save_entries(
    connection: Connection, environment_id: int, field_id: str, entries: Sequence[Entry]
) -> None:
    if entries:
        await run(
            connection,
            _SQL["save_entries"],
            environment_id=environment_id,
            field_id=field_id,
            external_ids=[entry.external_id for entry in entries],
            values=[entry.value for entry in entries],
        )


def _values(environment_id: int, field: Field) -> dict[str, Any]:
    return {
        "environment_id": environment_id,
        **msgspec.structs.asdict(field),
        **{
            name: None if getattr(field, name) is None else Jsonb(getattr(field, name))
            for name in ("default_value", "validation", "restrictions")
        },
    }
