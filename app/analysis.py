"""Use case: what the file of a stored image says beside its meaning, worked out when asked for."""

from collections.abc import Collection
from functools import partial

from app.db import assets
from app.db.assets import Asset
from app.db.environments import Environment
from app.errors import NotFound
from app.runtime import Runtime
from app.vision.analysis import Analysis, analyse


async def analyse_stored(
    runtime: Runtime, environment: Environment, asset: Asset, wanted: Collection[str]
) -> Analysis:
    """The wanted fields of `Analysis`; none of them where the asset is no image.

    Raises:
        NotFound: the asset was deleted or overwritten meanwhile.
        Busy: too many images wait to be decoded.
    """
    if not wanted or asset.resource_type != "image":
        return Analysis()
    async with runtime.pool.connection() as connection:
        data = await assets.read_original(
            connection,
            environment.environment_id,
            asset.asset_id,
            asset.sha256,
            length=asset.bytes,
        )
    if data is None:
        raise NotFound(f"Resource not found - {asset.public_id}")
    maximum = runtime.settings.max_pixels
    return await runtime.batcher.decoding(partial(analyse, data, wanted, max_pixels=maximum))
