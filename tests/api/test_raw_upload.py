"""Files that are no images, and the options of an upload that are about any file."""

import io
import re
from typing import Any

import cloudinary
import cloudinary.api
import cloudinary.uploader
import httpx
import pytest
from cloudinary.exceptions import BadRequest, NotFound
from PIL import Image

from tests.fake_encoder import picture
from tests.server import Account

RED = picture("red", share=0.4)
MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(1000)
WEBM = b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\x01B\x82\x84webm" + bytes(1000)


def upload(file: Any = RED, **options: Any) -> dict[str, Any]:
    return cloudinary.uploader.upload(file, **options)


def stored(answer: dict[str, Any]) -> httpx.Response:
    return httpx.get(answer["url"]).raise_for_status()


# Raw --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"a", b"\0" * 1000, RED, b"<html><script>alert(1)</script>"])
def test_raw_files_are_stored_as_they_are(sdk: Account, data: bytes) -> None:
    answer = upload(data, resource_type="raw", public_id="docs/Grüße +1.txt".replace("+", ""))
    assert answer["public_id"] == "docs/Grüße 1.txt"
    assert answer["resource_type"] == "raw"
    assert answer["bytes"] == len(data)
    assert not {"format", "width", "height", "pages"} & answer.keys()
    response = stored(answer)
    assert response.content == data
    assert response.headers["content-type"].split(";")[0] in (
        "text/plain",
        "application/octet-stream",
    )
    assert "content-disposition" not in response.headers
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["page.html", "picture.svg", "code.js", "feed.xml", "x.xhtml"])
def test_what_a_browser_would_run_is_delivered_as_bytes(sdk: Account, name: str) -> None:
    answer = upload(b"<svg onload='alert(1)'/>", resource_type="raw", public_id=name)
    response = stored(answer)
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "sandbox" in response.headers["content-security-policy"]


def test_names_of_raw_files_keep_their_ending(sdk: Account) -> None:
    file = ("a b&c.tar.gz", b"x")
    assert re.fullmatch(r"[a-z0-9]{20}\.gz", upload(file, resource_type="raw")["public_id"])
    named = upload(file, resource_type="raw", use_filename=True)["public_id"]
    assert re.fullmatch(r"a b_c\.tar_[a-z0-9]{6}\.gz", named)
    plain = upload(file, resource_type="raw", use_filename=True, unique_filename=False)
    assert plain["public_id"] == "a b_c.tar.gz"
    assert plain["url"].endswith("/a%20b_c.tar.gz")


def test_raw_files_are_never_indexed(sdk: Account) -> None:
    """Images only can be found by what they show; presets that ask for it serve raw files too."""
    answer = upload(RED, resource_type="raw", visual_search=True)
    assert answer["info"]["visual_search"] == {
        "status": "not_asked",
        "reason": "Only images are indexed.",
    }
    assert cloudinary.api.visual_search(text="red")["resources"] == []
    again = upload(RED, resource_type="raw", public_id=answer["public_id"], visual_search=True)
    assert again["overwritten"] is True


def test_raw_and_image_of_one_name_are_two_assets(sdk: Account) -> None:
    raw = upload(b"x", resource_type="raw", public_id="same")
    image = upload(RED, public_id="same")
    assert raw["asset_id"] != image["asset_id"]
    assert stored(raw).content == b"x"
    cloudinary.uploader.destroy("same", resource_type="raw")
    assert cloudinary.api.resource("same")["asset_id"] == image["asset_id"]
    with pytest.raises(NotFound):
        cloudinary.api.resource("same", resource_type="raw")


@pytest.mark.parametrize("resource_type", ["raw", "auto", "image", "video"])
def test_empty_files_are_refused(sdk: Account, resource_type: str) -> None:
    with pytest.raises(BadRequest, match=r"[Ee]mpty"):
        upload(("empty.txt", b""), resource_type=resource_type)


def test_eager_and_allowed_formats_of_a_raw_file(sdk: Account) -> None:
    answer = upload(("a.PDF", b"x"), resource_type="raw", eager="w_10", allowed_formats="pdf")
    assert "eager" not in answer
    with pytest.raises(BadRequest, match="Raw file format exe not allowed"):
        upload(("a.exe", b"x"), resource_type="raw", allowed_formats=["pdf"])


# Auto and video ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "resource_type", "format"),
    [
        (RED, "image", "png"),
        (picture("red", format="JPEG"), "image", "jpg"),
        (picture("red", format="BMP"), "image", "bmp"),
        (picture("red", format="TIFF"), "image", "tiff"),
        (MP4, "video", "mp4"),
        (WEBM, "video", "webm"),
        (MP4.replace(b"isom", b"qt  ", 1), "video", "mov"),
        (b"plain text", "raw", None),
        (b"BMW built this", "raw", None),
        (b"II*\0 a camera's raw file", "raw", None),
        (b"%PDF-1.7", "raw", None),
    ],
)
def test_auto(sdk: Account, data: bytes, resource_type: str, format: str | None) -> None:
    answer = upload(("file.ext", data), resource_type="auto")
    assert answer["resource_type"] == resource_type
    assert answer.get("format") == format
    assert answer["public_id"].endswith(".ext") == (resource_type == "raw")
    response = stored(answer)
    assert response.content == data
    assert format is None or format in response.headers["content-type"].replace("jpeg", "jpg")


