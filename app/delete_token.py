"""Use case: whoever uploaded a file may take it back for ten minutes, by a token of the answer."""

import time
from uuid import UUID

from app.cursor import Cursor, seal, unseal
from app.db import asset_deletions
from app.db.environments import Environment
from app.errors import BadRequest
from app.runtime import Runtime

_GOOD_FOR = 600  # seconds


class DeleteToken(Cursor, frozen=True, kw_only=True, array_like=True, tag="delete"):
    """Deletes the asset of that id."""

    asset_id: UUID


def make_token(runtime: Runtime, environment: Environment, asset_id: UUID) -> str:
    """A token for one asset, that nobody but this server can make."""
    token = DeleteToken(
        environment_id=environment.environment_id,
        expires=int(time.time()) + _GOOD_FOR,
        asset_id=asset_id,
    )
    return seal(runtime.keyring, token)


async def delete_by_token(runtime: Runtime, environment: Environment, text: str) -> bool:
    """Deletes the asset of a token; False when it is gone.

    Raises:
        BadRequest: the token is forged, older than ten minutes, or of another environment.
    """
    try:
        token = unseal(runtime.keyring, text, DeleteToken, environment.environment_id)
    except BadRequest:
        raise BadRequest("Invalid token") from None
    async with runtime.pool.connection() as connection:
        deletion = await asset_deletions.delete(
            connection,
            environment.environment_id,
            asset_deletions.by_asset_ids([token.asset_id]),
        )
    return bool(deletion.assets)
