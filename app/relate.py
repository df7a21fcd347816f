"""Use cases: assets are related to each other, or are not any more; each with its own outcome."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from app.db import related_assets
from app.db.assets import Asset
from app.db.environments import Environment
from app.db.pool import Connection
from app.runtime import Runtime

MOST = 10
"""Assets that one request may relate to another."""

Names = Sequence[tuple[str, str, str]] | Sequence[UUID]
"""Assets by resource type, type and public_id, or by asset_id."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one asset of a request, under Cloudinary's name, with an HTTP status."""

    code: str
    message: str
    status: int

    @property
    def is_success(self) -> bool:
        """Whether it is as it was asked for."""
        return self.status == 200


DONE = Outcome("success_ids", "success", 200)
ALREADY = Outcome("already_exists_ids", "resource already exists", 200)
INVALID = Outcome("invalid_ids", "invalid resource id", 400)
ITSELF = Outcome("invalid_relate_to_self_id", "cannot relate a resource to itself", 400)
MISSING = Outcome("non_existing_ids", "resource does not exist", 404)
UNRELATED = Outcome("relation_does_not_exist_ids", "relation does not exist", 404)


async def relate(
    runtime: Runtime, environment: Environment, asset: Asset, others: Names
) -> list[Outcome]:
    """Relates an asset to others, and them to it; the outcome for each, in their order."""
    async with runtime.pool.connection() as connection, connection.transaction():
        found = await _find(connection, environment, others)
        wanted = [each for each in found if each and each != asset.asset_id]
        new = await related_assets.add(
            connection, environment.environment_id, asset.asset_id, wanted
        )
    return [_outcome(asset, each, new, ALREADY) for each in found]


async def unrelate(
    runtime: Runtime, environment: Environment, asset: Asset, others: Names
) -> list[Outcome]:
    """Ends the relations of an asset to others; the outcome for each, in their order."""
    async with runtime.pool.connection() as connection, connection.transaction():
        found = await _find(connection, environment, others)
        wanted = [each for each in found if each and each != asset.asset_id]
        ended = await related_assets.remove(
            connection, environment.environment_id, asset.asset_id, wanted
        )
    return [_outcome(asset, each, ended, UNRELATED) for each in found]


async def _find(
    connection: Connection, environment: Environment, others: Names
) -> list[UUID | None]:
    ids = [each for each in others if isinstance(each, UUID)]
    names = [each for each in others if not isinstance(each, UUID)]
    if ids:
        return await related_assets.by_ids(connection, environment.environment_id, ids)
    return await related_assets.by_names(connection, environment.environment_id, names)


def _outcome(asset: Asset, other: UUID | None, changed: set[UUID], unchanged: Outcome) -> Outcome:
    if other is None:
        return MISSING
    if other == asset.asset_id:
        return ITSELF
    return DONE if other in changed else unchanged
