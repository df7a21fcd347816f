"""Uploads through the official SDK: who may, what is stored, what the answer holds."""

import base64
import hashlib
import io
import re
import time
from pathlib import Path
from typing import Any

import cloudinary
import cloudinary.api
import cloudinary.uploader
import httpx
import pytest
from cloudinary.exceptions import BadRequest, Error
from cloudinary.utils import cloudinary_url, verify_api_response_signature
from PIL import Image

from tests.conftest import WebHost
from tests.fake_encoder import picture
from tests.server import Account

RED = picture("red")


def upload(file: Any = RED, **options: Any) -> dict[str, Any]:
    return cloudinary.uploader.upload(file, **options)


def stored(account: Account, answer: dict[str, Any]) -> bytes:
    """The bytes behind the answer's URL."""
    return httpx.get(answer["url"]).raise_for_status().content


# Who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
@pytest.mark.parametrize("version", [1, 2])
def test_signed(sdk: Account, algorithm: str, version: int) -> None:
    cloudinary.config(signature_algorithm=algorithm, signature_version=version)
    answer = upload(public_id="signed", tags=["a", "b"], context={"k": "v=|&x"}, overwrite=False)
    assert answer["public_id"] == "signed"
    assert answer["api_key"] == sdk.key
    assert answer["context"] == {"custom": {"k": "v=|&x"}}


def test_basic_authentication_instead_of_a_signature(client: httpx.Client) -> None:
    parts = {"file": ("photo.png", RED), "use_filename": (None, "1"), "folder": (None, "f")}
    answer = client.post("image/upload", files=parts).json()
    assert re.fullmatch(r"f/photo_[a-z0-9]{6}", answer["public_id"])


def test_unsigned_with_a_preset_is_searchable_at_once(sdk: Account) -> None:
    cloudinary.api.create_upload_preset(
        name="visual search/all", unsigned=True, similarity_search="clip", folder="inbox"
    )
    answer = cloudinary.uploader.unsigned_upload(RED, "visual search/all", tags="t")
    assert answer["info"]["visual_search"] == {"status": "indexed"}
    assert re.fullmatch(r"inbox/[a-z0-9]{20}", answer["public_id"])
    assert "api_key" not in answer
    found = cloudinary.api.visual_search(text="red")["resources"]
    assert [each["asset_id"] for each in found] == [answer["asset_id"]]


def test_unsigned_as_node_and_browsers_send_it(server: Account, client: httpx.Client) -> None:
    client.post("upload_presets", json={"name": "p", "unsigned": True, "visual_search": "1"})
    form = {"upload_preset": "p", "file": "data:image/png;base64," + base64.b64encode(RED).decode()}
    answer = httpx.post(server.url("auto/upload"), data=form)
    assert answer.status_code == 200
    assert answer.json()["resource_type"] == "image"


def test_an_unsigned_upload_never_overwrites(sdk: Account) -> None:
    cloudinary.api.create_upload_preset(name="p", unsigned=True, overwrite=True)
    first = cloudinary.uploader.unsigned_upload(RED, "p", public_id="taken")
    again = cloudinary.uploader.unsigned_upload(picture("blue"), "p", public_id="taken")
    assert again["existing"] is True
    assert again["etag"] == first["etag"]


def test_the_preset_wins_over_an_unsigned_request_and_multiple_values_merge(sdk: Account) -> None:
    cloudinary.api.create_upload_preset(
        name="p", unsigned=True, folder="theirs", tags=["kept"], context={"a": "preset"}
    )
    answer = cloudinary.uploader.unsigned_upload(
        RED, "p", folder="mine", tags=["added"], context={"a": "request", "b": "request"}
    )
    assert answer["public_id"].startswith("theirs/")
    assert answer["tags"] == ["added", "kept"]
    assert answer["context"] == {"custom": {"a": "preset", "b": "request"}}


def test_a_signed_request_wins_over_the_preset(sdk: Account) -> None:
    cloudinary.api.create_upload_preset(name="p", folder="theirs", tags=["theirs"])
    answer = upload(upload_preset="p", folder="mine", tags=["mine"])
    assert answer["public_id"].startswith("mine/")
    assert answer["tags"] == ["mine"]


def test_disallow_public_id(sdk: Account) -> None:
    cloudinary.api.create_upload_preset(
        name="p",
        unsigned=True,
        disallow_public_id=True,
        use_filename=True,
        unique_filename=False,
    )
    with pytest.raises(BadRequest, match="Public id parameter is not allowed"):
        cloudinary.uploader.unsigned_upload(RED, "p", public_id="mine")
    answer = cloudinary.uploader.unsigned_upload(("photo.png", RED), "p")
    assert re.fullmatch(r"photo_[a-z0-9]{6}", answer["public_id"])


# Where the file comes from ----------------------------------------------------------------------


