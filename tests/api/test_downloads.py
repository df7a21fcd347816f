"""Signed downloads of assets and of backups, by the URLs that the SDKs build."""

import time
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import cloudinary.uploader
import httpx
import pytest
from cloudinary import api
from cloudinary.utils import download_backedup_asset, private_download_url
from PIL import Image

from tests.fake_encoder import picture
from tests.server import Account

RED, BLUE = picture("red"), picture("blue")


def upload(data: bytes = RED, public_id: str = "a/photo", **options: Any) -> dict[str, Any]:
    return cloudinary.uploader.upload(data, public_id=public_id, **options)


def error(url: str, status: int, method: str = "GET") -> str:
    answer = httpx.request(method, url)
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"]["message"])


@pytest.mark.parametrize("type", ["upload", "private", "authenticated"])
def test_of_every_type(sdk: Account, type: str) -> None:
    upload(type=type)
    url = private_download_url("a/photo", "png", type=type)
    answer = httpx.get(url)
    assert answer.content == RED
    assert answer.headers["content-type"] == "image/png"
    assert "content-disposition" not in answer.headers
    assert "private" in answer.headers["cache-control"]
    part = httpx.get(url, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, RED[5:10])
    assert httpx.post(url).content == RED


@pytest.mark.parametrize(
    ("attachment", "header"),
    [
        (True, 'attachment; filename="photo.png"'),
        ("mine", 'attachment; filename="mine.png"'),
        ("mine.png", 'attachment; filename="mine.png"'),
        ('a"\r\nb', "attachment; filename=\"a___b.png\"; filename*=UTF-8''a%22%0D%0Ab.png"),
        (False, None),
    ],
)
def test_attachment(sdk: Account, attachment: object, header: str | None) -> None:
    upload()
    url = private_download_url("a/photo", "png", attachment=attachment)
    assert httpx.get(url).headers.get("content-disposition") == header


def test_in_another_format(sdk: Account) -> None:
    upload(type="private")
    url = private_download_url("a/photo", "jpg", type="private", attachment=True)
    answer = httpx.get(url)
    assert Image.open(BytesIO(answer.content)).format == "JPEG"
    assert answer.headers["content-disposition"] == 'attachment; filename="photo.jpg"'


def test_of_raw_files(sdk: Account) -> None:
    upload(b"<html>", "page.html", resource_type="raw", type="authenticated")
    url = private_download_url("page.html", "", resource_type="raw", type="authenticated")
    answer = httpx.get(url)
    assert answer.content == b"<html>"
    assert answer.headers["content-disposition"] == 'attachment; filename="page.html"'
    assert "sandbox" in answer.headers["content-security-policy"]


def test_expiry(sdk: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    upload()
    now = int(time.time())
    assert httpx.get(private_download_url("a/photo", "png", expires_at=now + 60)).content == RED
    late = private_download_url("a/photo", "png", expires_at=now - 1)
    assert error(late, 401).startswith("This URL expired at 20")
    monkeypatch.setattr("cloudinary.utils.now", lambda: str(now - 7200))
    old = private_download_url("a/photo", "png")
    assert error(old, 400).startswith("Stale request")
    long = private_download_url("a/photo", "png", expires_at=now + 60)
    assert httpx.get(long).content == RED
    altered = long.replace(str(now + 60), str(now + 6000))
    assert error(altered, 401).startswith("Invalid Signature")


def test_what_is_wrong_is_told(sdk: Account) -> None:
    upload()
    base = sdk.url("image/download")
    assert error(base, 401) == "Missing required parameter - api_key"
    assert error(private_download_url("b", "png"), 404) == "Resource not found - b"
    assert error(private_download_url("a/photo", "png", type="x"), 400)
    assert "not supported" in error(private_download_url("a/photo", "exe"), 400)
    assert error(sdk.url("film/download"), 401)
    signed = private_download_url("a/photo", "png")
    assert error(signed.replace("a%2Fphoto", "b"), 401).startswith("Invalid Signature")
    assert error(signed.replace("/image/", "/raw/"), 404)


def test_environments_are_separate(sdk: Account) -> None:
    stored = upload(backup=True)
    other = sdk.running.account()
    keys = {"api_key": other.key, "api_secret": other.secret}
    theirs = {"cloud_name": other.cloud, **keys}
    assert error(private_download_url("a/photo", "png", **theirs), 404)
    assert error(private_download_url("a/photo", "png", **keys), 401)
    ids = stored["asset_id"], stored["version_id"]
    assert error(download_backedup_asset(*ids, **theirs), 404)
    assert error(download_backedup_asset(*ids, **keys), 401)


@pytest.mark.parametrize("options", [{"expires_at": 9_999_999_999}, {"attachment": True}])
def test_the_signature_of_a_download_does_nothing_else(
    sdk: Account, options: dict[str, Any]
) -> None:
    upload()
    url = private_download_url("a/photo", "png", type="upload", **options)
    signed = dict(parse_qsl(urlsplit(url).query))
    for action, files in (("destroy", None), ("explicit", None), ("upload", {"file": BLUE})):
        answer = httpx.post(sdk.url(f"image/{action}"), data=signed, files=files)
        assert answer.status_code == 401
        assert answer.json()["error"]["message"] == "The signature is that of a download"
    assert httpx.get(api.resource("a/photo")["url"]).content == RED


# Backups -----------------------------------------------------------------------------------------


def test_a_backup_and_the_present_version(sdk: Account) -> None:
    first, second = upload(backup=True), upload(BLUE, backup=True)
    asset_id = first["asset_id"]
    for answer, data in ((first, RED), (second, BLUE)):
        got = httpx.get(download_backedup_asset(asset_id, answer["version_id"]))
        assert got.content == data
        assert got.headers["content-disposition"] == 'attachment; filename="photo.png"'
        assert got.headers["etag"] == f'"{answer["etag"]}"'
        assert "x-featureratelimit-limit" not in got.headers
    api.delete_resources(["a/photo"])
    assert httpx.get(download_backedup_asset(asset_id, second["version_id"])).content == BLUE
    api.delete_backed_up_assets(asset_id, [second["version_id"]])
    assert error(download_backedup_asset(asset_id, second["version_id"]), 404)
    assert error(download_backedup_asset(asset_id, "x"), 404) == "Resource not found - x"
    assert error(download_backedup_asset("x", "x"), 404)
    altered = download_backedup_asset(asset_id, second["version_id"]).replace(
        second["version_id"], first["version_id"]
    )
    assert error(altered, 401).startswith("Invalid Signature")


def test_versions_that_are_not_kept_are_not_downloaded(sdk: Account) -> None:
    stored = upload()
    assert error(download_backedup_asset(stored["asset_id"], stored["version_id"]), 404)
