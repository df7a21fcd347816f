"""Delivery of originals: bytes, headers, ranges, restricted types, awkward names."""

import email.utils
from pathlib import Path
from typing import Any

import cloudinary.uploader
import httpx
import pytest
from cloudinary.utils import cloudinary_url

from tests.conftest import configured
from tests.database import Databases
from tests.fake_encoder import picture
from tests.server import Account, serve

RED = picture("red", size=(200, 150), format="BMP")  # 90 kB


def upload(public_id: str = "folder/photo", data: bytes = RED, **options: Any) -> dict[str, Any]:
    return cloudinary.uploader.upload(data, public_id=public_id, **options)


def get(url: str, method: str = "GET", **headers: str) -> httpx.Response:
    return httpx.request(
        method, url, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_the_original_with_its_headers(sdk: Account) -> None:
    uploaded = upload()
    answer = get(uploaded["url"])
    assert answer.status_code == 200
    assert answer.content == RED
    assert answer.headers["content-type"] == "image/bmp"
    assert answer.headers["content-length"] == str(len(RED))
    assert answer.headers["etag"] == f'"{uploaded["etag"]}"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert email.utils.parsedate(answer.headers["last-modified"])
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("spelling", ["v1/folder/photo.bmp", "folder/photo.bmp", "folder/photo"])
def test_version_and_extension_may_be_missing(sdk: Account, spelling: str) -> None:
    upload()
    answer = get(f"{sdk.base_url}/{sdk.cloud}/image/upload/{spelling}")
    assert answer.content == RED
    # Such a URL shows another picture once this one is overwritten.
    assert answer.headers["cache-control"] == "public, no-cache"


def test_the_url_that_the_sdk_builds_without_a_version(sdk: Account) -> None:
    upload()
    url, _ = cloudinary_url("folder/photo", format="bmp")
    assert "/v1/folder/photo.bmp" in url
    assert get(url).content == RED


def test_an_overwritten_image_is_delivered_under_every_version(sdk: Account) -> None:
    before = upload()
    after = upload(data=picture("blue"))
    assert get(after["url"]).content == picture("blue")
    # The id was a BMP and is a PNG now; conversion is not supported.
    assert get(before["url"]).status_code == 400
    assert get(before["url"].removesuffix(".bmp")).content == picture("blue")


def test_revalidation(sdk: Account) -> None:
    url = upload()["url"]
    etag = get(url).headers["etag"]
    for given in (etag, f'"other", {etag}', f"W/{etag}"):
        answer = get(url, if_none_match=given)
        assert answer.status_code == 304
        assert answer.content == b""
        assert answer.headers["etag"] == etag
    assert get(url, if_none_match='"other"').content == RED


def test_head(sdk: Account) -> None:
    url = upload()["url"]
    whole, head = get(url), get(url, "HEAD")
    assert head.status_code == 200
    assert head.content == b""
    for name in ("content-length", "content-type", "etag", "cache-control", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]
    assert get(f"{sdk.base_url}/{sdk.cloud}/image/upload/none.png", "HEAD").status_code == 404


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=90000-", 90_000, len(RED)),
        ("bytes=-7", len(RED) - 7, len(RED)),
        ("bytes=5-999999999", 5, len(RED)),
        ("bytes=-999999999", 0, len(RED)),
    ],
)
def test_ranges(sdk: Account, asked: str, start: int, end: int) -> None:
    answer = get(upload()["url"], range=asked)
    assert answer.content == RED[start:end]
    assert answer.headers["content-length"] == str(end - start)
    whole = (start, end) == (0, len(RED))
    assert answer.status_code == (200 if whole else 206)
    if not whole:
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(RED)}"


@pytest.mark.parametrize(
    "asked", ["bytes=999999-", "bytes=20-10", f"bytes={len(RED)}-", "bytes=-0"]
)
def test_ranges_without_bytes(sdk: Account, asked: str) -> None:
    answer = get(upload()["url"], range=asked)
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(RED)}"
    assert answer.content == b""


@pytest.mark.parametrize(
    "asked", ["bytes=1-2,5-6", "lines=1-2", "bytes=x", "bytes=-", f"bytes=0-{'9' * 5000}"]
)
def test_ranges_that_are_not_understood_give_the_whole(sdk: Account, asked: str) -> None:
    answer = get(upload()["url"], range=asked)
    assert answer.status_code == 200
    assert answer.content == RED


def test_a_range_of_a_file_that_changed_gives_the_whole(sdk: Account) -> None:
    url = upload()["url"]
    etag = get(url).headers["etag"]
    assert get(url, range="bytes=0-9", if_range=etag).status_code == 206
    assert get(url, range="bytes=0-9", if_range='"old"').content == RED