def test_a_path(sdk: Account, tmp_path: Path) -> None:
    path = tmp_path / "Grüße aus 東京.png"
    path.write_bytes(RED)
    for file in (path, str(path)):
        answer = upload(file)
        assert answer["original_filename"] == "Grüße aus 東京"
        assert stored(sdk, answer) == RED


def test_a_stream(sdk: Account) -> None:
    assert stored(sdk, upload(io.BytesIO(RED), filename="stream.png")) == RED


def test_a_data_uri_with_line_breaks(sdk: Account) -> None:
    text = base64.encodebytes(RED).decode()
    assert "\n" in text
    assert stored(sdk, upload(f"data:image/png;base64,{text}")) == RED


def test_a_remote_url(sdk: Account, web: WebHost) -> None:
    url = web.add("/pictures/red%20one.png", RED)
    answer = upload(url, use_filename=True, unique_filename=False)
    assert stored(sdk, answer) == RED
    assert answer["original_filename"] == "red one"
    assert answer["public_id"] == "red one"


# Parameters -------------------------------------------------------------------------------------


def test_names(sdk: Account, tmp_path: Path) -> None:
    path = tmp_path / "logo & more.png"
    path.write_bytes(RED)
    assert re.fullmatch(r"[a-z0-9]{20}", upload(path)["public_id"])
    assert re.fullmatch(r"logo _ more_[a-z0-9]{6}", upload(path, use_filename=True)["public_id"])
    named = upload(path, use_filename=True, unique_filename=False, folder="a/b")
    assert named["public_id"] == "a/b/logo _ more"
    assert named["display_name"] == "logo _ more"
    assert named["original_filename"] == "logo & more"
    assert named["asset_folder"] == "a/b"


def test_asset_folder_does_not_touch_the_public_id(sdk: Account) -> None:
    answer = upload(public_id="x/y", asset_folder="shelf/one", display_name="A name")
    assert answer["public_id"] == "x/y"
    assert answer["asset_folder"] == "shelf/one"
    assert answer["display_name"] == "A name"


def test_tags_are_sorted_and_counted_once(sdk: Account) -> None:
    assert upload(tags=["b", "a", "b"])["tags"] == ["a", "b"]
    assert upload()["tags"] == []


def test_context_escapes(sdk: Account) -> None:
    context = {"alt": "alternative|alt=a", "caption": "grün"}
    assert upload(context=context)["context"] == {"custom": context}
    assert "context" not in upload()


def test_overwriting_keeps_the_asset_id_and_says_so(sdk: Account) -> None:
    first = upload(public_id="x", tags="old", similarity_search="clip")
    second = upload(picture("green"), public_id="x", tags="new")
    assert second["overwritten"] is True
    assert "existing" not in second
    assert second["asset_id"] == first["asset_id"]
    assert second["version"] > first["version"]
    assert second["version_id"] != first["version_id"]
    assert second["created_at"] == first["created_at"]
    assert second["tags"] == ["new"]
    assert stored(sdk, second) == picture("green")
    # It stays searchable, by what it shows now.
    best = cloudinary.api.visual_search(text="green")["resources"][0]
    assert best["asset_id"] == first["asset_id"]
    assert best["score"] > 0.9


def test_without_overwrite_the_stored_asset_comes_back(sdk: Account) -> None:
    first = upload(public_id="x", tags="old")
    second = upload(picture("green"), public_id="x", tags="new", overwrite=False)
    assert second["existing"] is True
    assert "overwritten" not in second
    same = ("asset_id", "version", "etag", "bytes", "tags", "url")
    assert {name: second[name] for name in same} == {name: first[name] for name in same}
    assert stored(sdk, second) == RED


def test_types_are_separate_names(sdk: Account) -> None:
    answers = [upload(public_id="x", type=type) for type in ("upload", "private", "authenticated")]
    assert [answer["type"] for answer in answers] == ["upload", "private", "authenticated"]
    assert len({answer["asset_id"] for answer in answers}) == 3
    with pytest.raises(BadRequest, match="Invalid value for parameter type: fetch"):
        upload(type="fetch")


def test_allowed_formats(sdk: Account) -> None:
    assert upload(allowed_formats=["PNG", "webp"])["format"] == "png"
    assert upload(picture(format="JPEG"), allowed_formats="jpeg")["format"] == "jpg"
    with pytest.raises(BadRequest, match="Image file format png not allowed"):
        upload(allowed_formats=["jpg", "webp"])


@pytest.mark.parametrize(
    "public_id",
    ["a?b", "a&b", "a#b", "a\\b", "a%b", "a<b", "a>b", "a+b", " a", "a/", "/a", "x" * 256],
)
def test_illegal_public_ids(sdk: Account, public_id: str) -> None:
    with pytest.raises(BadRequest, match="public_id"):
        upload(public_id=public_id)


