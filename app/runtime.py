"""What a running process of Iris holds: settings, keys, connections and the encoder of the active
model.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from app.db import embedded, migration, models
from app.db.models import Model
from app.db.pool import Pool, open_pool
from app.download import Downloader
from app.errors import Misconfigured
from app.keyring import Keyring, load_keyring
from app.search_log import SearchLog
from app.settings import Settings
from app.vision.batcher import Batcher
from app.vision.encoder import Encoder
from app.vision.registry import load_encoder

DEFAULT_MODEL = "builtin"


class Runtime:
    """Everything that use cases need."""

    def __init__(
        self,
        settings: Settings,
        *,
        keyring: Keyring,
        pool: Pool,
        model: Model,
        batcher: Batcher,
        searches: SearchLog,
    ) -> None:
        self.settings = settings
        self.keyring = keyring
        self.pool = pool
        self.model = model
        self.batcher = batcher
        self.searches = searches
        self.downloader = Downloader(
            max_bytes=settings.max_file_bytes,
            timeout=settings.download_timeout,
            allow_hosts=settings.download_hosts,
        )
        self._following = asyncio.Lock()

    async def follow_model(self) -> None:
        """Loads the active model if it is another by now (`iris model use`); else does nothing."""
        async with self._following:
            async with self.pool.connection() as connection:
                active = await models.active(connection)
            if active == self.model:
                return
            encoder, model = await open_model(self.pool, self.settings)
            batcher = await start_batcher(encoder, self.settings)
            self.model, self.batcher, before = model, batcher, self.batcher
            await before.aclose()


def prepare_database(settings: Settings) -> str:
    """The URL of a running, migrated database, started and created if need be.

    Raises:
        Misconfigured: the server is too old, cannot be reached or does not start.
    """
    url = settings.database_url or embedded.start(settings.data_dir)
    migration.migrate(url)
    return url


@asynccontextmanager
async def open_runtime(
    settings: Settings, url: str, encoder: Encoder | None = None
) -> AsyncIterator[Runtime]:
    """A runtime on a prepared database, with the encoder of its active model (or the one given).

    Raises:
        Misconfigured: the loaded model is not the one whose vectors the database holds.
    """
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(url, settings))
        encoder, model = await open_model(pool, settings, encoder)
        runtime = Runtime(
            settings,
            keyring=load_keyring(settings),
            pool=pool,
            model=model,
            batcher=await start_batcher(encoder, settings),
            searches=await stack.enter_async_context(SearchLog.open(pool)),
        )
        try:
            yield runtime
        finally:
            await runtime.batcher.aclose()


async def start_batcher(encoder: Encoder, settings: Settings) -> Batcher:
    """A running batcher whose encoder has been used once, so that no user waits for that."""
    batcher = Batcher(encoder, queue_size=settings.queue_size, max_pixels=settings.max_pixels)
    await batcher.start()
    await batcher.warm_up()
    return batcher


async def open_model(
    pool: Pool, settings: Settings, encoder: Encoder | None = None
) -> tuple[Encoder, Model]:
    """The encoder of the active model; a database that never had a model gets this one."""
    async with pool.connection() as connection:
        active = await models.active(connection)
    if encoder is None:
        name = active.name if active else DEFAULT_MODEL
        encoder = await asyncio.to_thread(
            load_encoder, name, device=settings.device, threads=settings.threads
        )
    if active is None:
        async with pool.connection() as connection:
            active = await models.activate_first(
                connection,
                name=encoder.name,
                fingerprint=encoder.fingerprint,
                dimension=encoder.dimension,
            )
    if (active.name, active.fingerprint) != (encoder.name, encoder.fingerprint):
        raise Misconfigured(
            f"The library was indexed with model {active.name} ({active.fingerprint[:8]}), but this"
            f" is {encoder.name} ({encoder.fingerprint[:8]}). Run `iris model use {encoder.name}`"
            " to index it anew, or start with the version of Iris and the files of before."
        )
    return encoder, active
