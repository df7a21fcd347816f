"""iris env, iris key: accounts and their API keys."""

import asyncio
from urllib.parse import quote

import click
from rich.table import Table

from app.cli.command import console, iris_command, loaded_runtime, notices, prepare
from app.cli.progress import image_progress
from app.db import api_keys, environments
from app.db.api_keys import ApiKey
from app.db.environments import Environment
from app.db.pool import open_pool
from app.keyring import load_keyring
from app.runtime import Runtime
from app.worker import work_once


@click.group()
def env() -> None:
    """Environments: the accounts of this server, each with a library of its own."""


@env.command("create")
@click.argument("cloud")
@click.option("--api-key", help="Instead of a random one.")
@click.option("--api-secret", help="Instead of a random one.")
@click.option("--port", default=8000, show_default=True, help="Port of the printed URL.")
@iris_command
async def create(cloud: str, api_key: str | None, api_secret: str | None, port: int) -> None:
    """Create environment CLOUD with an API key, and print its CLOUDINARY_URL."""
    settings, url = prepare()
    keyring = load_keyring(settings)
    async with (
        open_pool(url, settings) as pool,
        pool.connection() as connection,
        connection.transaction(),
    ):
        environment = await environments.create(connection, cloud)
        key = await api_keys.add(
            connection, keyring, environment, api_key=api_key, secret=api_secret
        )
    console.print(cloudinary_url(environment, key, port), soft_wrap=True, highlight=False)


@env.command("list")
@iris_command
async def list_() -> None:
    """List the environments with what they hold."""
    settings, url = prepare()
    table = Table("cloud", "visual search", "images", "indexed", "pending", "failed")
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        for environment in await environments.list_all(connection):
            found = await environments.coverage(connection, environment)
            table.add_row(
                environment.cloud_name,
                "on" if environment.visual_search else "off",
                *map(str, (found.images, found.indexed, found.pending, found.failed)),
            )
    if table.row_count:
        console.print(table)
    else:
        notices.print("There is no environment yet: iris env create CLOUD")


@env.command("url")
@click.argument("cloud")
@click.option("--port", default=8000, show_default=True, help="Port that the server listens on.")
@iris_command
async def url_(cloud: str, port: int) -> None:
    """Print the CLOUDINARY_URL line with which the official clients reach CLOUD here."""
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        environment = await environments.get(connection, cloud)
        key = await api_keys.first_enabled(connection, load_keyring(settings), environment)
    console.print(cloudinary_url(environment, key, port), soft_wrap=True, highlight=False)


@env.command("visual-search")
@click.argument("cloud")
@click.argument("switch", type=click.Choice(["on", "off"]))
@iris_command
async def visual_search(cloud: str, switch: str) -> None:
    """Switch visual search of CLOUD on or off. "on" also indexes every image it holds."""
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        environment = await environments.get(connection, cloud)
        environment = await environments.switch_visual_search(
            connection, environment, switch == "on"
        )
    if switch == "off":
        console.print(f"Visual search is off for {cloud}. What was indexed is kept.")
        return
    async with loaded_runtime(settings, url) as runtime:
        await _index(runtime, environment)


async def _index(runtime: Runtime, environment: Environment) -> None:
    """Embeds what the environment lacks, together with any worker that runs, and shows how far."""
    found = await _coverage(runtime, environment)
    total = found.pending
    with image_progress() as progress:
        task = progress.add_task("Indexing", total=total, visible=total > 0)
        while found.pending:
            if not await work_once(runtime):
                await asyncio.sleep(1)  # the rest is with other workers, or waits for its next try
            before, found = found, await _coverage(runtime, environment)
            progress.update(task, completed=total - found.pending)
            if found == before:
                break
    console.print(
        f"Visual search is on for {environment.cloud_name}:"
        f" {found.indexed} of {found.images} images are indexed."
    )
    if found.pending or found.failed:
        console.print(f"{found.pending} wait for another try, {found.failed} failed.")


async def _coverage(runtime: Runtime, environment: Environment) -> environments.Coverage:
    async with runtime.pool.connection() as connection:
        return await environments.coverage(connection, environment)


@click.group()
def key() -> None:
    """API keys of an environment."""


@key.command("add")
@click.argument("cloud")
@click.option("--api-key", help="Instead of a random one.")
@click.option("--api-secret", help="Instead of a random one.")
@click.option("--label", default="", help="What the key is for.")
@click.option("--port", default=8000, show_default=True, help="Port of the printed URL.")
@iris_command
async def add(
    cloud: str, api_key: str | None, api_secret: str | None, label: str, port: int
) -> None:
    """Add an API key to CLOUD, and print its CLOUDINARY_URL."""
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        environment = await environments.get(connection, cloud)
        added = await api_keys.add(
            connection,
            load_keyring(settings),
            environment,
            api_key=api_key,
            secret=api_secret,
            label=label,
        )
    console.print(cloudinary_url(environment, added, port), soft_wrap=True, highlight=False)


@key.command("revoke")
@click.argument("cloud")
@click.argument("api_key")
@iris_command
async def revoke(cloud: str, api_key: str) -> None:
    """Disable API_KEY of CLOUD at once. Delivery URLs that it signed stop working too."""
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        environment = await environments.get(connection, cloud)
        await api_keys.revoke(connection, environment, api_key)
    console.print(f"API key {api_key} is revoked.", highlight=False)


def cloudinary_url(environment: Environment, key: ApiKey, port: int) -> str:
    """The line that makes the official clients use this server, deliveries included."""
    secret = quote(key.secret, safe="")
    return (
        f"CLOUDINARY_URL=cloudinary://{key.api_key}:{secret}@{environment.cloud_name}"
        f"?upload_prefix=http://127.0.0.1:{port}&cname=127.0.0.1:{port}"
    )
