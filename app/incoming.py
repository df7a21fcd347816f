"""An uploaded file before it is stored: what it is, how large, and what it is converted to."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from PIL.Image import Image

from app.contract import formats
from app.contract.media import Kind, kind_of
from app.contract.transformation import parse
from app.contract.transformation_options import text_of
from app.errors import BadRequest, InvalidImage
from app.runtime import Runtime
from app.vision.decode import Decoded
from app.vision.phash import perceptual_hash
from app.vision.render import render

RESOURCE_TYPES = ("image", "video", "raw", "auto")


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A file to store. `picture` and `phash` are an image's; a video's size is not known."""

    data: bytes
    resource_type: str
    format: str | None = None
    width: int | None = None
    height: int | None = None
    pages: int = 1
    phash: str | None = None
    picture: Image | None = None


def kind_for(data: bytes, resource_type: str) -> Kind:
    """The kind that a file is stored as; for `auto` its first bytes decide.

    Raises:
        BadRequest: it is empty, or no video although it should be one.
    """
    if not data:
        raise BadRequest("The file is empty")
    if resource_type in ("image", "raw"):
        return Kind(resource_type)
    kind = kind_of(data)
    if resource_type == "video" and kind.resource_type != "video":
        raise BadRequest("Unsupported video format or file")
    return kind


async def examine(runtime: Runtime, data: bytes, kind: Kind, params: Mapping[str, Any]) -> Incoming:
    """The file as it is to be stored.

    Raises:
        BadRequest: it is a broken image, or not of the allowed formats, or cannot be converted.
    """
    if kind.resource_type == "image":
        try:
            return await _image(runtime, data, params)
        except InvalidImage:
            if kind.sure:
                raise
        kind = Kind("raw")
    return Incoming(data=data, resource_type=kind.resource_type, format=kind.format)


async def _image(runtime: Runtime, data: bytes, params: Mapping[str, Any]) -> Incoming:
    decoded = await runtime.batcher.decode(data)
    converted = await _converted(runtime, data, decoded, params)
    if converted is not None:
        data, decoded = converted, await runtime.batcher.decode(converted)
    return Incoming(
        data=data,
        resource_type="image",
        format=decoded.format,
        width=decoded.width,
        height=decoded.height,
        pages=decoded.pages,
        phash=await asyncio.to_thread(perceptual_hash, decoded.image),
        picture=decoded.image,
    )


async def _converted(
    runtime: Runtime, data: bytes, decoded: Decoded, params: Mapping[str, Any]
) -> bytes | None:
    """What `format` and `transformation` make of an image; None if it is stored as it came."""
    text, ending = text_of(params.get("transformation") or "")
    transformation = parse(text)
    asked = params.get("format") or transformation.format or ending
    asked = formats.normal(str(asked)) if asked else None
    if not text and asked in (None, decoded.format):
        return None
    format = formats.choose(asked, decoded.format)
    rendered = await asyncio.to_thread(
        render,
        data,
        transformation,
        format,
        size=(decoded.width, decoded.height),
        max_pixels=runtime.settings.max_pixels,
    )
    return rendered.data
