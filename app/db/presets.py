"""Upload presets of an environment."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from app.contract.presets import Preset
from app.db.pool import Connection, many, one
from app.db.queries import load

_SQL = load("upload_presets")


class ListedPreset(Preset):
    """A preset with what a cursor needs to go on after it."""

    created_at: datetime = msgspec.field(default_factory=datetime.now)


async def find(connection: Connection, environment_id: int, name: str) -> Preset | None:
    """The preset of that name, or None."""
    return await one(connection, Preset, _SQL["find"], environment_id=environment_id, name=name)


async def list_page(
    connection: Connection,
    environment_id: int,
    *,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> list[ListedPreset]:
    """Presets, newest first, from the one behind `after` (its time and name)."""
    return await many(
        connection,
        ListedPreset,
        _SQL["list"],
        environment_id=environment_id,
        limit=limit,
        after_created_at=after[0] if after else None,
        after_name=after[1] if after else None,
    )


async def save(
    connection: Connection,
    environment_id: int,
    name: str,
    *,
    unsigned: bool,
    settings: dict[str, Any],
) -> Preset:
    """Creates a preset, or replaces the one of that name."""
    saved = await one(
        connection,
        Preset,
        _SQL["save"],
        environment_id=environment_id,
        name=name,
        unsigned=unsigned,
        settings=Jsonb(settings),
    )
    assert saved is not None
    return saved


async def merge(
    connection: Connection,
    environment_id: int,
    name: str,
    *,
    unsigned: bool | None,
    settings: dict[str, Any],
) -> Preset | None:
    """Changes the given settings and keeps the rest; None when there is no such preset."""
    return await one(
        connection,
        Preset,
        _SQL["merge"],
        environment_id=environment_id,
        name=name,
        unsigned=unsigned,
        settings=Jsonb(settings),
    )


async def delete(connection: Connection, environment_id: int, name: str) -> Preset | None:
    """Deletes a preset and answers with what it was; None when there is no such preset."""
    return await one(connection, Preset, _SQL["delete"], environment_id=environment_id, name=name)
