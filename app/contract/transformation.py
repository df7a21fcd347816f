"""Transformations as they stand in a delivery URL: `c_fill,g_north,h_200,w_300/a_90`. Text only;
what they do to sizes is `app.vision.geometry`, what they do to pixels `app.vision.render`.

Three things differ from Cloudinary, on purpose:

* `g_auto`, `g_face`, `g_faces` and their variants are the centre: Cloudinary's own fallback where
  it finds no face. Iris looks for none.
* Pictures are always upright, so that `a_exif` and `a_auto` change nothing.
* `q_`, `f_` and a flattening `b_` hold for the whole chain, the last one counting.
"""

import re
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from PIL import ImageColor

from app.errors import BadRequest

Crop = Literal["scale", "fit", "limit", "pad", "fill", "thumb", "crop"]
Number = int | float

MAX_SIDE = 10_000  # pixels; WebP ends at 16,383
MAX_DPR = 10.0
MAX_COMPONENTS = 10
MAX_LENGTH = 2000  # characters of a whole transformation
AUTO = "auto"

# Qualifiers that Cloudinary knows. With them a segment is a transformation and no folder.
_KNOWN = frozenset({
    "a", "ac", "af", "ar", "b", "bo", "br", "c", "co", "cs", "d", "dl", "dn", "dpr", "du", "e",
    "eo", "f", "fl", "fn", "fps", "g", "h", "if", "ki", "l", "o", "p", "pg", "q", "r", "so", "sp",
    "t", "u", "vc", "vs", "w", "x", "y", "z",
})  # fmt: skip
_QUALIFIER = re.compile(r"(?P<key>[a-z]{1,3})_(?P<value>.+)", re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]{1,5}")
_DECIMAL = re.compile(r"[0-9]{0,3}\.[0-9]{1,4}")
_HEX = re.compile(r"[0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8}")
_COMPASS = frozenset({
    "center", "north", "south", "east", "west", "north_east", "north_west", "south_east",
    "south_west",
})  # fmt: skip
_AUTO_GRAVITY = re.compile(r"(auto|face|faces)(:[\w:]{1,60})?")
_QUALITIES = frozenset({"auto", "auto:best", "auto:good", "auto:eco", "auto:low"})
_FORMATS = {"jpeg": "jpg", **{each: each for each in ("auto", "jpg", "png", "webp", "avif", "gif")}}
_MAX_TURNS = 4  # angles and flips of one component
_ECHO = 100  # characters of a wrong component that an error repeats

_PLACED = ("pad", "fill", "thumb", "crop")  # crops for which gravity and offset mean something


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One component. A fraction (float) of `width` or `height` is relative to what comes in."""

    crop: Crop = "scale"
    width: Number | None = None
    height: Number | None = None
    x: int | None = None
    y: int | None = None
    gravity: str = ""
    angle: tuple[int | str, ...] = ()
    dpr: float = 1.0
    background: str = ""

    @property
    def resizes(self) -> bool:
        """Whether it has to do with size at all; else it only turns or fills."""
        return self.width is not None or self.height is not None or self.crop == "crop"

    def qualifiers(self) -> list[str]:
        """The parts of the canonical form, without those that change nothing."""
        parts = [f"a_{'.'.join(map(str, self.angle))}"] if self.angle else []
        parts += [f"b_{self.background}"] if self.background else []
        if not self.resizes:
            return parts
        parts.append(f"c_{self.crop}")
        parts += [f"dpr_{self.dpr}"] if self.dpr != 1 else []
        numbers = {"h": self.height, "w": self.width, "x": self.x, "y": self.y}
        parts += [f"{key}_{number}" for key, number in numbers.items() if number is not None]
        return [*parts, f"g_{self.gravity}"] if self.gravity else parts


class Transformation(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done to a picture. `str()` is the canonical form, without `format`.

    The canonical form names a rendition: texts that differ only in their spelling share one.
    """

    steps: tuple[Step, ...] = ()
    quality: str = AUTO
    format: str | None = None
    """A format to deliver in, `auto` for one that the client accepts, None for the asset's own."""

    @property
    def background(self) -> str:
        """What shows through where the format has no transparency."""
        return next((step.background for step in reversed(self.steps) if step.background), "")

    def __str__(self) -> str:
        components = [step.qualifiers() for step in self.steps] or [[]]
        if self.quality != AUTO:
            components[-1].append(f"q_{self.quality}")
        return "/".join(",".join(sorted(parts)) for parts in components if parts)


def is_component(segment: str) -> bool:
    """Whether a segment of a URL has the form of a component, be it a right one or a wrong one."""
    parts = [_QUALIFIER.fullmatch(part) for part in segment.split(",")]
    keys = [part["key"] for part in parts if part]
    return len(keys) == len(parts) and not _KNOWN.isdisjoint(keys)


def parse(text: str) -> Transformation:
    """The transformation that a text describes; an empty one leaves the picture as it is.

    Raises:
        BadRequest: `Invalid transformation component …`, with what is wrong.
    """
    components = [component for component in text.split("/") if component]
    if len(text) > MAX_LENGTH or len(components) > MAX_COMPONENTS:
        raise BadRequest(
            f"Invalid transformation: it has more than {MAX_LENGTH} characters"
            f" or {MAX_COMPONENTS} components"
        )
    steps, quality, format = [], AUTO, None
    for component in components:
        values = _read(component)
        quality, format = values.pop("quality", quality), values.pop("format", format)
        values.pop("attachment", None)  # is about the answer, not about the picture
        step = _step(component, values)
        if step.qualifiers():
            steps.append(step)
    return Transformation(steps=tuple(steps), quality=quality, format=format)


