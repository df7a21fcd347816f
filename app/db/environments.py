"""Environments: the accounts of a server."""

import re
from datetime import datetime

import msgspec

from app.db.pool import Connection, many, one, value
from app.db.queries import load
from app.errors import AlreadyExists, BadRequest, NotFound

_SQL = load("environments")
# The check environment_cloud_name_is_lower_case of the table says the same.
_CLOUD_NAME = re.compile("[a-z0-9][a-z0-9_-]{0,62}")


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """A product environment. `library_preset` and `api_preset` name default upload presets."""

    environment_id: int
    cloud_name: str
    visual_search: bool
    library_preset: str | None
    api_preset: str | None
    created_at: datetime


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How many images an environment holds, and how many can be found by what they show."""

    images: int
    indexed: int
    pending: int
    failed: int


async def create(connection: Connection, cloud_name: str) -> Environment:
    """A new environment with visual search on.

    Raises:
        BadRequest: the name is not lower-case letters, digits, `-` and `_`.
        AlreadyExists: the name is taken.
    """
    if not _CLOUD_NAME.fullmatch(cloud_name):
        raise BadRequest(
            f"{cloud_name!r} cannot be a cloud name: use up to 63 lower-case letters,"
            " digits, - and _, beginning with a letter or digit."
        )
    environment = await one(connection, Environment, _SQL["create"], cloud_name=cloud_name)
    if environment is None:
        raise AlreadyExists(f"There is an environment {cloud_name} already.")
    return environment


async def find(connection: Connection, cloud_name: str) -> Environment | None:
    """The environment of that name, or None."""
    return await one(connection, Environment, _SQL["find"], cloud_name=cloud_name)


async def get(connection: Connection, cloud_name: str) -> Environment:
    """The environment of that name.

    Raises:
        NotFound: there is none.
    """
    environment = await find(connection, cloud_name)
    if environment is None:
        known = ", ".join(each.cloud_name for each in await list_all(connection)) or "none yet"
        raise NotFound(f"There is no environment {cloud_name}. There are: {known}.")
    return environment


async def list_all(connection: Connection) -> list[Environment]:
    """Every environment by name."""
    return await many(connection, Environment, _SQL["list"])


async def switch_visual_search(
    connection: Connection, environment: Environment, on: bool
) -> Environment:
    """Turns visual search on or off; turning it on asks for every image that the account holds."""
    async with connection.transaction():
        switched = await one(
            connection,
            Environment,
            _SQL["switch_visual_search"],
            environment_id=environment.environment_id,
            visual_search=on,
        )
        assert switched is not None
        if on:
            await value(
                connection, load("assets")["ask_for_all"], environment_id=switched.environment_id
            )
    return switched


async def coverage(connection: Connection, environment: Environment) -> Coverage:
    """How far indexing has come."""
    found = await one(connection, Coverage, _SQL["coverage"], cloud_name=environment.cloud_name)
    assert found is not None
    return found
