"""What answers about one asset have only if it is asked for: its hash, what its pixels say, and
renditions that are made at once.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType

from app import notifications
from app.analysis import analyse_stored
from app.api.notices import Notifier
from app.api.shapes import Shaper
from app.contract.presets import decode
from app.db import asset_details
from app.db.assets import Asset
from app.db.environments import Environment
from app.eager import build_eager
from app.runtime import Runtime
from app.schemas.assets import ExaminedResource

# Which parts of an analysis a parameter asks for.
_PARTS = {
    "colors": ("colors", "predominant"),
    "quality_analysis": ("focus",),
    "exif": ("exif",),
    "image_metadata": ("metadata",),
    "media_metadata": ("metadata",),
}


async def add_extras(
    runtime: Runtime,
    environment: Environment,
    asset: Asset,
    params: Mapping[str, Any],
    shape: ExaminedResource,
) -> None:
    """Adds what flags among the parameters, decoded or not, ask for.

    Raises:
        BadRequest: a flag has a value that is none.
        Busy: too many images wait to be decoded.
    """
    asked = decode({name: params[name] for name in ("phash", *_PARTS) if name in params})
    if asked.get("phash"):
        shape.phash = await _phash(runtime, environment, asset)
    names = [name for name in _PARTS if asked.get(name)]
    parts = {part for name in names for part in _PARTS[name]}
    found = await analyse_stored(runtime, environment, asset, parts)
    if found.colors is not None and found.predominant is not None:
        shape.colors, shape.predominant = found.colors, found.predominant
    if found.focus is not None:
        shape.quality_analysis = {"focus": found.focus}
    if found.exif is not None:
        shape.exif = found.exif
    for name in ("image_metadata", "media_metadata"):
        if name in names and found.metadata is not None:
            setattr(shape, name, found.metadata)


async def _phash(runtime: Runtime, environment: Environment, asset: Asset) -> str | UnsetType:
    async with runtime.pool.connection() as connection:
        details = await asset_details.find(connection, environment.environment_id, asset.asset_id)
    return details.phash or UNSET if details else UNSET


async def eager(
    runtime: Runtime,
    environment: Environment,
    shaper: Shaper,
    asset: Asset,
    requested: Any,
    notifier: Notifier | None,
) -> list[dict[str, Any]] | UnsetType:
    """The renditions that were asked for, of which the webhook of `eager_notification_url` is told.

    Files that are no images have none.
    """
    if not requested or asset.resource_type != "image":
        return UNSET
    built = await build_eager(runtime, environment, asset, requested)
    made = [shaper.eager(asset, each) for each in built]
    if notifier is not None:
        about = {"asset_id": asset.asset_id.hex, "public_id": asset.public_id, "eager": made}
        async with runtime.pool.connection() as connection, connection.transaction():
            await notifications.announce(connection, notifier.notice("eager", about))
    return made
