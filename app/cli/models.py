"""iris model: which model the vectors are of, and changing it while searches go on."""

import asyncio

import click
from rich.table import Table

from app.cli.command import console, iris_command, notices, prepare
from app.cli.progress import image_progress
from app.db import assets, models
from app.db.embeddings import Claimed
from app.db.pool import Pool, open_pool
from app.runtime import DEFAULT_MODEL, start_batcher
from app.vision.batcher import Batcher
from app.vision.registry import load_encoder

_BATCH = 64


@click.group()
def model() -> None:
    """The model that turns images and words into vectors."""


@model.command("show")
@iris_command
async def show() -> None:
    """Show the active model."""
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        active = await models.active(connection)
    if active is None:
        console.print(f"No model is active yet; the first start takes {DEFAULT_MODEL}.")
        return
    table = Table("model", "dimension", "fingerprint")
    table.add_row(active.name, str(active.dimension), active.fingerprint[:16])
    console.print(table)


@model.command("use")
@click.argument("name")
@iris_command
async def use(name: str) -> None:
    """Embed the whole library with model NAME, then switch to it. Searches go on meanwhile.

    NAME is `builtin`, an open_clip architecture with a pretrained tag such as
    ViT-B-32-256/datacomp_s34b_b86k, hf-hub:ORG/MODEL, local-dir:PATH, or ARCHITECTURE@CHECKPOINT.
    Going back is the same command with the model before.
    """
    settings, url = prepare()
    with notices.status(f"Loading {name} …"):
        encoder = await asyncio.to_thread(
            load_encoder, name, device=settings.device, threads=settings.threads
        )
    async with open_pool(url, settings) as pool:
        async with pool.connection() as connection:
            active = await models.activate_first(
                connection,
                name=encoder.name,
                fingerprint=encoder.fingerprint,
                dimension=encoder.dimension,
            )
            if active.fingerprint == encoder.fingerprint:
                console.print(f"{active.name} is the active model.")
                return
            following = await models.prepare_next(
                connection,
                name=encoder.name,
                fingerprint=encoder.fingerprint,
                dimension=encoder.dimension,
            )
        batcher = await start_batcher(encoder, settings)
        try:
            await _fill(pool, batcher)
        finally:
            await batcher.aclose()
        async with pool.connection() as connection:
            await models.switch(connection, following)
    console.print(f"{following.name} is the active model now; before it was {active.name}.")


async def _fill(pool: Pool, batcher: Batcher) -> None:
    """Embeds with the next model what the active one has embedded."""
    after: Claimed | None = None
    with image_progress() as progress:
        async with pool.connection() as connection:
            total = await models.count_missing_in_next(connection)
        task = progress.add_task("Embedding", total=total)
        while True:
            async with pool.connection() as connection:
                images = await models.missing_in_next(connection, after=after, limit=_BATCH)
            if not images:
                return
            await asyncio.gather(*(_embed(pool, batcher, image) for image in images))
            progress.advance(task, len(images))
            after = images[-1]


async def _embed(pool: Pool, batcher: Batcher, image: Claimed) -> None:
    """Embeds one image. One that cannot be is left to the queue, which records why."""
    async with pool.connection() as connection:
        data = await assets.read_original(
            connection, image.environment_id, image.asset_id, image.sha256, length=image.bytes
        )
    if data is None:
        return
    try:
        vector = await batcher.image(data)
    except Exception as error:
        notices.print(f"{image.asset_id.hex}: {error!r}", markup=False)
        return
    async with pool.connection() as connection:
        await models.store_in_next(connection, image, vector)
