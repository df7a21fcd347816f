"""Deleted assets that were kept, and older versions: they become the present ones again."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from psycopg.errors import UniqueViolation

from app.db import assets, backups, embeddings, folders, renditions
from app.db.assets import Asset, Stored
from app.db.pool import Connection, one, run
from app.db.queries import load
from app.errors import AlreadyExists, NotFound

_SQL = load("backups")


class Name(msgspec.Struct, frozen=True):
    """An asset by its name, which another may have had before it."""

    resource_type: str
    type: str
    public_id: str


class Id(msgspec.Struct, frozen=True):
    """An asset by its asset_id."""

    asset_id: UUID


class Chosen(msgspec.Struct, frozen=True):
    """A version that is to come back."""

    asset_id: UUID
    version_id: UUID


async def find_present(
    connection: Connection, environment_id: int, wanted: Name | Id
) -> Asset | None:
    """The asset, if it is there."""
    if isinstance(wanted, Id):
        return await assets.find_by_id(connection, environment_id, wanted.asset_id)
    return await assets.find(connection, environment_id, **msgspec.structs.asdict(wanted))


async def find_deleted(
    connection: Connection, environment_id: int, wanted: Name | Id
) -> Asset | None:
    """The asset as it was last, if it is gone but was kept."""
    statement = "find_deleted_by_id" if isinstance(wanted, Id) else "find_deleted_by_name"
    values = msgspec.structs.asdict(wanted)
    return await one(connection, Asset, _SQL[statement], environment_id=environment_id, **values)


async def choose(
    connection: Connection, environment_id: int, wanted: Name | Id, version_ids: Sequence[UUID]
) -> Chosen | None:
    """The version to restore: the newest of those, or of all if none are named."""
    return await one(
        connection,
        Chosen,
        _SQL["choose_by_id" if isinstance(wanted, Id) else "choose_by_name"],
        environment_id=environment_id,
        version_ids=list(version_ids),
        **msgspec.structs.asdict(wanted),
    )


async def restore(
    connection: Connection, environment_id: int, chosen: Chosen, *, lease: float
) -> Stored:
    """Makes a version the present one, with its bytes and its place in the index: all or nothing.

    The version that it takes the place of is kept, whether that was asked for or not.

    Args:
        lease: seconds for which workers leave a pending image to the caller.

    Raises:
        NotFound: somebody else restored or deleted the version meanwhile.
        AlreadyExists: another asset has its name by now.
    """
    asset_id = chosen.asset_id
    version = {"environment_id": environment_id, **msgspec.structs.asdict(chosen)}
    try:
        async with connection.transaction():
            await folders.hold(connection, environment_id)
            await backups.keep_before_overwriting(connection, environment_id, asset_id, always=True)
            asset = await one(connection, Asset, _SQL["restore"], **version)
            if asset is None:
                raise NotFound("This version was restored or deleted meanwhile")
            await run(connection, _SQL["restore_bytes"], **version)
            await renditions.forget(connection, environment_id, asset_id)
            pending = await embeddings.expect(
                connection,
                environment_id,
                asset_id,
                wanted=asset.visual_search,
                changed=True,
                lease=lease,
            )
    except UniqueViolation:
        raise AlreadyExists("Another asset has its public_id by now") from None
    return Stored(asset, pending=pending)
