"""Use case: an asset and a transformation become a rendition, built once and cached as a row.

Whoever claims a rendition builds it, in whatever process; everybody else waits for the row. What
strangers can have built is limited by number and size; a signed URL and `eager` are not limited,
for behind them is the owner of the environment.
"""

import asyncio
import time
from weakref import WeakKeyDictionary

from app.contract.transformation import Transformation
from app.db import assets, renditions
from app.db.assets import Asset
from app.db.environments import Environment
from app.db.renditions import Claim, Key, Rendition, Usage
from app.errors import BadRequest, Busy, NotFound, RateLimited
from app.runtime import Runtime
from app.vision.batcher import DECODE_THREADS
from app.vision.geometry import check_result
from app.vision.render import Rendered, render

MAX_WAITING = 64  # renditions that wait for a thread
PATIENCE = 30.0  # seconds to wait for another one to build it
_LEASE = 120.0  # seconds to wait for a thread and build; after a crash, the next one may try
_POLL = 0.05
_COUNTED_FOR = 30.0  # seconds; two threads build some hundreds of renditions in that time


class _Renderer:
    """What a runtime is rendering, and what it knows about usage."""

    def __init__(self) -> None:
        self.threads = asyncio.Semaphore(DECODE_THREADS)
        self.waiting = 0
        self.usage: dict[int, tuple[float, Usage]] = {}


_renderers: WeakKeyDictionary[Runtime, _Renderer] = WeakKeyDictionary()


async def rendition(
    runtime: Runtime,
    environment: Environment,
    asset: Asset,
    transformation: Transformation,
    format: str,
    *,
    trusted: bool = False,
) -> Rendition:
    """The stored rendition, built if there was none.

    Args:
        format: one of `app.contract.formats.WRITTEN`.
        trusted: whether the owner asked for it, whom the limits do not concern.

    Raises:
        BadRequest: the asset is no image, or the result would be empty or too large.
        RateLimited: the asset or the environment has as many renditions as it may have.
        Busy: too many wait already, or it takes too long.
        NotFound: the asset was deleted or overwritten meanwhile.
    """
    _check(asset, transformation)
    key = Key(environment.environment_id, asset.asset_id, str(transformation), format)
    give_up = time.monotonic() + PATIENCE
    while True:
        async with runtime.pool.connection() as connection:
            found = await renditions.find(connection, key)
        if found is not None:
            return found
        claim = await _claim(runtime, environment, key, trusted)
        if claim is not None:
            await _build(runtime, claim, asset, transformation)
        elif time.monotonic() > give_up:
            raise Busy("This picture is still being made. Try again in a moment.")
        else:
            await asyncio.sleep(_POLL)


def _check(asset: Asset, transformation: Transformation) -> None:
    if asset.resource_type != "image" or not asset.width or not asset.height:
        raise BadRequest(
            f"Invalid transformation: only images can be transformed, not"
            f" {asset.resource_type} files"
        )
    check_result(transformation, asset.width, asset.height)


async def _claim(
    runtime: Runtime, environment: Environment, key: Key, trusted: bool
) -> Claim | None:
    if not trusted:
        await _check_usage(runtime, environment)
    async with runtime.pool.connection() as connection:
        limit = None if trusted else runtime.settings.max_renditions_per_asset
        return await renditions.claim(connection, key, lease=_LEASE, limit=limit)


async def _check_usage(runtime: Runtime, environment: Environment) -> None:
    """Passes while the environment has room, as of the last count, which may take a while."""
    counted = _renderer(runtime).usage
    at, usage = counted.get(environment.environment_id, (float("-inf"), None))
    if usage is None or time.monotonic() - at > _COUNTED_FOR:
        async with runtime.pool.connection() as connection:
            usage = await renditions.usage(connection, environment.environment_id)
        counted[environment.environment_id] = (time.monotonic(), usage)
    limits = runtime.settings
    if usage.renditions >= limits.max_renditions or usage.bytes >= limits.max_rendition_bytes:
        raise RateLimited(
            f"{environment.cloud_name} has as many renditions as it may have. Signed URLs can"
            " still make new ones"
        )


def _renderer(runtime: Runtime) -> _Renderer:
    return _renderers.setdefault(runtime, _Renderer())


async def _build(
    runtime: Runtime, claim: Claim, asset: Asset, transformation: Transformation
) -> None:
    """Builds and stores what was claimed; gives the claim back, whatever happens."""
    try:
        rendered = await _rendered(runtime, claim.key, asset, transformation)
        async with runtime.pool.connection() as connection:
            await renditions.store(
                connection,
                claim,
                asset.sha256,
                rendered.data,
                width=rendered.width,
                height=rendered.height,
            )
    except BaseException:
        async with runtime.pool.connection() as connection:
            await renditions.release(connection, claim)
        raise


async def _rendered(
    runtime: Runtime, key: Key, asset: Asset, transformation: Transformation
) -> Rendered:
    """Bytes are read only when a thread is free: a queue of originals would fill the memory."""
    renderer = _renderer(runtime)
    if renderer.waiting >= MAX_WAITING:
        raise Busy("Too many pictures are being made. Try again in a moment.")
    renderer.waiting += 1
    try:
        async with renderer.threads:
            async with runtime.pool.connection() as connection:
                data = await assets.read_original(
                    connection,
                    key.environment_id,
                    key.asset_id,
                    asset.sha256,
                    length=asset.bytes,
                )
            if data is None:
                raise NotFound(f"Resource not found - {asset.public_id}")
            assert asset.width is not None
            assert asset.height is not None
            return await asyncio.to_thread(
                render,
                data,
                transformation,
                key.format,
                size=(asset.width, asset.height),
                max_pixels=runtime.settings.max_pixels,
            )
    finally:
        renderer.waiting -= 1
