"""What a component does to sizes, in numbers only. `app.vision.render` does the same to pixels."""

import math

import msgspec

from app.contract.transformation import MAX_SIDE, Number, Step, Transformation, default_gravity
from app.errors import BadRequest

MAX_RESULT_PIXELS = 25_000_000

Size = tuple[int, int]


class Placement(msgspec.Struct, frozen=True):
    """A part of what comes in, resized, then laid on a canvas."""

    source: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels of what comes in."""

    size: Size
    """The size that the part is brought to."""

    canvas: Size
    """The size of the result."""

    at: tuple[int, int] = (0, 0)
    """Where on the canvas the part's left top corner lies."""


def place(step: Step, width: int, height: int) -> Placement:
    """What `step` does to a picture of that size, before it is turned.

    Raises:
        BadRequest: the result is empty or too large.
    """
    placement = _place(step, width, height)
    check_size(placement.canvas)
    return placement


def check_size(size: Size) -> None:
    """Passes if a picture of that size may be made.

    Raises:
        BadRequest: it is too large.
    """
    if max(size) > MAX_SIDE or size[0] * size[1] > MAX_RESULT_PIXELS:
        raise BadRequest(
            f"Invalid transformation: the result would have {size[0]} x {size[1]} pixels. The"
            f" maximum is {MAX_RESULT_PIXELS} pixels and {MAX_SIDE} for each side"
        )


def check_result(transformation: Transformation, width: int, height: int) -> None:
    """Passes if every step of a transformation may be made from a picture of that size.

    Raises:
        BadRequest: one of them is empty or too large.
    """
    size = (width, height)
    for step in transformation.steps:
        size = turned(step, place(step, *size).canvas)
        check_size(size)
    check_size(size)


def turned(step: Step, size: Size) -> Size:
    """The size of the upright box around the turned picture (within a pixel)."""
    for angle in step.angle:
        if isinstance(angle, int):
            cosine, sine = (abs(f(math.radians(angle))) for f in (math.cos, math.sin))
            wide, high = (size[0] * cosine + size[1] * sine), (size[0] * sine + size[1] * cosine)
            size = (math.ceil(wide - 1e-6), math.ceil(high - 1e-6))
    return size


def _place(step: Step, width: int, height: int) -> Placement:
    if not step.resizes:
        return Placement((0, 0, width, height), (width, height), (width, height))
    wide, high = _pixels(step, step.width, width), _pixels(step, step.height, height)
    if step.crop == "crop":
        return _cut(step, (width, height), (wide or width, high or height))
    if step.crop == "scale" and wide and high:
        return Placement((0, 0, width, height), (wide, high), (wide, high))
    factors = [asked / size for asked, size in ((wide, width), (high, height)) if asked]
    if step.crop in ("fill", "thumb") and wide and high:
        return _fill(step, (width, height), (wide, high), max(factors))
    factor = min(1.0, *factors) if step.crop == "limit" else min(factors)
    size = _scaled(width, factor, wide), _scaled(height, factor, high)
    if step.crop == "pad" and wide and high:
        at = _window(step, (wide, high), size)
        return Placement((0, 0, width, height), size, (wide, high), at)
    return Placement((0, 0, width, height), size, size)


def _pixels(step: Step, asked: Number | None, size: int) -> int | None:
    """A side in pixels: fractions are of what comes in, pixels count for `dpr` of them."""
    if asked is None:
        return None
    return _rounded(asked * size if isinstance(asked, float) else asked * step.dpr)


def _scaled(size: int, factor: float, limit: int | None) -> int:
    return min(_rounded(size * factor), limit or MAX_SIDE * MAX_SIDE)


def _rounded(size: float) -> int:
    return max(1, math.floor(size + 0.5))


def _cut(step: Step, whole: Size, asked: Size) -> Placement:
    """The part of the asked size that lies within the picture."""
    part = min(asked[0], whole[0]), min(asked[1], whole[1])
    left, top = _anchor(step, whole, part)
    box = max(0, left), max(0, top), min(whole[0], left + part[0]), min(whole[1], top + part[1])
    size = box[2] - box[0], box[3] - box[1]
    if min(size) < 1:
        raise BadRequest("Invalid transformation: the part to crop lies outside the picture")
    return Placement(box, size, size)


def _fill(step: Step, whole: Size, asked: Size, factor: float) -> Placement:
    """The largest part with the proportions asked for. Cut before it is resized, so that filling a
    square from a picture of one line needs no larger picture in between.
    """
    scaled = max(asked[0], whole[0] * factor), max(asked[1], whole[1] * factor)
    left, top = _window(step, scaled, asked)
    edges = (left, top, left + asked[0], top + asked[1])
    source = [min(edge / factor, size) for edge, size in zip(edges, whole * 2, strict=True)]
    return Placement((source[0], source[1], source[2], source[3]), asked, asked)


def _window(step: Step, outer: tuple[float, float], inner: Size) -> tuple[int, int]:
    """Where the inner one lies; the offset does not move it over the edge."""
    left, top = _anchor(step, outer, inner)
    return (
        max(0, min(left, math.floor(outer[0]) - inner[0])),
        max(0, min(top, math.floor(outer[1]) - inner[1])),
    )


def _anchor(step: Step, outer: tuple[float, float], inner: Size) -> tuple[int, int]:
    """Where gravity and offset put the inner one; an offset leads away from the edge it lies at."""
    moved = step.x is not None or step.y is not None
    gravity = step.gravity or default_gravity(step.crop, moved)
    return (
        _along(outer[0], inner[0], "west" in gravity, "east" in gravity, _offset(step, step.x)),
        _along(outer[1], inner[1], "north" in gravity, "south" in gravity, _offset(step, step.y)),
    )


def _along(outer: float, inner: int, at_start: bool, at_end: bool, offset: int) -> int:
    room = outer - inner
    if at_end:
        return math.floor(room) - offset
    return offset if at_start else math.floor(room / 2) + offset


def _offset(step: Step, offset: int | None) -> int:
    return round((offset or 0) * step.dpr)
