"""Claims images that lack an embedding, embeds and stores them. Any number of workers may run."""

import asyncio
from collections.abc import Callable

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from app.db import assets, embeddings, query_vectors
from app.db.embeddings import Claimed
from app.errors import Busy, IrisError
from app.runtime import Runtime

log = structlog.get_logger(__name__)

_BATCH = 16  # the encoder's own batch
_LEASE = 300.0  # seconds; 16 images take 1 to 20 on a slow machine
_PAUSE = 1.0  # seconds between looks at an empty queue
_TRIM_EVERY = 3600


async def work(
    runtime: Runtime, *, forever: bool = True, progress: Callable[[int], None] | None = None
) -> None:
    """Embeds what is pending; ends when nothing is left unless `forever`.

    `progress` is called with the number of images that are done, embedded or given up.
    """
    idle = 0
    while True:
        try:
            done = await work_once(runtime)
        except (psycopg.OperationalError, PoolTimeout) as error:
            log.warning("database not reachable, trying again", error=str(error))
            done = 0
        if progress:
            progress(done)
        if not done and not forever:
            return
        if not done:
            idle += 1
            await asyncio.sleep(_PAUSE)
            if idle % _TRIM_EVERY == 0:
                async with runtime.pool.connection() as connection:
                    await query_vectors.trim(connection)


async def work_once(runtime: Runtime) -> int:
    """Claims one batch and sees it through; gives the number of images claimed."""
    async with runtime.pool.connection() as connection:
        claimed = await embeddings.claim(connection, limit=_BATCH, lease=_LEASE)
    await asyncio.gather(*(_embed(runtime, image) for image in claimed))
    return len(claimed)


async def _embed(runtime: Runtime, image: Claimed) -> None:
    async with runtime.pool.connection() as connection:
        data = await assets.read_original(
            connection, image.environment_id, image.asset_id, image.sha256, length=image.bytes
        )
    if data is None:
        return  # deleted or overwritten since it was claimed
    model_id = runtime.model.model_id
    try:
        vector = await runtime.batcher.image(data)
    except Busy:
        async with runtime.pool.connection() as connection:
            await embeddings.release(connection, image)
        return
    except Exception as error:
        log.warning("embedding failed", asset_id=image.asset_id.hex, error=str(error))
        async with runtime.pool.connection() as connection:
            # What is wrong with the file itself does not pass by waiting.
            await embeddings.fail(
                connection, image, str(error) or repr(error), final=isinstance(error, IrisError)
            )
        return
    async with runtime.pool.connection() as connection:
        if await embeddings.store(connection, image, vector, model_id=model_id):
            return
        await embeddings.release(connection, image)
    await runtime.follow_model()