@pytest.mark.parametrize("type", ["private", "authenticated"])
@pytest.mark.parametrize(
    "options",
    [{}, {"long_url_signature": True}, {"signature_algorithm": "sha256"}, {"version": 1234567890}],
)
def test_restricted_types_need_a_signed_url(
    sdk: Account, type: str, options: dict[str, Any]
) -> None:
    public_id = "geheim/grün & (1)~".replace("&", "und")
    uploaded = upload(public_id, type=type)
    assert get(uploaded["url"]).content == RED  # whoever has the key gets signed ones
    bare = get(cloudinary_url(public_id, type=type, format="bmp")[0])
    assert bare.status_code == 401
    assert bare.json()["error"]["message"].startswith("Resource is restricted")
    assert bare.headers["x-cld-error"].startswith("Resource is restricted")

    url, _ = cloudinary_url(public_id, type=type, format="bmp", sign_url=True, **options)
    answer = get(url)
    assert answer.content == RED
    assert answer.headers["cache-control"].startswith("private")
    assert "signed" not in get(url, "HEAD").text

    start = url.index("s--") + 3
    changed = url[:start] + ("A" if url[start] != "A" else "B") + url[start + 1 :]
    assert get(changed).status_code == 401


def test_a_signature_is_for_one_name_only(sdk: Account) -> None:
    for public_id in ("one", "two"):
        upload(public_id, type="private")
    url, _ = cloudinary_url("one", type="private", format="bmp", sign_url=True)
    assert get(url).status_code == 200
    assert get(url.replace("/one.bmp", "/two.bmp")).status_code == 401


def test_another_environments_key_signs_nothing_here(
    sdk: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload("x", type="private")
    stranger = sdk.running.account()
    url, _ = cloudinary_url(
        "x", type="private", format="bmp", sign_url=True, api_secret=stranger.secret
    )
    assert get(url).status_code == 401


def test_a_signed_url_of_a_public_image(sdk: Account) -> None:
    upload("x")
    url, _ = cloudinary_url("x", format="bmp", sign_url=True)
    assert get(url).content == RED


@pytest.mark.parametrize(
    "path",
    [
        "image/upload/none.png",
        "image/upload/v12/none.png",
        "image/private/none.png",
        "raw/upload/n",
    ],
)
def test_missing(sdk: Account, path: str) -> None:
    answer = get(f"{sdk.base_url}/{sdk.cloud}/{path}", origin="http://example.com")
    assert answer.status_code == 404
    name = path.rpartition("/")[2]
    assert answer.json() == {"error": {"message": f"Resource not found - {name}"}}
    assert answer.headers["x-cld-error"] == f"Resource not found - {name}"
    exposed = answer.headers["access-control-expose-headers"].lower()
    for name in ("x-cld-error", "content-range", "content-length", "etag", "last-modified"):
        assert name in exposed


def test_an_unknown_cloud(sdk: Account) -> None:
    upload("x")
    answer = get(f"{sdk.base_url}/nobody/image/upload/x.bmp")
    assert answer.status_code == 404
    assert answer.json() == {"error": {"message": "Resource not found - x.bmp"}}


AWKWARD = [
    "two words", "grün/Äpfel é", "a,b;c=d", "tilde~x", "star*()!'", "colon:b", "dots.in.name",
    "日本/写真 🌄", 'double"quote', "[x]{y}", "a@b$c^d|e`f", "v12", "v1/x", "archive.png", "s--x",
    "image/upload/x", "under_score-dash", "c_scale,w_100/x", "no\u00a0break", "e\u0301",
]  # fmt: skip


@pytest.mark.parametrize("public_id", AWKWARD)
def test_awkward_names_round_trip(sdk: Account, public_id: str) -> None:
    uploaded = upload(public_id)
    assert uploaded["public_id"] == public_id
    assert get(uploaded["url"]).content == RED
    built, _ = cloudinary_url(public_id, format="bmp", version=uploaded["version"])
    assert built == uploaded["url"]


@pytest.mark.parametrize("name", ["50 % + #1?.bmp", "a&b<c>.bmp", "..bmp", "ünï\\code.bmp", "no"])
def test_files_with_awkward_names_round_trip(sdk: Account, name: str) -> None:
    parts = {"file": (name, RED), "use_filename": (None, "1"), "unique_filename": (None, "0")}
    answer = httpx.post(sdk.url("image/upload"), files=parts, auth=sdk.auth)
    assert answer.status_code == 200, answer.text
    assert get(answer.json()["url"]).content == RED


def test_a_large_original_comes_in_slices(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = picture("red", rest="green", share=0.3, size=(1500, 1000), format="BMP")
    assert len(data) > 4 * 1024 * 1024  # what is read at a time
    with databases.clone() as url, serve(url, tmp_path) as running:
        with configured(running.account(), monkeypatch):
            url = upload("large", data)["url"]
        assert get(url).content == data
        across = get(url, range="bytes=4194300-4194310")
        assert across.content == data[4194300:4194311]
        assert get(url, range="bytes=100-").content == data[100:]
