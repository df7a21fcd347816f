"""Hostile files: cut, bombs, two kinds at once. All are refused within a second, without memory."""

import io
import re
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.errors import BadRequest, InvalidImage, IrisError
from app.vision.decode import decode

MAX = 100_000_000
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP", "HEIF"]


def save(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def stripes() -> Image.Image:
    return Image.linear_gradient("L").resize((80, 60)).convert("RGB")


SAMPLES = {format: save(stripes(), format) for format in FORMATS}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


@contextmanager
def frugal(most: int) -> Iterator[None]:
    """Fails above a second, or `most` bytes of memory more than now (where Linux tells)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts from here
    before, start = memory("VmRSS"), time.perf_counter()
    yield
    assert time.perf_counter() - start < 1
    assert memory("VmHWM") - before < most


def memory(field: str) -> int:
    """Bytes; 0 where there is no /proc."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.split(f"{field}:")[1].split()[0]) * 1024


def refused(data: bytes, *, kind: type[IrisError] = BadRequest) -> str:
    """The message, once it is clear that saying no took neither time nor memory."""
    with frugal(20_000_000 + 2 * len(data)), pytest.raises(kind) as refusal:
        decode(data, max_pixels=MAX)
    return refusal.value.message


@pytest.mark.parametrize("format", FORMATS)
def test_cut_files_are_refused(format: str) -> None:
    data = SAMPLES[format]
    for length in {1, 2, 11, 20, *range(25, len(data), 1 + len(data) // 50), len(data) - 1}:
        assert refused(data[:length], kind=InvalidImage) == "Invalid image file"


def test_nothing_is_not_an_image() -> None:
    assert refused(b"") == "The file is empty"
    for data in (b"\0" * 5000, b"hello", b"%PDF-1.7 ...", b"<svg/>", b"PK\3\4" + b"\0" * 99):
        assert refused(data, kind=InvalidImage) == "Invalid image file"


def test_formats_outside_the_list_are_refused() -> None:
    for format in ("ICO", "PPM", "TGA", "JPEG2000", "PCX", "EPS"):
        assert refused(save(stripes(), format), kind=InvalidImage) == "Invalid image file"


def test_declared_size_is_refused_from_the_header() -> None:
    bombs = {
        "png": png(60_000, 60_000, chunk(b"IDAT", zlib.compress(b"\0" * 1000))),
        "gif": SAMPLES["GIF"][:6] + b"\xff\xff\xff\xff" + SAMPLES["GIF"][10:],
        "webp": b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\xff\x3f\0\xff\x3f\0" + b"\0" * 8,
        "jpeg": SAMPLES["JPEG"].replace(b"\x08\0\x3c\0\x50\x03", b"\x08\xff\0\xff\0\x03"),
        "tiff": tiff((256, 4, 1, 60_000), (257, 4, 1, 60_000)),
        "bmp": SAMPLES["BMP"][:18] + struct.pack("<ii", 60_000, 60_000) + SAMPLES["BMP"][26:],
    }
    for data in bombs.values():
        assert "Image is too large" in refused(data)
    for format in ("AVIF", "HEIF"):
        big = re.sub(rb"ispe.{12}", b"ispe" + b"\0\0\0\0" + b"\0\0\xff\0" * 2, SAMPLES[format])
        assert big != SAMPLES[format]
        refused(big)
    assert refused(bombs["png"]) == (
        "Image is too large. Got 3600000000 pixels. Maximum is 100000000."
    )


def test_compressed_metadata_is_never_unpacked() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    row = chunk(b"IDAT", zlib.compress(b"\0" * 4))
    for kind, head in ((b"zTXt", b"k\0\0"), (b"iCCP", b"k\0\0"), (b"iTXt", b"k\0\1\0\0\0")):
        with frugal(10_000_000):
            assert decode(png(1, 1, chunk(kind, head + bomb), row), max_pixels=MAX).width == 1


def tiff(*tags: tuple[int, int, int, int], rest: bytes = b"") -> bytes:
    body = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + body + b"\0\0\0\0" + rest


def test_hostile_tiffs() -> None:
    size = [(256, 4, 1, 8), (257, 4, 1, 8)]
    everywhere = [(40_000 + n, 1, 1_000_000, 8) for n in range(20_000)]
    refused(tiff(*size, *everywhere, rest=b"\0" * 1_000_000), kind=InvalidImage)
    refused(tiff(*size, (273, 4, 5_000_000, 8), rest=b"\0" * 20_000_000), kind=InvalidImage)
    refused(tiff(*size, (273, 4, 0xFFFFFFFF, 8)), kind=InvalidImage)
    refused(tiff(*size, (322, 4, 1, 60_000), (323, 4, 1, 60_000)))
    circle = tiff(*size)[:-4] + struct.pack("<I", 8)
    refused(circle, kind=InvalidImage)


def test_exif_that_points_everywhere_is_not_followed() -> None:
    tags = b"".join(struct.pack("<HHII", 1000 + n, 7, 60_000, 0) for n in range(4000))
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 4000) + tags + b"\0" * 12_000
    data = SAMPLES["JPEG"]
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    with frugal(10_000_000):
        assert decode(data[:2] + segment * 20 + data[2:], max_pixels=MAX).width == 80


def test_files_of_countless_parts_are_refused() -> None:
    head = SAMPLES["PNG"][:33]
    refused(head + chunk(b"teXt", b"") * 1_000_000, kind=InvalidImage)
    refused(b"\xff\xd8" + b"\xff\xe2\0\2" * 4_000_000, kind=InvalidImage)
    gif = b"GIF89a\x01\0\x01\0\0\0\0"
    refused(gif + b"\x21\xfe" + b"\1a" * 8_000_000, kind=InvalidImage)
    refused(gif + b"\x21\xfe\0" * 4_000_000, kind=InvalidImage)
    refused(SAMPLES["AVIF"][:32] + b"\0\0\0\x08free" * 2_000_000, kind=InvalidImage)


def test_a_long_gif_comment_costs_nothing() -> None:
    data = SAMPLES["GIF"]
    at = 13 + (3 << ((data[10] & 7) + 1))
    comment = b"\x21\xfe" + (b"\xff" + b"a" * 255) * 40_000 + b"\0"
    with frugal(30_000_000):
        assert decode(data[:at] + comment + data[at:], max_pixels=MAX).width == 80


def test_many_frames_are_counted_not_decoded() -> None:
    data = SAMPLES["GIF"]
    at = 13 + (3 << ((data[10] & 7) + 1))
    with frugal(100_000_000):
        assert decode(data[:at] + data[at:-1] * 5_000 + b";", max_pixels=MAX).pages == 5_000


def test_countless_scans_are_refused() -> None:
    data = save(stripes(), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    assert decode(data[:-2] + scan + data[-2:], max_pixels=MAX).width == 80
    refused(data[:-2] + scan * 100 + data[-2:], kind=InvalidImage)


def test_run_lengths_of_a_large_bmp_are_refused() -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 9000, 9000, 1, 8, 1, 0, 0, 0, 256, 0)
    offset = 14 + 40 + 1024
    data = struct.pack("<2sIHHI", b"BM", offset + 40_000, 0, 0, offset) + header
    refused(data + b"\0" * 1024 + b"\1\1\0\0" * 10_000, kind=InvalidImage)


HTML = b"<html><script>alert(1)</script></html>"
ZIP = b"PK\3\4" + b"\0" * 26 + b"PK\5\6" + b"\0" * 18


@pytest.mark.parametrize("format", FORMATS)
def test_two_kinds_of_file_at_once_are_refused(format: str) -> None:
    data = SAMPLES[format]
    assert "another kind of file" in refused(data + ZIP, kind=InvalidImage)
    refused(data + b"\0" * 100 + ZIP + b"comment", kind=InvalidImage)
    for foreign in (HTML, b"%PDF-1.7", ZIP):
        refused(foreign + data, kind=InvalidImage)
        if format not in ("BMP", "TIFF"):  # these have no end: offsets may point anywhere
            refused(data + b"\0" * 100 + foreign, kind=InvalidImage)


def test_a_page_in_the_first_kilobyte_is_refused() -> None:
    data = SAMPLES["JPEG"]
    for foreign in (HTML, b"%PDF-1.4"):
        comment = b"\xff\xfe" + struct.pack(">H", len(foreign) + 2) + foreign
        refused(data[:2] + comment + data[2:], kind=InvalidImage)


def test_a_file_that_claims_another_format_is_refused() -> None:
    for magic in (b"GIF89a", b"\x89PNG\r\n\x1a\n", b"BM"):
        refused(magic + SAMPLES["JPEG"], kind=InvalidImage)


def test_a_large_tail_costs_nothing() -> None:
    data = SAMPLES["JPEG"]
    for tail in (b"\0" * 50_000_000, b"a<" * 25_000_000):
        long = data + tail
        with frugal(10_000_000):
            assert decode(long, max_pixels=MAX).width == 80
        refused(data + tail + HTML, kind=InvalidImage)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_what_cameras_append_is_accepted(format: str) -> None:
    video = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(range(256)) * 40
    for tail in (b"\0" * 5000, b"\r\n", SAMPLES["JPEG"], video, b"\0" * 8 + video + b"SEFT"):
        decoded = decode(SAMPLES[format] + tail, max_pixels=MAX)
        assert (decoded.width, decoded.pages) == (80, 1)
