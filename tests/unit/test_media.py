"""What kind of asset a file is, by its first bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contract.media import Kind, kind_of
from app.errors import BadRequest
from app.incoming import kind_for
from tests.fake_encoder import picture

BOX = b"\0\0\0\x20ftyp"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_images_that_can_be_nothing_else(format: str) -> None:
    assert kind_of(picture(format=format)) == Kind("image")


@pytest.mark.parametrize("format", ["BMP", "TIFF"])
def test_images_whose_beginning_others_share(format: str) -> None:
    assert kind_of(picture(format=format)) == Kind("image", sure=False)


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (BOX + b"isom", "mp4"),
        (BOX + b"mp42", "mp4"),
        (BOX + b"M4V ", "mp4"),
        (BOX + b"qt  ", "mov"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "webm"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", "mkv"),
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
    ],
)
def test_videos(data: bytes, format: str) -> None:
    assert kind_of(data + bytes(100)) == Kind("video", format)


@pytest.mark.parametrize("data", [b"a", b"%PDF-1.7", b"PK\3\4", BOX + b"M4A ", b"RIFF\0\0\0\0WAVE"])
def test_everything_else_is_raw(data: bytes) -> None:
    assert kind_of(data) == Kind("raw")


@given(st.binary(min_size=1))
def test_any_bytes_have_a_kind(data: bytes) -> None:
    assert kind_of(data).resource_type in ("image", "video", "raw")


@pytest.mark.parametrize("resource_type", ["image", "raw", "video", "auto"])
def test_empty_files_have_none(resource_type: str) -> None:
    with pytest.raises(BadRequest, match="The file is empty"):
        kind_for(b"", resource_type)


def test_who_asks_for_a_kind_gets_it() -> None:
    assert kind_for(picture(), "raw") == Kind("raw")
    assert kind_for(b"text", "image") == Kind("image")  # which decoding then refuses
    with pytest.raises(BadRequest, match="Unsupported video format or file"):
        kind_for(picture(), "video")
