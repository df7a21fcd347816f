"""iris demo: from nothing to a searched library in one command."""

import asyncio
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click
import httpx
import uvicorn

from app.asgi import create_app
from app.cli.command import console, iris_command, loaded_runtime, notices, prepare
from app.cli.environments import cloudinary_url
from app.cli.progress import image_progress
from app.cli.searching import results_table
from app.cli.serving import address, listen, make_server
from app.db import api_keys, environments
from app.db.api_keys import ApiKey
from app.db.environments import Environment
from app.errors import IrisError, Misconfigured
from app.runtime import Runtime

CLOUD = "demo"
PRESET = "visual_search"
_QUERIES = ("a cup of coffee", "a rocket that takes off")
_EXAMPLE = "chelsea"  # a cat
# Not photographs: masks, test patterns and the parts of stereo pairs and animations.
_LEFT_OUT = frozenset({"color", "horse", "logo", "multipage", "multipage_rgb", "phantom"})


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--exit", "leave", is_flag=True, help="End after the searches instead of serving.")
@iris_command
async def demo(port: int, leave: bool) -> None:
    """Start a server, fill it with sample pictures through its API, and search them."""
    pictures = _pictures()
    listening = listen("127.0.0.1", port)
    base = address(listening)
    settings, url = prepare()
    async with (
        loaded_runtime(settings, url) as runtime,
        _running(make_server(create_app(runtime), "warning"), listening) as serving,
    ):
        environment, key = await _account(runtime)
        api = f"{base}/v1_1/{CLOUD}"
        async with httpx.AsyncClient(
            base_url=api, auth=(key.api_key, key.secret), timeout=60
        ) as client:
            await _make_preset(client)
            uploaded = await _upload(client, pictures)
            example = uploaded[_EXAMPLE]
            await _show_searches(client, example)
        _say_what_next(base, environment, key, example)
        if not leave:
            notices.print("Serving until Ctrl-C.")
            await serving


@asynccontextmanager
async def _running(server: uvicorn.Server, listening: Any) -> AsyncIterator["asyncio.Task[None]"]:
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110 - it sets a flag only
        await asyncio.sleep(0.01)
    try:
        yield serving
    finally:
        server.should_exit = True
        await serving


def _pictures() -> list[Path]:
    """The sample pictures that come with scikit-image and scikit-learn."""
    try:
        import skimage
        import sklearn
    except ImportError as error:
        raise Misconfigured("The sample pictures are missing: pip install -e '.[demo]'") from error
    folders = (
        Path(skimage.__file__).parent / "data",
        Path(sklearn.__file__).parent / "datasets" / "images",
    )
    return sorted(
        path
        for folder in folders
        for path in folder.iterdir()
        if path.suffix in (".jpg", ".png", ".gif", ".tif") and path.stem not in _LEFT_OUT
    )


async def _account(runtime: Runtime) -> tuple[Environment, ApiKey]:
    async with runtime.pool.connection() as connection:
        environment = await environments.find(connection, CLOUD)
        if environment is None:
            environment = await environments.create(connection, CLOUD)
            return environment, await api_keys.add(connection, runtime.keyring, environment)
        return environment, await api_keys.first_enabled(connection, runtime.keyring, environment)


async def _make_preset(client: httpx.AsyncClient) -> None:
    _checked(
        await client.post(
            "/upload_presets",
            json={"name": PRESET, "unsigned": True, "similarity_search": "clip"},
        )
    )


async def _upload(client: httpx.AsyncClient, pictures: list[Path]) -> dict[str, str]:
    """Uploads the pictures, and gives the asset_id of each by its name."""
    uploaded: dict[str, str] = {}
    with image_progress() as progress:
        task = progress.add_task("Uploading", total=len(pictures))

        async def upload(path: Path) -> None:
            async with at_once:
                answer = await client.post(
                    "/image/upload",
                    data={"upload_preset": PRESET, "public_id": path.stem},
                    files={"file": (path.name, await asyncio.to_thread(path.read_bytes))},
                    auth=httpx.Auth(),  # unsigned: the preset alone allows it
                )
            uploaded[path.stem] = _checked(answer)["asset_id"]
            progress.advance(task)

        at_once = asyncio.Semaphore(8)
        await asyncio.gather(*map(upload, pictures))
    return uploaded


async def _show_searches(client: httpx.AsyncClient, example: str) -> None:
    for words in _QUERIES:
        await _show(client, f'Words: "{words}"', {"text": words})
    await _show(client, f"Similar to {_EXAMPLE}", {"image_asset_id": example})


async def _show(client: httpx.AsyncClient, title: str, query: dict[str, Any]) -> None:
    answer = await client.post("/resources/visual_search", json=query | {"max_results": 5})
    found = _checked(answer)["resources"]
    console.print()
    console.print(results_table(found, title))


def _checked(response: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    if "error" in body:
        raise IrisError(body["error"]["message"])
    return body


def _say_what_next(base: str, environment: Environment, key: ApiKey, asset_id: str) -> None:
    line = cloudinary_url(environment, key, int(base.rpartition(":")[2]))
    name, _, value = line.partition("=")
    setting = f"{name}={shlex.quote(value)}"
    python = "import cloudinary.api; print(cloudinary.api.visual_search(text='a cat'))"
    commands = (
        f"curl -u {key.api_key}:{key.secret}"
        f" '{base}/v1_1/{CLOUD}/resources/visual_search?text=cat'",
        f'{setting} python -c "{python}"',
        f"{setting} cld admin visual_search image_asset_id={asset_id}",
    )
    console.print()
    console.print(
        f"The page: {base}/ - sign in with {key.api_key} and {key.secret}",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    console.print(line, soft_wrap=True, highlight=False, markup=False)
    console.print("\nTry next, in another terminal (pip install cloudinary cloudinary-cli):")
    for command in commands:
        console.print(f"\n  {command}", soft_wrap=True, highlight=False, markup=False)
    console.print()
