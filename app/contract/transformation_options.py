"""Transformations as the SDKs' options, the form in which `eager` arrives through a preset:
`{"crop": "fill", "width": 100, "format": "png"}` stands for `c_fill,w_100/png`.
"""

from collections.abc import Mapping
from typing import Any

from app.contract.transformation import MAX_LENGTH
from app.errors import BadRequest

_KEYS = {
    "angle": "a", "background": "b", "crop": "c", "dpr": "dpr", "fetch_format": "f", "gravity": "g",
    "height": "h", "quality": "q", "width": "w", "x": "x", "y": "y",
}  # fmt: skip


def text_of(requested: object) -> tuple[str, str | None]:
    """The text of a transformation, and the format that stands behind it, if any.

    Args:
        requested: `c_fill,w_100/png`, an object of options, or a chain of either.

    Raises:
        BadRequest: it has another shape, or an option that Iris does not know.
    """
    if isinstance(requested, str):
        return _split(requested)
    if isinstance(requested, list | tuple):
        return "/".join(filter(None, (text_of(each)[0] for each in requested))), None
    if not isinstance(requested, Mapping):
        raise BadRequest("Invalid transformation: it is a text, an object of options or a list")
    format = requested.get("format") or requested.get("extension")
    chain = [text_of(requested[name])[0] for name in _WHOLE if requested.get(name)]
    own = {key: value for key, value in requested.items() if key not in _BESIDE}
    text = "/".join(filter(None, [*chain, ",".join(sorted(_qualifiers(own)))]))
    return text, str(format) if format else None


_WHOLE = ("transformation", "raw_transformation")
_BESIDE = frozenset({*_WHOLE, "format", "extension"})


def _split(text: str) -> tuple[str, str | None]:
    chain, slash, last = text[: MAX_LENGTH + 1].strip("/").rpartition("/")
    if "_" in last or not last:
        return f"{chain}{slash}{last}", None
    return chain, last


def _qualifiers(options: Mapping[str, Any]) -> list[str]:
    parts = []
    for name, value in options.items():
        if name not in _KEYS or not isinstance(value, str | int | float):
            raise BadRequest(f"Invalid transformation: option {name[:100]} is not supported")
        parts.append(f"{_KEYS[name]}_{str(value).replace('#', 'rgb:')}")
    return parts
