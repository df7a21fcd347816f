"""Colours, sharpness and EXIF of images made for the purpose, and of hostile ones."""

import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from PIL.TiffImagePlugin import IFDRational

from app.errors import InvalidImage
from app.vision import exif, palette
from app.vision.analysis import Analysis, analyse, focus, frequent_colors

EVERYTHING = ("colors", "predominant", "focus", "exif", "metadata")


def encoded(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def halves(left: str, right: str) -> Image.Image:
    image = Image.new("RGB", (200, 150), left)
    image.paste(Image.new("RGB", (50, 150), right), (150, 0))
    return image


# Colours -----------------------------------------------------------------------------------------


def test_frequent_colours_with_their_share() -> None:
    assert frequent_colors(halves("#ff0000", "#0000ff")) == [["#FF0000", 75.0], ["#0000FF", 25.0]]


@pytest.mark.parametrize(
    ("colour", "google", "cloudinary"),
    [
        ("#d01010", "red", "red"),
        ("#7a4a1a", "brown", "brown"),
        ("#101010", "black", "black"),
        ("#f8f8f8", "white", "white"),
        ("#8c8c8c", "gray", "gray"),
        ("#ffa7c8", "pink", "pink"),
        ("#6b6b10", "brown", "olive"),
        ("#00f5ff", "teal", "cyan"),
    ],
)
def test_names_of_colours(colour: str, google: str, cloudinary: str) -> None:
    names = palette.predominant(Image.new("RGB", (30, 20), colour))
    assert names == {"google": [[google, 100.0]], "cloudinary": [[cloudinary, 100.0]]}


def test_cielab_has_its_reference_values() -> None:
    """White, black and the primary red of sRGB, from the tables of Lindbloom."""
    found = palette.lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], dtype=np.uint8))
    expected = np.array([[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20]])
    assert np.abs(found - expected).max() < 0.05


# Sharpness ---------------------------------------------------------------------------------------


def noisy(side: int) -> Image.Image:
    """A picture with detail at every scale, as photos have it."""
    random = np.random.default_rng(1)
    layers = [
        Image.fromarray(random.integers(0, 255, (n, n), dtype=np.uint8)).resize((side, side))
        for n in (4, 16, 64, 256)
    ]
    mean = np.mean([np.asarray(layer, dtype=float) for layer in layers], axis=0)
    return Image.fromarray(mean.astype(np.uint8)).convert("RGB")


def test_the_more_blurred_the_less_focus() -> None:
    picture = noisy(512)
    values = [
        focus(picture.filter(ImageFilter.GaussianBlur(radius))) for radius in (0, 1, 2, 4, 8, 16)
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.5
    assert values[-1] < 0.1


def test_focus_hardly_depends_on_the_size() -> None:
    assert abs(focus(noisy(512)) - focus(noisy(512).resize((1024, 1024)))) < 0.1


@pytest.mark.parametrize("size", [(1, 1), (2, 500), (3, 3), (500, 400)])
def test_a_flat_image_has_no_focus(size: tuple[int, int]) -> None:
    assert focus(Image.new("RGB", size, "green")) == 0


# EXIF --------------------------------------------------------------------------------------------


def tagged() -> Image.Exif:
    tags = Image.Exif()
    tags[0x010F], tags[0x0110], tags[0x0112] = "Iris", "One ", 6
    camera, place = tags.get_ifd(0x8769), tags.get_ifd(0x8825)
    camera[0x829A], camera[0x829D] = IFDRational(1, 250), IFDRational(28, 10)
    camera[0x9003] = "2024:05:06 07:08:09"
    camera[0x927C] = b"secrets of the maker"
    place[1], place[2], place[3], place[4] = "N", (52.0, 31.0, 12.25), "E", (13.0, 24.0, 36.0)
    return tags


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_tags_of_every_format(format: str) -> None:
    data = encoded(Image.new("RGB", (20, 10)), format, exif=tagged().tobytes())
    found = analyse(data, EVERYTHING, max_pixels=1000)
    assert found.exif is not None
    assert found.metadata is not None
    assert {"Make": "Iris", "Model": "One"}.items() <= found.exif.items()
    if format != "TIFF":
        assert found.exif["GPSLatitude"] == "52/1, 31/1, 49/4"
        assert found.metadata["GPSPosition"] == "52 deg 31' 12.25\" N, 13 deg 24' 36.00\" E"
        assert found.metadata["ExposureTime"] == "1/250"
        assert found.metadata["FNumber"] == "2.8"
        assert found.metadata["DateTimeOriginal"] == "2024:05:06 07:08:09"
        assert "MakerNote" not in found.exif


def test_only_what_is_wanted() -> None:
    data = encoded(Image.new("RGB", (20, 10)))
    assert analyse(data, ["focus"], max_pixels=1000) == Analysis(focus=0.0)
    assert analyse(data, ["exif"], max_pixels=1000) == Analysis(exif={})


def test_a_broken_image_is_refused() -> None:
    with pytest.raises(InvalidImage):
        analyse(encoded(Image.new("RGB", (20, 10)))[:-20], EVERYTHING, max_pixels=1000)


@given(st.binary(max_size=300), st.sampled_from([b"II*\0", b"MM\0*"]))
def test_hostile_tags_harm_nobody(data: bytes, head: bytes) -> None:
    values = exif.read(head + data)
    for shown in (exif.raw(values), exif.readable(values)):
        for text in shown.values():
            assert "\0" not in text
            text.encode()


@given(st.data())
def test_damaged_tags_harm_nobody(data: st.DataObject) -> None:
    block = bytearray(tagged().tobytes())
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    values = exif.read(bytes(block))
    assert exif.raw(values).keys() == values.keys()
    exif.readable(values)


def test_tables_that_lead_in_circles_end() -> None:
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    assert exif.read(b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)) == {}
