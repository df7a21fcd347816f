"""Transformations on the pixels of a picture with four colours, in every format."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.contract.formats import WRITTEN
from app.contract.transformation import parse
from app.errors import BadRequest, InvalidImage
from app.vision import render
from app.vision.decode import Decoded, decode
from app.vision.geometry import place
from tests.unit.test_geometry import SIZES, components

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
MAX = 100_000_000


def quarters(width: int = 80, height: int = 60) -> Image.Image:
    """Red, green / blue, white."""
    image = Image.new("RGB", (2, 2))
    image.putdata([RED, GREEN, BLUE, WHITE])
    return image.resize((width, height), Image.Resampling.NEAREST)


def save(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def rendered(text: str, data: bytes, format: str = "png", size: Any = None) -> Image.Image:
    with Image.open(io.BytesIO(data)) as original:
        size = size or original.size
    made = render.render(data, parse(text), format, size=size, max_pixels=MAX)
    image = Image.open(io.BytesIO(made.data))
    assert image.size == (made.width, made.height)
    assert Image.MIME[image.format or ""] == WRITTEN[format]
    assert not image.getexif()
    assert "icc_profile" not in image.info
    return image


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """The colours near the four corners, row by row, each channel rounded to 0 or 255."""
    across, down = image.width // 8, image.height // 8
    places = [
        (x, y) for y in (down, image.height - 1 - down) for x in (across, image.width - 1 - across)
    ]
    shown = image.convert("RGBA" if image.has_transparency_data else "RGB")
    pixels = [np.atleast_1d(np.asarray(shown.getpixel(place))) for place in places]
    return [tuple(255 * int(value > 127) for value in pixel) for pixel in pixels]


@pytest.mark.parametrize(("text", "size"), SIZES)
def test_sizes(text: str, size: tuple[int, int]) -> None:
    assert rendered(text, save(quarters(400, 300))).size == size


@pytest.mark.parametrize("text", ["w_100", "c_fill,w_90,h_90", "c_pad,w_60,h_80", "c_limit,w_99"])
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_sizes_do_not_depend_on_a_reduced_decoding(text: str, format: str) -> None:
    large = rendered(text, save(quarters(1203, 905), format))
    assert large.size == place(parse(text).steps[0], 1203, 905).canvas
    if "pad" not in text:
        assert corners(large) == [RED, GREEN, BLUE, WHITE]


def test_only_the_pixels_needed_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []

    def spy(data: bytes, **options: Any) -> Decoded:
        decoded.append(decode(data, **options))
        return decoded[-1]

    monkeypatch.setattr(render, "decode", spy)
    data = save(quarters(4000, 3000), "JPEG")
    for text in ("c_fill,w_100,h_100", "c_limit,w_100", "c_crop,w_100,h_100", "a_5/w_100"):
        rendered(text, data)
    assert [each.image.width for each in decoded] == [500, 250, 4000, 4000]


def test_a_sliver_is_filled_without_anything_large_in_between() -> None:
    image = rendered("c_fill,w_1000,h_1000", save(quarters(4000, 2)))
    assert image.size == (1000, 1000)


CUTS = {
    "c_crop,w_30,h_20,g_north_west": RED,
    "c_crop,w_30,h_20,g_north_east": GREEN,
    "c_crop,w_30,h_20,g_south_west": BLUE,
    "c_crop,w_30,h_20,g_south_east": WHITE,
    "c_crop,w_30,h_20,x_0,y_0": RED,
    "c_crop,w_30,h_20,x_45,y_5": GREEN,
    "c_crop,w_30,h_20,x_45,y_5,g_south_east": BLUE,
    "c_crop,w_30,h_20,x_20,y_20,g_center": WHITE,
    "c_fill,w_10,h_30,g_west/c_crop,w_8,h_8,g_north": RED,
    "c_fill,w_10,h_30,g_east/c_crop,w_8,h_8,g_north": GREEN,
    "c_fill,w_10,h_30,g_west,x_25/c_crop,w_8,h_8,g_north": GREEN,
    "c_thumb,w_80,h_20,g_south/c_crop,w_8,h_8,g_west": BLUE,
    "c_thumb,w_80,h_20,g_north/c_crop,w_8,h_8,g_west": RED,
}


@pytest.mark.parametrize(("text", "colour"), CUTS.items())
def test_gravity(text: str, colour: tuple[int, ...]) -> None:
    assert corners(rendered(text, save(quarters()))) == [colour] * 4


@pytest.mark.parametrize("text", ["c_fill,w_40,h_40", "c_crop,w_40,h_30", "c_thumb,g_auto,w_9,h_9"])
def test_the_centre_is_the_default(text: str) -> None:
    assert corners(rendered(text, save(quarters()))) == [RED, GREEN, BLUE, WHITE]


TURNS = {
    "a_90": [BLUE, RED, WHITE, GREEN],
    "a_180": [WHITE, BLUE, GREEN, RED],
    "a_-90": [GREEN, WHITE, RED, BLUE],
    "a_hflip": [GREEN, RED, WHITE, BLUE],
    "a_vflip": [BLUE, WHITE, RED, GREEN],
    "a_90.hflip": [RED, BLUE, GREEN, WHITE],
    "a_exif": [RED, GREEN, BLUE, WHITE],
}


@pytest.mark.parametrize(("text", "expected"), TURNS.items())
def test_turns_go_clockwise(text: str, expected: list[tuple[int, ...]]) -> None:
    assert corners(rendered(text, save(quarters()))) == expected


def test_other_angles_show_the_ground_in_the_corners() -> None:
    data = save(Image.new("RGB", (80, 60), RED))
    assert rendered("a_45", data).convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 0)
    assert rendered("a_45,b_blue", data).convert("RGBA").getpixel((0, 0)) == (0, 0, 255, 255)
    for text, colour in (("a_45", WHITE), ("a_45/b_blue", BLUE)):
        image = rendered(text, data, "jpg")
        pixel = np.asarray(image.getpixel((2, 2)))
        assert np.abs(pixel - np.asarray(colour)).max() < 8
    assert corners(rendered("a_45/c_crop,w_10,h_10", data)) == [RED] * 4


PADS = {
    "": (255, 255, 255, 255),
    ",b_black": (0, 0, 0, 255),
    ",b_rgb:00f": (0, 0, 255, 255),
    ",b_rgb:00ff00ff": (0, 255, 0, 255),
    ",b_transparent": (255, 255, 255, 0),
}


@pytest.mark.parametrize(("ground", "colour"), PADS.items())
def test_padding(ground: str, colour: tuple[int, ...]) -> None:
    image = rendered(f"c_pad,w_100,h_60{ground}", save(quarters())).convert("RGBA")
    assert image.getpixel((5, 30)) == image.getpixel((95, 30)) == colour
    assert image.getpixel((12, 5)) == (*RED, 255)
    assert image.getpixel((87, 5)) == (*GREEN, 255)
    west = rendered(f"c_pad,g_west,w_100,h_60{ground}", save(quarters())).convert("RGBA")
    assert west.getpixel((2, 5)) == (*RED, 255)
    assert west.getpixel((82, 5)) == colour


@pytest.mark.parametrize("format", WRITTEN)
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP", "HEIF"])
def test_every_format(source: str, format: str) -> None:
    image = rendered("c_scale,w_60", save(quarters(), source), format)
    assert image.size == (60, 45)
    assert corners(image) == [RED, GREEN, BLUE, WHITE]
    assert rendered("", save(quarters(), source), format).size == (80, 60)


def glass() -> Image.Image:
    """Red on the left, nothing on the right."""
    image = Image.new("RGBA", (80, 60), (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 0, 40, 60))
    return image


@pytest.mark.parametrize("source", ["PNG", "WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("format", ["png", "webp", "avif", "gif"])
def test_transparency_is_kept(source: str, format: str) -> None:
    data = save(glass(), source)
    for text in ("c_scale,w_60", "", "c_pad,w_60,h_60", "a_vflip"):
        image = rendered(text, data, format).convert("RGBA")
        middle = image.height // 2
        assert np.asarray(image.getpixel((image.width - 4, middle)))[3] < 10
        assert np.abs(np.asarray(image.getpixel((4, middle))) - (*RED, 255)).max() < 12
    # Nothing black shines through the edge between the two.
    flat = rendered("c_scale,w_61,b_white", data, "png").convert("RGB")
    assert np.asarray(flat)[:, :, 0].min() > 200


def test_transparency_is_filled_in_jpg() -> None:
    for text, expected in (("", WHITE), ("b_blue", BLUE), ("w_40/b_blue", BLUE)):
        found = rendered(text, save(glass()), "jpg")
        assert corners(found) == [RED, expected, RED, expected]


def test_palettes_with_a_transparent_colour() -> None:
    image = Image.new("P", (40, 40), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(1, (20, 0, 40, 40))
    data = save(image, "PNG", transparency=1)
    assert corners(rendered("w_30", data))[0] == (*RED, 255)
    assert corners(rendered("w_30", data))[1][3] == 0


def test_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = save(quarters(80, 60), "JPEG", exif=exif, quality=95)
    image = rendered("c_scale,w_30", data, size=(60, 80))
    assert image.size == (30, 40)
    assert corners(image) == TURNS["a_90"]


def test_orientation_and_transparency() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    image = rendered("c_scale,w_40", save(glass(), "WEBP", exif=exif, lossless=True))
    assert [pixel[3] for pixel in corners(image)] == [0, 255, 0, 255]


def test_the_first_frame() -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in (RED, BLUE)]
    data = save(frames[0], "GIF", save_all=True, append_images=frames[1:])
    image = rendered("w_20", data, "gif")
    assert getattr(image, "n_frames", 1) == 1
    assert corners(image) == [RED] * 4


def test_quality() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    data = save(Image.fromarray(noise))

    def size(text: str, format: str) -> int:
        return len(render.render(data, parse(text), format, size=(80, 60), max_pixels=MAX).data)

    for format in ("jpg", "webp", "avif"):
        sizes = [size(f"q_{quality}", format) for quality in (10, 50, 95)]
        assert sizes == sorted(sizes)
        assert len(set(sizes)) == 3
        names = [size(f"q_auto:{name}", format) for name in ("low", "eco", "good", "best")]
        assert names == sorted(names)
        assert size("", format) == size("q_auto", format) == names[2]
    assert size("q_10", "png") == size("", "png")


@pytest.mark.parametrize("text", ["c_scale,w_5800/a_45", "c_crop,x_400,w_5,h_5", "c_scale,w_9999"])
def test_results_that_are_too_large_or_empty(text: str) -> None:
    with pytest.raises(BadRequest, match=r"^Invalid transformation: the"):
        rendered(text, save(quarters(400, 300)))


@given(components, st.integers(1, 60), st.integers(1, 60))
def test_small_pictures(text: str, width: int, height: int) -> None:
    step = parse(text).steps[0]
    try:
        found = place(step, width, height)
    except BadRequest:
        return
    if found.canvas[0] * found.canvas[1] > 250_000:
        return
    data = save(quarters(width, height))
    made = render.render(data, parse(text), "jpg", size=(width, height), max_pixels=MAX)
    assert (made.width, made.height) == found.canvas


def test_broken_files() -> None:
    whole = save(quarters())
    for data in (whole[:-30], b"nothing", whole + b"%PDF-1.4 and so on"):
        with pytest.raises(InvalidImage):
            render.render(data, parse("w_5"), "png", size=(80, 60), max_pixels=MAX)
    for data, limit in ((b"", MAX), (whole, 4000)):
        with pytest.raises(BadRequest):
            render.render(data, parse("w_5"), "png", size=(80, 60), max_pixels=limit)
