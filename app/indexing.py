"""Use case: a stored image that waits for its embedding gets one before the client is answered."""

import asyncio

import msgspec
import structlog
from PIL.Image import Image

from app.db import asset_details, assets, embeddings
from app.db.assets import Asset
from app.db.embeddings import Claimed
from app.db.environments import Environment
from app.errors import Busy
from app.runtime import Runtime

log = structlog.get_logger(__name__)

_LEASE_MARGIN = 10.0  # seconds beyond the wait for the encoder in which its vector is stored


class Indexing(msgspec.Struct, frozen=True):
    """Where an asset stands. `state`: indexed, pending, failed, off or not_asked."""

    state: str
    reason: str | None = None


async def state_of(runtime: Runtime, environment: Environment, asset: Asset) -> Indexing:
    """Where a stored asset stands."""
    async with runtime.pool.connection() as connection:
        details = await asset_details.find(connection, environment.environment_id, asset.asset_id)
    return settled(environment, details)


def settled(environment: Environment, details: asset_details.AssetDetails | None) -> Indexing:
    """Where an asset with these details stands; without them, it was deleted meanwhile."""
    if not environment.visual_search:
        return Indexing("off")
    if details is None:
        return Indexing("not_asked")
    return Indexing(details.index_state, details.index_reason)


def lease(runtime: Runtime) -> float:
    """Seconds for which workers leave an image to the request that embeds it itself."""
    return runtime.settings.embed_timeout + _LEASE_MARGIN


async def index_now(
    runtime: Runtime, environment: Environment, asset: Asset, picture: Image | None = None
) -> Indexing:
    """Embeds an image that was just put in the queue. Whatever happens, it stays accounted for.

    Args:
        picture: the decoded image if the caller has it; otherwise the stored bytes are decoded.
    """
    image = Claimed(
        environment_id=environment.environment_id,
        asset_id=asset.asset_id,
        sha256=asset.sha256,
        bytes=asset.bytes,
    )
    model_id = runtime.model.model_id
    try:
        async with asyncio.timeout(runtime.settings.embed_timeout):
            vector = await _vector(runtime, image, picture)
    except (Busy, TimeoutError):
        async with runtime.pool.connection() as connection:
            await embeddings.release(connection, image)
        return Indexing("pending", "The encoder is busy; the image is indexed soon.")
    except Exception as error:
        log.exception("embedding failed", public_id=asset.public_id)
        async with runtime.pool.connection() as connection:
            await embeddings.fail(connection, image, repr(error), final=False)
        return Indexing("pending", "The encoder failed; the image is tried again soon.")
    if vector is not None:
        async with runtime.pool.connection() as connection:
            if await embeddings.store(connection, image, vector, model_id=model_id):
                return Indexing("indexed")
            await embeddings.release(connection, image)
        await runtime.follow_model()
    return Indexing("pending", "The image or the model changed meanwhile.")


async def _vector(
    runtime: Runtime, image: Claimed, picture: Image | None
) -> embeddings.Vector | None:
    """The vector of the picture, or of the stored bytes; None when these were replaced."""
    if picture is not None:
        return await runtime.batcher.embed(picture)
    async with runtime.pool.connection() as connection:
        data = await assets.read_original(
            connection, image.environment_id, image.asset_id, image.sha256, length=image.bytes
        )
    return None if data is None else await runtime.batcher.image(data)
