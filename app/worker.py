"""Claims images that lack an embedding, embeds and stores them; sends webhooks; tidies up.

Any number of workers may run.
"""

import asyncio
from collections.abc import Callable

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from app import chunks, notifications
from app.db import assets, background, embeddings, query_vectors
from app.db.embeddings import Claimed
from app.errors import Busy, IrisError
from app.runtime import Runtime

log = structlog.get_logger(__name__)

_BATCH = 16  # the encoder's own batch
_LEASE = 300.0  # seconds; 16 images take 1 to 20 on a slow machine
_PAUSE = 1.0  # seconds between looks at an empty queue
_TIDY_EVERY = 300.0  # seconds


async def work(
    runtime: Runtime, *, forever: bool = True, progress: Callable[[int], None] | None = None
) -> None:
    """Does what is pending. Unless `forever`, ends when no image waits, and embeds only.

    `progress` is called with the number of images that are done, embedded or given up.
    """
    if not forever:
        await _embed_pending(runtime, forever, progress)
        return
    async with asyncio.TaskGroup() as group:
        group.create_task(_embed_pending(runtime, forever, progress))
        group.create_task(notifications.send_forever(runtime))
        group.create_task(_tidy_forever(runtime))


async def _embed_pending(
    runtime: Runtime, forever: bool, progress: Callable[[int], None] | None
) -> None:
    while True:
        try:
            done = await work_once(runtime)
        except (psycopg.OperationalError, PoolTimeout) as error:
            log.warning("database not reachable, trying again", error=str(error))
            done = 0
        except Exception:  # a defect must not end what else the process does
            log.exception("images are not embedded, trying again")
            done = 0
        if progress:
            progress(done)
        if not done and not forever:
            return
        if not done:
            await asyncio.sleep(_PAUSE)


async def _tidy_forever(runtime: Runtime) -> None:
    while True:
        try:
            await tidy(runtime)
        except (psycopg.OperationalError, PoolTimeout) as error:
            log.warning("not tidied up, trying again", error=str(error))
        except Exception:
            log.exception("not tidied up, trying again")
        await asyncio.sleep(_TIDY_EVERY)


async def tidy(runtime: Runtime) -> None:
    """Deletes what nobody needs any more (abandoned uploads, old webhooks, old words), and measures
    the background of scores where the library has grown.
    """
    await chunks.delete_abandoned(runtime)
    await notifications.delete_old(runtime)
    async with runtime.pool.connection() as connection:
        await query_vectors.trim(connection)
        for environment_id in await background.outdated(connection):
            await background.measure(connection, environment_id)


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
        await asyncio.sleep(_PAUSE)  # or the queue would be asked again without end
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
