"""Pictures of every kind come out upright, opaque, bounded; broken ones raise only our errors."""

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from app.errors import BadRequest, InvalidImage, IrisError
from app.vision.decode import Decoded, decode

MAX = 100_000_000
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP", "HEIF"]
EXTENSIONS = ["jpg", "png", "webp", "gif", "avif", "tiff", "bmp", "heic"]

# Pillow warns about odd metadata; pytest's `error` would refuse what the server accepts.
pytestmark = pytest.mark.filterwarnings(r"ignore:::PIL\.")


def save(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def quarters(width: int = 80, height: int = 60) -> Image.Image:
    """Red, green / blue, white."""
    image = Image.new("RGB", (2, 2))
    image.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)])
    return image.resize((width, height), Image.Resampling.NEAREST)


def corner(image: Image.Image) -> tuple[int, ...]:
    """The colour near the top left corner, each channel rounded to 0 or 255."""
    pixel = image.getpixel((image.width // 8, image.height // 8))
    return tuple(255 * (value > 127) for value in pixel)


SAMPLES = {format: save(quarters(), format) for format in FORMATS}


@pytest.mark.parametrize(("format", "extension"), [*zip(FORMATS, EXTENSIONS, strict=True)])
def test_every_format(format: str, extension: str) -> None:
    decoded = decode(SAMPLES[format], max_pixels=MAX)
    assert (decoded.format, decoded.width, decoded.height, decoded.pages) == (extension, 80, 60, 1)
    assert decoded.image.mode == "RGB"
    assert decoded.image.size == (80, 60)
    assert corner(decoded.image) == (255, 0, 0)


@pytest.mark.parametrize("format", FORMATS)
def test_reduction_leaves_enough_for_the_encoder(format: str) -> None:
    decoded = decode(save(quarters(1200, 900), format), max_pixels=MAX, at_least=100)
    assert (decoded.width, decoded.height) == (1200, 900)
    assert 200 <= min(decoded.image.size) < 450
    assert decoded.image.width / decoded.image.height == pytest.approx(4 / 3, abs=0.02)
    assert corner(decoded.image) == (255, 0, 0)


@pytest.mark.parametrize("format", FORMATS)
def test_small_images_are_not_touched(format: str) -> None:
    assert decode(SAMPLES[format], max_pixels=MAX, at_least=256).image.size == (80, 60)


TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("turned", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_exif_orientation(format: str, turned: int) -> None:
    upright, exif = quarters(), Image.Exif()
    exif[274] = turned
    turn = TURNS[turned]
    stored = upright if turn is None else upright.transpose(turn)
    decoded = decode(save(stored, format, exif=exif.tobytes()), max_pixels=MAX, at_least=10)
    assert (decoded.width, decoded.height) == (80, 60)
    assert decoded.image.width > decoded.image.height
    assert corner(decoded.image) == (255, 0, 0)


@pytest.mark.parametrize(
    ("mode", "format", "colour", "seen"),
    [
        ("RGBA", "PNG", (255, 0, 0, 0), (255, 255, 255)),
        ("RGBA", "PNG", (255, 0, 0, 255), (255, 0, 0)),
        ("RGBA", "WEBP", (0, 0, 0, 0), (255, 255, 255)),
        ("RGBA", "AVIF", (0, 0, 0, 0), (255, 255, 255)),
        ("LA", "PNG", (0, 128), (127, 127, 127)),
        ("L", "PNG", 100, (100, 100, 100)),
        ("1", "PNG", 1, (255, 255, 255)),
        ("P", "PNG", 0, (0, 0, 0)),
        ("CMYK", "JPEG", (0, 255, 255, 0), (254, 0, 0)),
        ("CMYK", "TIFF", (0, 255, 255, 0), (255, 0, 0)),
        ("I;16", "PNG", 32896, (128, 128, 128)),
        ("I;16", "TIFF", 32896, (128, 128, 128)),
    ],
)
def test_modes(mode: str, format: str, colour: Any, seen: tuple[int, ...]) -> None:
    image = decode(save(Image.new(mode, (40, 40), colour), format), max_pixels=MAX).image
    assert image.mode == "RGB"
    assert image.getpixel((20, 20)) == pytest.approx(seen, abs=2)


def test_scientific_range_is_stretched() -> None:
    ramp = Image.fromarray(np.linspace(-3, 7, 1600, dtype=np.float32).reshape(40, 40))
    pixels = np.asarray(decode(save(ramp, "TIFF"), max_pixels=MAX).image)
    assert (pixels.min(), pixels.max()) == (0, 255)


def test_palette_transparency_is_white() -> None:
    image = quarters().convert("P", palette=Image.Palette.ADAPTIVE).point(lambda _: 3)
    for options in ({"transparency": 3}, {"transparency": bytes([255, 255, 255, 0])}):
        white = decode(save(image, "PNG", **options), max_pixels=MAX, at_least=5).image
        assert white.getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF", "PNG", "AVIF", "HEIF"])
def test_the_first_of_many_frames(format: str) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue", "green")]
    data = save(frames[0], format, save_all=True, append_images=frames[1:])
    decoded = decode(data, max_pixels=MAX)
    assert decoded.pages == 3
    assert corner(decoded.image) == (255, 0, 0)


def test_the_limit_is_inclusive() -> None:
    data = SAMPLES["JPEG"]
    assert decode(data, max_pixels=4800).width == 80
    with pytest.raises(BadRequest, match=r"Got 4800 pixels\. Maximum is 4799"):
        decode(data, max_pixels=4799)


def test_multi_picture_jpegs_show_their_first() -> None:
    data = save(quarters(), "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))])
    decoded = decode(data, max_pixels=MAX)
    assert (decoded.format, decoded.pages, corner(decoded.image)) == ("jpg", 1, (255, 0, 0))


def test_pillow_is_not_told_to_tolerate_cut_files() -> None:
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_threads_do_not_disturb_each_other() -> None:
    def one(number: int) -> Decoded | None:
        data = SAMPLES[FORMATS[number % len(FORMATS)]]
        try:
            return decode(data if number % 3 else data[:-40], max_pixels=MAX, at_least=10)
        except InvalidImage:
            return None

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(one, range(240)))
    for number, decoded in enumerate(results):
        assert (decoded is None) == (number % 3 == 0)
        assert decoded is None or decoded.format == EXTENSIONS[number % len(FORMATS)]


SMALL = [save(quarters(16, 12), format) for format in FORMATS]
SMALL.append(save(quarters(16, 12), "TIFF", compression="tiff_lzw"))
SMALL.append(save(quarters(16, 12).convert("RGBA"), "WEBP", lossless=True))
SMALL.append(save(quarters(16, 12).convert("P"), "PNG", transparency=1))


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(SMALL),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=4)), max_size=6),
    st.floats(0, 1),
)
def test_mutations_never_raise_anything_else(
    data: bytes, changes: list[tuple[float, bytes]], cut: float
) -> None:
    for where, new in changes:
        at = int(where * len(data))
        data = data[:at] + new + data[at + len(new) :]
    if cut > 0.9:
        data = data[: int(len(data) * (cut - 0.9) * 10)]
    try:
        decoded = decode(data, max_pixels=1_000_000, at_least=8)
    except IrisError:
        return
    assert decoded.image.mode == "RGB"
    assert decoded.width * decoded.height <= 1_000_000
