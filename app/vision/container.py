"""Walks the skeleton of an image file: is it whole, where does it end, how many frames has it.

No pixel is decoded and nothing is allocated that the file only claims to hold, so hostile lengths
and counts are refused before Pillow sees them. Metadata (EXIF, XMP, ICC, text), which is where
decompression bombs and parser bugs live, is cut out of JPEG, PNG and GIF: Pillow never parses it.
"""

import re
import struct
from collections.abc import Callable, Iterator

import msgspec

# A 100 MB PNG has some 12,000 chunks, a JPEG some 100 segments, a 100 MB GIF 400,000 sub-blocks.
# A part costs about 1 us, a sub-block 0.1 us: a hostile file is walked within 0.2 s.
MAX_PARTS = 100_000
MAX_BLOCKS = 1_000_000
# A progressive JPEG has about 10 scans, and each costs a pass over all its coefficients.
MAX_SCANS = 64
# The largest honest TIFF array that is not bytes is a 16-bit transfer function: 3 * 65,536.
MAX_TAG_COUNT = 1 << 18


class Malformed(ValueError):
    """The file is cut off, or its structure contradicts itself."""


class Container(msgspec.Struct, frozen=True):
    """What the skeleton of a file says."""

    format: str
    """Pillow's name of the one plugin that may open `body`."""

    end: int
    """Offset just behind the image's last byte; what follows belongs to something else."""

    body: bytes
    """What Pillow gets to see."""

    pages: int | None = 1
    """Frames or pages; None where Pillow knows without decoding."""

    size: tuple[int, int] | None = None
    """The largest canvas declared, where Pillow would allocate it before we could refuse."""

    exif: bytes = b""
    """A TIFF structure that may hold an orientation, where Pillow does not get to see it."""


def inspect(data: bytes) -> Container:
    """The skeleton of `data`.

    Raises:
        Malformed: no format that we accept, cut off, or hostile.
    """
    for magic, walk in _WALKS:
        if magic.match(data):
            try:
                return walk(data)
            except (struct.error, IndexError):
                raise Malformed("truncated") from None
    raise Malformed("unknown format")


