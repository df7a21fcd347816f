"""Groups of near-identical images: looked for in the background, from a queue in the database."""

from uuid import UUID

import msgspec
from psycopg.errors import ForeignKeyViolation, LockNotAvailable

from app.db.pool import Connection, many, run, value
from app.db.queries import load

_SQL = load("near_duplicates")
BATCH = 16  # images of some 3 ms each: whoever overwrites one of them waits no longer than that


class _Claimed(msgspec.Struct, frozen=True):
    asset_id: UUID


class NearDuplicate(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a group with the evidence; `distance` and `phash_distance` are to its leader.

    `bytes_to_win_back` is freed when, in the end, only the best image of the group is left.
    """

    leader_public_id: str
    leader_type: str
    leader_size: str
    leader_bytes: int
    public_id: str
    type: str
    size: str
    bytes: int
    same_bytes: bool
    distance: float
    phash_distance: int | None
    best_public_id: str
    bytes_to_win_back: int
    leader_asset_id: UUID
    asset_id: UUID
    best_asset_id: UUID


async def group_batch(connection: Connection, environment_id: int | None = None) -> int:
    """Groups up to 16 of the images that wait for it, of one environment; gives their number.

    0 when nothing waits, when others are at it, or when somebody changes these images now.
    """
    try:
        async with connection.transaction():
            await run(connection, _SQL["begin_batch"])
            key = {
                "environment_id": await value(
                    connection, _SQL["claim_environment"], environment_id=environment_id
                )
            }
            if key["environment_id"] is None:
                return 0
            claimed = await many(connection, _Claimed, _SQL["claim"], **key, limit=BATCH)
            asset_ids = [each.asset_id for each in claimed]
            await run(connection, _SQL["release"], **key, asset_ids=asset_ids)
            farthest = await value(connection, _SQL["farthest"], **key)
            for asset_id in asset_ids:
                await run(connection, _SQL["group"], **key, asset_id=asset_id, farthest=farthest)
            return len(claimed)
    except (LockNotAvailable, ForeignKeyViolation):  # it is being deleted, or was just now
        return 0


async def count_ungrouped(connection: Connection, environment_id: int) -> int:
    """How many images of an environment wait for being grouped."""
    return int(await value(connection, _SQL["count_ungrouped"], environment_id=environment_id))


async def list_all(connection: Connection, cloud_name: str) -> list[NearDuplicate]:
    """The members of all groups, those of one group together, with the most to win back first."""
    return await many(connection, NearDuplicate, _SQL["list"], cloud_name=cloud_name)
