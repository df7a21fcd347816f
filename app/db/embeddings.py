"""Embeddings, the queue of those that are missing, and ranking, which happens in SQL alone."""

from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector

from app.db.pool import Connection, many, one_vector, run, value
from app.db.queries import load

_SQL = load("embeddings")
MOST_ATTEMPTS = 5

Vector = NDArray[np.float32]


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """An image that this process is to embed."""

    environment_id: int
    asset_id: UUID
    sha256: bytes
    bytes: int
    attempts: int = 0


async def expect(
    connection: Connection,
    environment_id: int,
    asset_id: UUID,
    *,
    wanted: bool,
    changed: bool,
    lease: float,
) -> bool:
    """Puts an image in or out of the index as it asks, and says whether it now waits for a vector.

    Args:
        changed: whether its pixels are new, so that an embedding it may have is of another image.
    """
    key = {"environment_id": environment_id, "asset_id": asset_id}
    if changed or not wanted:
        await run(connection, _SQL["forget"], **key)
    if not wanted:
        await run(connection, _SQL["unwant"], **key)
        return False
    if await value(connection, _SQL["exists"], **key):
        return False
    await run(connection, _SQL["want"], **key, lease=lease)
    return True


async def store(connection: Connection, image: Claimed, vector: Vector, *, model_id: int) -> bool:
    """Stores a vector; False when the image or the active model changed meanwhile."""
    return bool(
        await value(
            connection,
            _SQL["store"],
            environment_id=image.environment_id,
            asset_id=image.asset_id,
            sha256=image.sha256,
            vector=HalfVector(vector),
            model_id=model_id,
        )
    )


async def claim(connection: Connection, *, limit: int, lease: float) -> list[Claimed]:
    """Up to `limit` images without an embedding, for `lease` seconds nobody else's."""
    return await many(connection, Claimed, _SQL["claim"], limit=limit, lease=lease)


async def release(connection: Connection, image: Claimed) -> None:
    """Gives an image back to the workers."""
    await run(
        connection,
        _SQL["release"],
        environment_id=image.environment_id,
        asset_id=image.asset_id,
    )


async def fail(connection: Connection, image: Claimed, reason: str, *, final: bool) -> None:
    """Records why an image has no embedding. It is tried again later unless that is `final`."""
    await run(
        connection,
        _SQL["fail"],
        environment_id=image.environment_id,
        asset_id=image.asset_id,
        reason=reason,
        final=final,
        most_attempts=MOST_ATTEMPTS,
    )


async def count_waiting(connection: Connection) -> int:
    """How many images of all environments lack an embedding."""
    return int(await value(connection, _SQL["count_waiting"]))


async def vector_of(connection: Connection, environment_id: int, asset_id: UUID) -> Vector | None:
    """The stored embedding of an image, float32, or None."""
    return await one_vector(
        connection, _SQL["vector_of"], environment_id=environment_id, asset_id=asset_id
    )
