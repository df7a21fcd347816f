"""EXIF (CIPA DC-008): tags of a TIFF structure inside an image file, as texts.

Untrusted, so nothing is followed but the two pointers to the tables of the camera and of GPS, and
what is long or of no use as text is left out: maker notes, thumbnails, tables of curves.
"""

import struct
from collections.abc import Iterator
from typing import Any

from PIL.ExifTags import GPSTAGS, TAGS

MOST_TAGS = 500  # of one table; cameras write some 60
MOST_VALUES = 16  # of one tag that is no text
MOST_TEXT = 2000  # bytes
_CAMERA, _GPS = 0x8769, 0x8825
_TEXT, _UNDEFINED = 2, 7
_KINDS = {
    1: "B", _TEXT: "s", 3: "H", 4: "I", 5: "II", 6: "b", _UNDEFINED: "s", 8: "h", 9: "i",
    10: "ii", 11: "f", 12: "d",
}  # fmt: skip
_RATIONAL = (5, 10)
_HIDDEN = {"ExifOffset", "GPSInfo", "MakerNote", "InteroperabilityOffset"}

Fraction = tuple[int, int]
Value = str | tuple[int | float | Fraction, ...]


def read(data: bytes) -> dict[str, Value]:
    """The tags of an EXIF block by their names; empty when there are none, or they are broken.

    A rational number is its numerator and denominator.
    """
    data = data.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return {}
    (start,) = struct.unpack_from(order + "I", data, 4)
    main = dict(_table(data, order, start))
    tables = [(main, TAGS)]
    for pointer, names in ((_CAMERA, TAGS), (_GPS, GPSTAGS)):
        at = main.get(pointer)
        if isinstance(at, tuple) and isinstance(at[0], int):
            tables.append((dict(_table(data, order, at[0])), names))
    named = ((names.get(tag), value) for table, names in tables for tag, value in table.items())
    return {name: value for name, value in named if name and name not in _HIDDEN}


def _table(data: bytes, order: str, at: int) -> Iterator[tuple[int, Value]]:
    try:
        (count,) = struct.unpack_from(order + "H", data, at)
        for entry in range(at + 2, at + 2 + 12 * min(count, MOST_TAGS), 12):
            tag, kind, number = struct.unpack_from(order + "HHI", data, entry)
            value = _value(data, order, entry + 8, kind, number)
            if value:
                yield tag, value
    except struct.error:  # the file ends before the table does
        return


def _value(data: bytes, order: str, at: int, kind: int, number: int) -> Value | None:
    unit = _KINDS.get(kind)
    if unit is None or number > (MOST_TEXT if unit == "s" else MOST_VALUES):
        return None
    form = f"{order}{number}s" if unit == "s" else order + unit * number
    if struct.calcsize(form) > 4:
        (at,) = struct.unpack_from(order + "I", data, at)
    try:
        values: tuple[Any, ...] = struct.unpack_from(form, data, at)
    except struct.error:
        return None
    if unit == "s":
        return _text(values[0], kind)
    if kind in _RATIONAL:
        return tuple(zip(values[::2], values[1::2], strict=True))
    return values


def _text(data: bytes, kind: int) -> str | None:
    text = data.partition(b"\0")[0].decode("utf-8", "replace").strip()
    printable = text.isprintable() and "�" not in text
    return text if printable or kind == _TEXT else None


def raw(values: dict[str, Value]) -> dict[str, str]:
    """Each value as it is stored: `1/250`, `52/1, 31/1, 1230/100`."""
    return {name: _joined(value, _fraction) for name, value in sorted(values.items())}


def _joined(value: Value, write: Any) -> str:
    if isinstance(value, str):
        return value
    return ", ".join(write(each) if isinstance(each, tuple) else f"{each}" for each in value)


def _fraction(value: Fraction) -> str:
    return f"{value[0]}/{value[1]}"


def readable(values: dict[str, Value]) -> dict[str, str]:
    """Each value as people write it, positions as ExifTool does: `52 deg 31' 12.30" N`."""
    shown = {name: _joined(value, _number) for name, value in sorted(values.items())}
    for name in ("GPSLatitude", "GPSLongitude"):
        angle = _angle(values.get(name), shown.get(f"{name}Ref", ""))
        if angle:
            shown[name] = angle
    if "GPSLatitude" in shown and "GPSLongitude" in shown:
        shown["GPSPosition"] = f"{shown['GPSLatitude']}, {shown['GPSLongitude']}"
    return shown


def _number(value: Fraction) -> str:
    """A decimal number; a short time of exposure stays a fraction of a second."""
    numerator, denominator = value
    if not denominator:
        return "undef"
    if 0 < 3 * numerator < denominator:
        return f"1/{round(denominator / numerator)}"
    return f"{numerator / denominator:.8g}"


def _angle(value: Value | None, side: str) -> str | None:
    if not isinstance(value, tuple) or len(value) != 3:
        return None
    parts = [each[0] / each[1] for each in value if isinstance(each, tuple) and each[1]]
    if len(parts) != 3:
        return None
    seconds = 3600 * parts[0] + 60 * parts[1] + parts[2]
    return f"{int(seconds // 3600)} deg {int(seconds // 60 % 60)}' {seconds % 60:.2f}\" {side}"