@pytest.mark.parametrize(
    ("format", "extension", "content_type"),
    [
        ("JPEG", "jpg", "image/jpeg"),
        ("PNG", "png", "image/png"),
        ("WEBP", "webp", "image/webp"),
        ("GIF", "gif", "image/gif"),
        ("AVIF", "avif", "image/avif"),
        ("TIFF", "tiff", "image/tiff"),
        ("BMP", "bmp", "image/bmp"),
        ("HEIF", "heic", "image/heic"),
    ],
)
def test_formats(sdk: Account, format: str, extension: str, content_type: str) -> None:
    data = picture("green", format=format, size=(64, 48))
    answer = upload(data, visual_search=True)
    assert answer["format"] == extension
    assert (answer["width"], answer["height"]) == (64, 48)
    delivered = httpx.get(answer["url"])
    assert delivered.content == data
    assert delivered.headers["content-type"] == content_type
    assert cloudinary.api.visual_search(text="green")["resources"][0]["score"] > 0.9


# The answer -------------------------------------------------------------------------------------


def test_the_answer_has_the_fields_and_types_that_users_expect(sdk: Account) -> None:
    answer = upload(
        picture("red", format="JPEG"), public_id="folder/photo", tags="t", context={"a": "b"}
    )
    data = picture("red", format="JPEG")
    url = f"{sdk.base_url}/{sdk.cloud}/image/upload/v{answer['version']}/folder/photo.jpg"
    request_id = answer.pop("request_id")
    assert re.fullmatch(r"[0-9a-f]{32}", request_id)
    assert re.fullmatch(r"[0-9a-f]{32}", answer["asset_id"])
    assert re.fullmatch(r"[0-9a-f]{32}", answer["version_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer["created_at"])
    assert isinstance(answer["version"], int)
    assert abs(answer["version"] - time.time()) < 60
    assert verify_api_response_signature("folder/photo", answer["version"], answer["signature"])
    made_up = ("asset_id", "version_id", "created_at", "version", "signature")
    assert {name: value for name, value in answer.items() if name not in made_up} == {
        "public_id": "folder/photo",
        "width": 32,
        "height": 24,
        "format": "jpg",
        "resource_type": "image",
        "type": "upload",
        "access_mode": "public",
        "tags": ["t"],
        "pages": 1,
        "bytes": len(data),
        "etag": hashlib.md5(data).hexdigest(),
        "placeholder": False,
        "url": url,
        "secure_url": url,
        "asset_folder": "",
        "display_name": "photo",
        "original_filename": "file",
        "context": {"custom": {"a": "b"}},
        "api_key": sdk.key,
        "info": {"visual_search": {"status": "not_asked"}},
    }


@pytest.mark.parametrize("public_id", ["plain", "in/a folder", "grün ~ 'q' (1)"])
def test_the_url_is_the_one_that_the_sdk_builds(sdk: Account, public_id: str) -> None:
    answer = upload(public_id=public_id)
    built, _ = cloudinary_url(public_id, format=answer["format"], version=answer["version"])
    assert built == answer["url"]
    image = cloudinary.CloudinaryImage(public_id, format="png", version=answer["version"])
    assert image.url == answer["url"]


def test_exif_orientation_counts_for_width_and_height(sdk: Account) -> None:
    exif = Image.Exif()
    exif[274] = 6
    answer = upload(picture(size=(40, 20), format="JPEG", exif=exif.tobytes()))
    assert (answer["width"], answer["height"]) == (20, 40)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"similarity_search": "clip"}, "indexed"),
        ({"visual_search": True}, "indexed"),
        ({"visual_search": "true"}, "indexed"),
        ({"visual_search": False}, "not_asked"),
        ({}, "not_asked"),
    ],
)
def test_the_answer_says_whether_the_image_can_be_found(
    sdk: Account, asked: dict[str, Any], status: str
) -> None:
    answer = upload(**asked)
    assert answer["info"] == {"visual_search": {"status": status}}
    found = cloudinary.api.visual_search(text="red")["resources"]
    assert [each["asset_id"] for each in found] == [answer["asset_id"]] * (status == "indexed")


def test_an_unknown_kind_of_index_stores_nothing(sdk: Account) -> None:
    with pytest.raises(BadRequest, match="Illegal value for parameter similarity_search: magic"):
        upload(public_id="x", similarity_search="magic")
    assert "overwritten" not in upload(public_id="x")


def test_a_refused_file_stores_nothing(sdk: Account) -> None:
    for wrong in (b"not an image", RED[:50], b""):
        with pytest.raises(BadRequest):
            upload(wrong, public_id="x")
    assert "overwritten" not in upload(public_id="x")


def test_errors_can_be_asked_for_as_answers(sdk: Account) -> None:
    answer = upload(b"not an image", return_error=True)
    assert answer["error"]["message"] == "Invalid image file"
    assert answer["error"]["http_code"] == 400
    assert re.fullmatch(r"[0-9a-f]{32}", answer["error"]["request_id"])
    with pytest.raises(Error, match=r"^Invalid image file$"):
        upload(b"not an image")