def invalid(component: str, reason: str) -> BadRequest:
    """The error for a component that cannot be applied."""
    shown = component if len(component) <= _ECHO else f"{component[:_ECHO]}…"
    return BadRequest(f"Invalid transformation component {shown}: {reason}")


def _read(component: str) -> dict[str, Any]:
    """The values of one component by the names of `Step`."""
    values: dict[str, Any] = {}
    for part in component.split(","):
        found = _QUALIFIER.fullmatch(part)
        if found is None:
            raise invalid(component, "qualifiers are written key_value and separated by commas")
        reader = _READERS.get(found["key"])
        if reader is None:
            raise invalid(component, f"{found['key']}_ is not supported")
        name, read = reader
        if name in values:
            raise invalid(component, f"{found['key']}_ is given twice")
        try:
            values[name] = read(found["value"])
        except ValueError as error:
            raise invalid(component, f"{part[:_ECHO]} {error}") from None
    return values


def _step(component: str, values: dict[str, Any]) -> Step:
    """The step without what has no effect in it."""
    sized = "width" in values or "height" in values
    crop = values.get("crop", "scale")
    if not sized and not (crop == "crop" and ("x" in values or "y" in values)):
        if "crop" in values:
            raise invalid(component, "a crop mode needs w_ or h_")
        return Step(angle=values.get("angle", ()), background=values.get("background", ""))
    idle = {"x", "y", "gravity"} if crop not in _PLACED else set()
    moved = "x" in values or "y" in values
    if values.get("gravity") == default_gravity(crop, moved):
        idle.add("gravity")
    return Step(**{name: value for name, value in values.items() if name not in idle})


def default_gravity(crop: str, moved: bool) -> str:
    """Where a picture is placed or cut if nothing is said; coordinates of a cut are absolute."""
    return "north_west" if crop == "crop" and moved else "center"


def _side(text: str) -> Number:
    if _DECIMAL.fullmatch(text):
        number: Number = float(text)
        if 0 < number <= MAX_SIDE:
            return number
    elif _INTEGER.fullmatch(text) and 1 <= (number := int(text)) <= MAX_SIDE:
        return number
    raise ValueError(f"has to be 1 to {MAX_SIDE} pixels, or a fraction with a decimal point")


def _offset(text: str) -> int:
    if not _INTEGER.fullmatch(text) or abs(int(text)) > MAX_SIDE:
        raise ValueError(f"has to be a whole number of at most {MAX_SIDE} pixels")
    return int(text)


def _crop(text: str) -> str:
    if text not in ("scale", "fit", "limit", *_PLACED):
        raise ValueError("is not supported; scale, fit, limit, pad, fill, thumb and crop are")
    return text


def _gravity(text: str) -> str:
    if _AUTO_GRAVITY.fullmatch(text):
        return "center"
    if text not in _COMPASS:
        raise ValueError("is not supported; center, north, south_east and the like, auto are")
    return text


def _angle(text: str) -> tuple[int | str, ...]:
    turns: list[int | str] = []
    for part in text.split("."):
        if part in ("hflip", "vflip"):
            turns.append(part)
        elif _INTEGER.fullmatch(part):
            turns += [int(part) % 360] if int(part) % 360 else []
        elif part not in ("exif", "auto"):
            raise ValueError("has to be whole degrees, hflip, vflip, exif or auto")
    if len(turns) > _MAX_TURNS:
        raise ValueError(f"has more than {_MAX_TURNS} angles and flips")
    return tuple(turns)


def _dpr(text: str) -> float:
    if text == AUTO:
        return 1.0
    number = float(text) if _DECIMAL.fullmatch(text) or _INTEGER.fullmatch(text) else 0.0
    if not 0 < number <= MAX_DPR:
        raise ValueError(f"has to be a number up to {MAX_DPR}")
    return number


def _background(text: str) -> str:
    color = text.lower()
    if color in ImageColor.colormap or color == "transparent":
        return color
    if not color.startswith("rgb:") or not _HEX.fullmatch(color.removeprefix("rgb:")):
        raise ValueError("has to be the name of a colour or rgb: and 3, 4, 6 or 8 hex digits")
    return color


def _quality(text: str) -> str:
    if text in _QUALITIES:
        return AUTO if text == "auto:good" else text
    if not _INTEGER.fullmatch(text) or not 1 <= int(text) <= 100:
        raise ValueError("has to be 1 to 100, auto, auto:best, auto:good, auto:eco or auto:low")
    return str(int(text))


def _format(text: str) -> str:
    if text.lower() not in _FORMATS:
        raise ValueError("is not supported; auto, jpg, png, webp, avif and gif are")
    return _FORMATS[text.lower()]


def _attachment(text: str) -> str:
    if text.partition(":")[0] != "attachment":
        raise ValueError("is not supported; attachment and attachment:name are")
    return text


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "a": ("angle", _angle),
    "b": ("background", _background),
    "c": ("crop", _crop),
    "dpr": ("dpr", _dpr),
    "f": ("format", _format),
    "fl": ("attachment", _attachment),
    "g": ("gravity", _gravity),
    "h": ("height", _side),
    "q": ("quality", _quality),
    "w": ("width", _side),
    "x": ("x", _offset),
    "y": ("y", _offset),
}
