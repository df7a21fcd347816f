"""How Cloudinary's clients spell values in a request: flags, lists, `k=v|k=v` maps, chains.

Nothing here knows what a parameter means; it only reads its value and names it when it is wrong.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from app.errors import BadRequest

T = TypeVar("T")

_FLAGS = {"1": True, "true": True, "0": False, "false": False}
_INDEXED = re.compile(r"(?P<name>.+)\[(?P<index>\d{0,6})\]", re.DOTALL)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})([eE][+-]?[0-9]{1,2})?")
_PAIR_END = re.compile(r"(?<!\\)\|")
_KEY_END = re.compile(r"(?<!\\)=")
_ESCAPED = re.compile(r"\\([=|])")
_TAG = 255  # characters
_DEEPEST = 50  # lists and objects in each other
_ECHO = 200  # characters of a wrong value that an error repeats


def invalid(name: str, value: object, reason: str = "") -> BadRequest:
    """The error for a value that cannot be read; `reason` is a sentence without its full stop."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    shown = text if len(text) <= _ECHO else f"{text[:_ECHO]}…"
    return BadRequest(f"Invalid value for parameter {name}: {shown}" + (reason and f". {reason}"))


def parse_boolean(name: str, value: object) -> bool:
    """True or False from 1, 0, true or false, as text, number or JSON boolean."""
    flag = _FLAGS.get(str(value).strip().lower()) if isinstance(value, str | int) else None
    if flag is None:
        raise invalid(name, value)
    return flag


def parse_integer(
    name: str, value: object, minimum: int | None = None, maximum: int | None = None
) -> int:
    """A whole number between the bounds, which belong to the range."""
    if isinstance(value, bool) or not _INTEGER.fullmatch(str(value).strip()):
        raise invalid(name, value)
    number = int(str(value))
    _check_range(name, number, minimum, maximum)
    return number


def parse_number(
    name: str, value: object, minimum: float | None = None, maximum: float | None = None
) -> float:
    """A finite decimal number between the bounds, which belong to the range."""
    if isinstance(value, bool) or not _NUMBER.fullmatch(str(value).strip()):
        raise invalid(name, value)
    number = float(str(value))
    if not math.isfinite(number):
        raise invalid(name, value)
    _check_range(name, number, minimum, maximum)
    return number


def _check_range(name: str, number: float, minimum: float | None, maximum: float | None) -> None:
    if minimum is not None and number < minimum:
        raise invalid(name, number, f"The minimum is {minimum}")
    if maximum is not None and number > maximum:
        raise invalid(name, number, f"The maximum is {maximum}")


def parse_list(name: str, value: object) -> list[str]:
    """Texts of `a,b`, `["a","b"]` or a list, trimmed, in order, without empty ones and repeats.

    The elements of a list stay whole, because a public_id may contain a comma.
    """
    if isinstance(value, str):
        array = _json_or_none(name, value, list)
        value = value.split(",") if array is None else array
    elif value is None:
        value = []
    if not isinstance(value, list | tuple) or not all(map(_is_scalar, value)):
        raise invalid(name, value)
    return list(dict.fromkeys(text for text in (_text(item).strip() for item in value) if text))


def parse_tags(name: str, value: object) -> list[str]:
    """Like `parse_list`, for words that hold no comma: `["a,b", "c"]` are three of them.

    A word has 255 characters at most, for assets are listed by their tags.
    """
    words = (word.strip() for item in parse_list(name, value) for word in item.split(","))
    tags = list(dict.fromkeys(word for word in words if word))
    if any(len(tag) > _TAG for tag in tags):
        raise invalid(name, value, f"The maximum is {_TAG} characters each")
    return tags


def parse_context(name: str, value: object) -> dict[str, str]:
    r"""The pairs of `k=v|k2=v2` (with `\=` and `\|` for the characters), or of an object.

    Only these two escapes exist: clients do not double a backslash. Lists among an object's values
    become JSON text, as the clients write them.
    """
    if value is None:
        return {}
    if isinstance(value, str):
        pairs = _json_or_none(name, value, dict)
        value = _split_pairs(name, value) if pairs is None else pairs
    if not isinstance(value, Mapping):
        raise invalid(name, value)
    texts = {str(key).strip(): _text(item) for key, item in value.items()}
    if "" in texts:
        raise invalid(name, value, "A key is missing")
    return texts


def format_context(pairs: Mapping[str, str]) -> str:
    """The inverse of `parse_context`.

    A backslash at the end of a text would escape the separator after it and cannot be escaped
    itself, so then the pairs are written as a JSON object.
    """
    if any(text.endswith("\\") for pair in pairs.items() for text in pair):
        return json.dumps(dict(pairs))
    return "|".join(f"{_escape(key)}={_escape(value)}" for key, value in pairs.items())


def _escape(text: str) -> str:
    return text.replace("=", "\\=").replace("|", "\\|")


