"""What is done in the background: embeds images, groups near-duplicates, sends webhooks, audits,
tidies up.

Any number of workers may run.
"""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from app import chunks, notifications
from app.db import (
    assets,
    background,
    embeddings,
    near_duplicates,
    query_vectors,
    ranking,
    recall_audits,
    search_events,
)
from app.db.embeddings import Claimed
from app.errors import Busy, IrisError
from app.runtime import Runtime

log = structlog.get_logger(__name__)

_BATCH = 16  # the encoder's own batch
_LEASE = 300.0  # seconds; 16 images take 1 to 20 on a slow machine
_PAUSE = 1.0  # seconds between looks at an empty queue
_TIDY_EVERY = 300.0  # seconds
_AUDIT_QUERIES = 100
_AUDIT_SECONDS = 30.0  # once a day: 0.04 % of one connection's time


async def work(
    runtime: Runtime, *, forever: bool = True, progress: Callable[[int], None] | None = None
) -> None:
    """Does what is pending. Unless `forever`, ends when no image waits, and embeds only.

    `progress` is called with the number of images that are done, embedded or given up.
    """

    async def embed() -> int:
        done = await work_once(runtime)
        if progress:
            progress(done)
        return done

    if not forever:
        while await _attempt("images are not embedded", embed):
            pass
        return
    async with asyncio.TaskGroup() as group:
        group.create_task(_repeat("images are not embedded", embed))
        group.create_task(_repeat("near-duplicates are not grouped", lambda: group_once(runtime)))
        group.create_task(_repeat("not tidied up", lambda: tidy(runtime), pause=_TIDY_EVERY))
        group.create_task(_repeat("not audited", lambda: audit(runtime), pause=_TIDY_EVERY))
        group.create_task(notifications.send_forever(runtime))


async def _repeat(
    complaint: str, step: Callable[[], Awaitable[int | None]], *, pause: float = _PAUSE
) -> None:
    """Does a step again and again, with a pause whenever it has found nothing to do."""
    while True:
        if not await _attempt(complaint, step):
            await asyncio.sleep(pause)


async def _attempt(complaint: str, step: Callable[[], Awaitable[int | None]]) -> int | None:
    """What the step has done; None when it failed, which ends nothing else."""
    try:
        return await step()
    except (psycopg.OperationalError, PoolTimeout) as error:
        log.warning(f"{complaint}, trying again", error=str(error))
    except Exception:
        log.exception(f"{complaint}, trying again")
    return None


async def tidy(runtime: Runtime) -> None:
    """Deletes what nobody needs any more (abandoned uploads, old webhooks, words and searches), and
    measures the background of scores where the library has grown.
    """
    await chunks.delete_abandoned(runtime)
    await notifications.delete_old(runtime)
    async with runtime.pool.connection() as connection:
        await query_vectors.trim(connection)
        await ranking.trim(connection)
        await search_events.note_shown(connection)
        await search_events.trim(connection, days=runtime.settings.search_log_days)
        for environment_id in await background.outdated(connection):
            await background.measure(connection, environment_id)


async def audit(runtime: Runtime) -> None:
    """Measures the recall of libraries that are ranked approximately, each once a day."""
    settings = runtime.settings
    async with runtime.pool.connection() as connection:
        for environment_id in await recall_audits.due(connection, exact_limit=settings.exact_limit):
            await recall_audits.audit(
                connection,
                environment_id,
                ef_search=settings.ef_search,
                queries=_AUDIT_QUERIES,
                seconds=_AUDIT_SECONDS,
            )


async def group_once(runtime: Runtime) -> bool:
    """Looks for the near-duplicates of one batch of images; says whether more may wait.

    Fewer than a batch are no reason to look again at once: uploads that come one by one would then
    compete with one search each.
    """
    async with runtime.pool.connection() as connection:
        return await near_duplicates.group_batch(connection) == near_duplicates.BATCH


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
