"""Use cases: versions that were overwritten or deleted come back, or go for good."""

from collections.abc import Sequence
from uuid import UUID

from app.db import restoring
from app.db.environments import Environment
from app.db.restoring import Id, Name
from app.edit import Edited
from app.errors import NotFound
from app.indexing import index_now, lease, state_of
from app.runtime import Runtime


async def restore(
    runtime: Runtime, environment: Environment, wanted: Name | Id, version_ids: Sequence[UUID]
) -> Edited:
    """The asset after its version was restored; an image that asked for it is searchable again.

    Args:
        version_ids: the versions that may be restored, the newest of them is; if there are none, a
            deleted asset comes back as it was last, and one that is there is left alone.

    Raises:
        NotFound: no such version was kept.
        AlreadyExists: another asset has its name by now.
    """
    environment_id = environment.environment_id
    async with runtime.pool.connection() as connection:
        present = await restoring.find_present(connection, environment_id, wanted)
        chosen = await restoring.choose(connection, environment_id, wanted, version_ids)
        if present is not None and (not version_ids or present.version_id in version_ids):
            return Edited(present, await state_of(runtime, environment, present))
        if chosen is None:
            raise NotFound("There is no backup to restore it from")
        stored = await restoring.restore(connection, environment_id, chosen, lease=lease(runtime))
    if stored.pending and environment.visual_search:
        return Edited(stored.asset, await index_now(runtime, environment, stored.asset))
    return Edited(stored.asset, await state_of(runtime, environment, stored.asset))
