"""Use case: the renditions that `eager` asks for, built when an asset is uploaded."""

from typing import Any

import msgspec

from app.contract import formats
from app.contract.transformation import Transformation, parse
from app.contract.transformation_options import text_of
from app.db.assets import Asset
from app.db.environments import Environment
from app.delivery import rendition
from app.errors import BadRequest, IrisError
from app.runtime import Runtime

MAX_EAGER = 50  # renditions of one upload


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one of them: a rendition, or the reason why there is none."""

    transformation: str
    """As it was asked for, without the format behind it."""

    format: str
    width: int = 0
    height: int = 0
    bytes: int = 0
    id: str = ""
    reason: str | None = None


def check_eager(requested: object) -> None:
    """Passes if every transformation can be read; to be called before anything is stored.

    Args:
        requested: a list of texts (`c_fill,w_100/png`) or options, or texts with `|` in between.

    Raises:
        BadRequest: one of them cannot, or there are too many.
    """
    for each in _several(requested):
        _read(each, None)


def _several(requested: object) -> list[Any]:
    if isinstance(requested, str):
        requested = [each for each in requested.split("|") if each]
    if not isinstance(requested, list | tuple):
        raise BadRequest("Invalid value for parameter eager: a list of transformations is expected")
    if len(requested) > MAX_EAGER:
        raise BadRequest(f"Invalid value for parameter eager: more than {MAX_EAGER} of them")
    return list(requested)


async def build_eager(
    runtime: Runtime, environment: Environment, asset: Asset, requested: object
) -> list[Derived]:
    """Builds what an upload asks for, in its order; takes what `check_eager` takes.

    Raises:
        BadRequest: as `check_eager`. What goes wrong later is a `reason`: the asset is stored.
    """
    check_eager(requested)
    return [await _build(runtime, environment, asset, each) for each in _several(requested)]


async def _build(
    runtime: Runtime, environment: Environment, asset: Asset, requested: Any
) -> Derived:
    text, transformation, format = _read(requested, asset.format)
    try:
        made = await rendition(runtime, environment, asset, transformation, format, trusted=True)
    except IrisError as error:
        return Derived(transformation=text, format=format, reason=error.message)
    return Derived(
        transformation=text,
        format=format,
        width=made.width,
        height=made.height,
        bytes=made.bytes,
        id=made.id,
    )


def _read(requested: Any, asset_format: str | None) -> tuple[str, Transformation, str]:
    text, extension = text_of(requested)
    transformation = parse(text)
    asked = transformation.format or (formats.normal(extension) if extension else None)
    return text, transformation, formats.choose(asked, asset_format)