def test_auto_refuses_a_broken_image(sdk: Account) -> None:
    """Silently storing it as something else would help nobody."""
    with pytest.raises(BadRequest, match="Invalid image file"):
        upload(RED[:-20], resource_type="auto")


def test_video(sdk: Account) -> None:
    answer = upload(MP4, resource_type="video", public_id="clip", visual_search=True)
    assert (answer["resource_type"], answer["format"]) == ("video", "mp4")
    assert answer["url"].endswith("/clip.mp4")
    assert not {"width", "height"} & answer.keys()
    part = httpx.get(answer["url"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    with pytest.raises(BadRequest, match="Unsupported video format or file"):
        upload(RED, resource_type="video")


def test_an_unknown_resource_type(client: httpx.Client) -> None:
    answer = client.post("audio/upload", files={"file": RED})
    assert answer.status_code == 400
    assert "resource_type" in answer.json()["error"]["message"]


# Options ----------------------------------------------------------------------------------------


def test_existing_and_overwritten(sdk: Account) -> None:
    first = upload(public_id="a")
    assert not {"existing", "overwritten"} & first.keys()
    existing = upload(picture("blue"), public_id="a", overwrite=False, eager="w_9", phash=True)
    assert existing["existing"] is True
    assert existing["etag"] == first["etag"]
    assert "eager" not in existing
    overwritten = upload(picture("blue"), public_id="a", phash=True)
    assert overwritten["overwritten"] is True
    assert overwritten["asset_id"] == first["asset_id"]
    assert overwritten["phash"] != existing["phash"]


def test_phash(sdk: Account) -> None:
    answer = upload(phash=True)
    assert re.fullmatch("[0-9a-f]{16}", answer["phash"])
    assert answer["phash"] == cloudinary.api.resource(answer["public_id"], phash=True)["phash"]
    assert "phash" not in upload()


def test_filename_override_and_prefix(sdk: Account) -> None:
    answer = upload(
        ("x.png", RED),
        filename_override="my photo.png",
        use_filename=True,
        unique_filename=False,
        public_id_prefix="pre/fix",
    )
    assert answer["public_id"] == "pre/fix/my photo"
    assert answer["original_filename"] == "my photo"


def test_unique_display_name(sdk: Account) -> None:
    names = {"asset_folder": "f", "display_name": "Name", "unique_display_name": True}
    first, second = upload(**names), upload(**names)
    assert first["display_name"] == "Name"
    assert second["display_name"] != "Name"


def test_format_converts(sdk: Account) -> None:
    answer = upload(format="jpg", allowed_formats=["jpg"], phash=True, visual_search=True)
    assert (answer["format"], answer["width"]) == ("jpg", 32)
    data = stored(answer).content
    assert Image.open(io.BytesIO(data)).format == "JPEG"
    assert answer["bytes"] == len(data)
    assert upload(format="png")["bytes"] == len(RED)
    with pytest.raises(BadRequest, match="not supported"):
        upload(format="exe")
    with pytest.raises(BadRequest, match="Image file format png not allowed"):
        upload(allowed_formats=["jpg"])


def test_an_incoming_transformation(sdk: Account) -> None:
    answer = upload(width=16, crop="scale", format="webp")
    assert (answer["format"], answer["width"], answer["height"]) == ("webp", 16, 12)
    assert Image.open(io.BytesIO(stored(answer).content)).size == (16, 12)


def test_eager(sdk: Account) -> None:
    answer = upload(eager=[{"width": 8, "crop": "scale"}, {"width": 9, "format": "jpg"}])
    small, other = answer["eager"]
    assert (small["transformation"], small["width"], small["format"]) == ("c_scale,w_8", 8, "png")
    assert other["format"] == "jpg"
    for each in answer["eager"]:
        assert len(stored(each).content) == each["bytes"]
    with pytest.raises(BadRequest, match="transformation"):
        upload(eager="nonsense_1", public_id="never")
    with pytest.raises(NotFound):
        cloudinary.api.resource("never")


# Taking it back -----------------------------------------------------------------------------------


def test_delete_token(sdk: Account) -> None:
    answer = upload(return_delete_token=True)
    url = sdk.url("delete_by_token")
    for wrong in ("", "nonsense", answer["delete_token"][:-3] + "abc"):
        assert httpx.post(url, data={"token": wrong}).status_code == 400
    other = sdk.running.account()
    foreign = httpx.post(other.url("delete_by_token"), data={"token": answer["delete_token"]})
    assert foreign.json() == {"error": {"message": "Invalid token"}}
    assert stored(answer).content == RED
    body = {"token": answer["delete_token"]}
    assert httpx.post(url, data=body).json() == {"result": "ok"}
    assert httpx.get(answer["url"]).status_code == 404
    assert httpx.post(sdk.url("image/delete_by_token"), json=body).json() == {"result": "not found"}