def orientation(exif: bytes) -> int:
    """EXIF orientation 1..8 from a TIFF structure or an EXIF block; 1 when there is none."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for index in range(count):
            tag, _, _, value = struct.unpack_from(order + "HHIH", exif, start + 2 + 12 * index)
            if tag == 274:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _steps(most: int = MAX_PARTS) -> Iterator[int]:
    yield from range(most)
    raise Malformed("too many parts")


# Any marker but a stuffed zero, a restart marker or padding.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def _jpeg(data: bytes) -> Container:
    """Segments up to the first scan without metadata, then everything up to the end marker.

    What follows the end marker of the first picture (previews, a motion photo's video) is cut off.
    """
    kept, exif, at, scans = [data[:2]], b"", 2, 0
    for _ in _steps():
        found = _MARKER.search(data, at)
        if found is None:
            raise Malformed("no end marker")
        start, marker = found.start(), data[found.end() - 1]
        if marker == 0xD9:
            kept.append(data[start : found.end()])
            return Container("JPEG", found.end(), b"".join(kept), exif=exif)
        (length,) = struct.unpack_from(">H", data, found.end())
        at = found.end() + length
        if marker == 0xE1 and data.startswith(b"Exif\0\0", start + 4):
            exif = exif or data[start + 10 : at]
        if marker == 0xDA:
            scans += 1
            following = _MARKER.search(data, at)
            at = following.start() if following else len(data)
        if marker not in _JPEG_METADATA:
            kept.append(data[start:at])
        if scans > MAX_SCANS or length < 2:
            raise Malformed("too many scans or an empty segment")
    raise AssertionError  # pragma: no cover


# APP1 to APP15 and comments, but not APP14, which says how the colours are to be read.
_JPEG_METADATA = {0xFE, *range(0xE1, 0xF0)} - {0xEE}


def _png(data: bytes) -> Container:
    kept, exif, pages, at = [data[:8]], b"", 1, 8
    for _ in _steps():
        length, kind = struct.unpack_from(">I4s", data, at)
        start, at = at, at + 12 + length
        if at > len(data):
            raise Malformed("a chunk is cut off")
        if kind == b"acTL":
            pages = max(1, struct.unpack_from(">I", data, start + 8)[0])
        elif kind == b"eXIf":
            exif = data[start + 8 : at - 4]
        if kind in _PNG_PIXELS:
            kept.append(data[start:at])
        if kind == b"IEND":
            return Container("PNG", at, b"".join(kept), pages=pages, exif=exif)
    raise AssertionError  # pragma: no cover


_PNG_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}


def _gif(data: bytes) -> Container:
    """Screen and first frame only; Pillow would join a comment's 255-byte blocks one by one."""
    at = 13 + _palette(data[10])
    frames, control, kept, steps = 0, b"", data[:at], _steps(MAX_BLOCKS)
    while data[at] != 0x3B:
        start, kind = at, data[at]
        if kind not in (0x21, 0x2C):
            raise Malformed("unknown block")
        at += 11 + _palette(data[at + 9]) if kind == 0x2C else 2
        while data[at]:
            at += data[at] + 1
            next(steps)
        at += 1
        next(steps)
        if kind == 0x2C:
            frames += 1
            kept += control + data[start:at] if frames == 1 else b""
        elif data[start + 1] == 0xF9:
            control = data[start:at]
    return Container("GIF", at + 1, kept + b"\x3b", pages=frames)


def _palette(flags: int) -> int:
    """Bytes of the colour table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(data: bytes) -> Container:
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise Malformed("the RIFF is cut off")
    kind = data[12:16]
    if kind == b"VP8X":
        wide, high = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        wide, high = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        wide, high = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        raise Malformed("unknown chunk")
    return Container("WEBP", end, data[:end], pages=None, size=(wide, high))


def _bmp(data: bytes) -> Container:
    """Uncompressed rows, or run lengths up to 4 megapixels, which Pillow decodes in Python."""
    size, offset, header = struct.unpack_from("<I4xII", data, 2)
    if header < 40:
        wide, high, compression = *struct.unpack_from("<HH", data, 18), 0
    else:
        wide, high, compression = struct.unpack_from("<ii4xI", data, 18)
    if compression in (1, 2) and wide * abs(high) > 4_000_000:
        raise Malformed("too many runs")
    return Container("BMP", size if offset < size <= len(data) else len(data), data)


def _tiff(data: bytes) -> Container:
    """Pages are counted along the chain; the first one's tags are weighed before Pillow reads them.

    Tags may point anywhere, so a small file could ask to be read thousands of times over.
    """
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", data, 4)
    tags = _tiff_tags(data, at, order)
    seen: set[int] = set()
    while at:
        if at in seen or len(seen) >= 10_000:
            raise Malformed("the pages go round in circles")
        seen.add(at)
        (count,) = struct.unpack_from(order + "H", data, at)
        (at,) = struct.unpack_from(order + "I", data, at + 2 + 12 * count)
    sides = [(tags.get(256, 0), tags.get(257, 0)), (tags.get(322, 0), tags.get(323, 0))]
    size = max(sides, key=lambda side: side[0] * side[1])
    return Container("TIFF", len(data), data, pages=len(seen), size=size)


_TIFF_UNITS = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8)


def _tiff_tags(data: bytes, at: int, order: str) -> dict[int, int]:
    """The first value of each tag of the page at `at` that has just one."""
    values, weight = {}, 0
    (count,) = struct.unpack_from(order + "H", data, at)
    for index in range(count):
        tag, kind, number, value = struct.unpack_from(order + "HHII", data, at + 2 + 12 * index)
        unit = _TIFF_UNITS[kind] if kind < len(_TIFF_UNITS) else 0
        weight += unit * number
        if weight > len(data) or (unit > 1 and number > MAX_TAG_COUNT):
            raise Malformed("tags claim more than the file holds")
        if number == 1:
            values[tag] = value >> 16 if unit == 2 and order == ">" else value
            values[tag] &= 0xFFFF if unit == 2 else 0xFFFFFFFF
    return values


def _isobmff(data: bytes) -> Container:
    """AVIF and HEIC: boxes of known length, one after the other."""
    at = 0
    for _ in _steps():
        if len(data) - at < 8 or not _BOX_TYPE.match(data, at + 4):
            break
        (length,) = struct.unpack_from(">I", data, at)
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
        at = at + length if length else len(data)
        if length in range(1, 8) or at > len(data):
            raise Malformed("a box is cut off")
    brands = data[8 : int.from_bytes(data[:4], "big")]
    format = "AVIF" if b"avif" in brands or b"avis" in brands else "HEIF"
    return Container(format, at, data[:at], pages=None)


_BOX_TYPE = re.compile(rb"[ -~]{4}")

_WALKS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Container]], ...] = (
    (re.compile(rb"\xff\xd8\xff"), _jpeg),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), _png),
    (re.compile(rb"GIF8[79]a"), _gif),
    (re.compile(rb"RIFF....WEBP", re.S), _webp),
    (re.compile(rb"BM.{12}[\x0c\x28-\x7c]\0\0\0", re.S), _bmp),
    (re.compile(rb"II\*\0|MM\0\*"), _tiff),
    (re.compile(rb"....ftyp(avif|avis|mif1|msf1|mi[afm]1|hei[csxm]|hev[csxm])", re.S), _isobmff),
)