def _split_pairs(name: str, text: str) -> dict[str, str]:
    pairs = {}
    for pair in filter(str.strip, _PAIR_END.split(text)):
        parts = _KEY_END.split(pair, maxsplit=1)
        if len(parts) == 1:
            raise invalid(name, text, "Pairs are written key=value and separated by |")
        key, value = (_ESCAPED.sub(r"\1", part) for part in parts)
        pairs[key] = value
    return pairs


def collect(pairs: Iterable[tuple[str, T]]) -> dict[str, T | list[T]]:
    """One value for each name of a form, query or JSON object.

    `k[]` and `k[0]` give a list under `k`, always; a bare `k` gives one only when it is repeated.
    Indexed values are put in the order of their index.

    Raises:
        BadRequest: a text cannot be stored (a NUL character, or half a surrogate pair).
    """
    lists: dict[str, list[tuple[int, T]]] = {}
    arrays = set()
    for key, value in pairs:
        check_text(key, key)
        check_text(key, value)
        match = _INDEXED.fullmatch(key)
        name, index = (match["name"], match["index"]) if match else (key, "")
        if match:
            arrays.add(name)
        entries = lists.setdefault(name, [])
        entries.append((int(index) if index else len(entries), value))
    return {
        name: [value for _, value in sorted(entries, key=lambda entry: entry[0])]
        if name in arrays or len(entries) > 1
        else entries[0][1]
        for name, entries in lists.items()
    }


def check_text(name: str, value: object, depth: int = 0) -> None:
    """Refuses, at any depth, a text that PostgreSQL cannot store; other values pass.

    Nothing that makes sense is nested deeply, and what reads it later must not run out of stack.
    """
    if depth > _DEEPEST:
        raise BadRequest(f"Invalid value for parameter {name!a}: nested too deeply")
    if isinstance(value, str):
        _check_characters(name, value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_text(name, key)
            check_text(name, item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            check_text(name, item, depth + 1)


def _check_characters(name: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest(f"Invalid value for parameter {name!a}: not Unicode") from None
    if "\0" in text:
        raise BadRequest(f"Invalid value for parameter {name!a}: NUL character")


def _json_or_none(name: str, text: str, kind: type[T]) -> T | None:
    opening = "[" if kind is list else "{"
    if not text.lstrip().startswith(opening):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    check_text(name, value)  # escapes may stand for what the text itself did not have
    return value if isinstance(value, kind) else None


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_OPTIONS = {
    "a": "angle", "ac": "audio_codec", "af": "audio_frequency", "ar": "aspect_ratio",
    "b": "background", "bo": "border", "br": "bit_rate", "c": "crop", "co": "color",
    "cs": "color_space", "d": "default_image", "dl": "delay", "dn": "density", "dpr": "dpr",
    "du": "duration", "e": "effect", "eo": "end_offset", "f": "fetch_format", "fl": "flags",
    "fps": "fps", "g": "gravity", "h": "height", "ki": "keyframe_interval", "l": "overlay",
    "o": "opacity", "p": "prefix", "pg": "page", "q": "quality", "r": "radius",
    "so": "start_offset", "sp": "streaming_profile", "t": "transformation", "u": "underlay",
    "vc": "video_codec", "vs": "video_sampling", "w": "width", "x": "x", "y": "y", "z": "zoom",
}  # fmt: skip


def parse_transformation(text: str) -> list[dict[str, Any]]:
    """The steps of `c_scale,w_100/e_sepia` by the names of the SDKs' options.

    A step with anything unknown stays whole, as `raw_transformation`.
    """
    return [_parse_step(step) for step in text.split("/") if step]


def _parse_step(step: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for part in step.split(","):
        short, _, value = part.partition("_")
        name = _OPTIONS.get(short)
        if not name or not value or name in options:
            return {"raw_transformation": step}
        options[name] = _number_or_text(value)
    return options


def _number_or_text(text: str) -> int | float | str:
    if _INTEGER.fullmatch(text) and str(int(text)) == text:
        return int(text)
    if _NUMBER.fullmatch(text) and str(float(text)) == text:
        return float(text)
    return text


def parse_eager(text: str) -> list[dict[str, Any]]:
    """The derived images of `c_fill,w_100|c_scale,w_50/jpg`, each an object of options.

    A chain of several steps is the object's `transformation`; what follows the last slash without
    an underscore is its `format`, empty for the original one.
    """
    return [_parse_derived(derived) for derived in text.split("|") if derived]


def _parse_derived(text: str) -> dict[str, Any]:
    chain, slash, extension = text.rpartition("/")
    if not slash or "_" in extension:
        chain, slash = text, ""
    steps = parse_transformation(chain)
    options = steps[0] if len(steps) == 1 else {"transformation": steps}
    return options | {"format": extension} if slash else options
