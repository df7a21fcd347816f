"""Every failure has one shape: a status that the SDKs parse, one sentence in the envelope, an id.

The first part goes through the error table of the wire contract (section E) row by row.
"""

import gc
import json
import re
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cloudinary
import cloudinary.api
import cloudinary.uploader
import httpx
import pytest
from cloudinary.exceptions import (
    AuthorizationRequired,
    BadRequest,
    GeneralError,
    NotFound,
    RateLimited,
)
from cloudinary.exceptions import Error as UploadError

from app.db import api_keys, environments
from tests.conftest import WebHost
from tests.fake_encoder import FakeEncoder, picture
from tests.server import Account

RED = picture("red")
STATUSES = {200, 400, 401, 403, 404, 409, 420, 429, 500}


def message(answer: httpx.Response, status: int) -> str:
    """The sentence of an error answer, of which everything else is checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    body = answer.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["message"]
    sentence = body["error"]["message"]
    assert isinstance(sentence, str)
    assert sentence
    return sentence


def refusal(kind: type[Exception], call: Callable[..., Any], *args: Any, **options: Any) -> str:
    """What the official SDK tells its user."""
    with pytest.raises(kind) as refused:
        call(*args, **options)
    assert type(refused.value) is kind
    return str(refused.value)


def signed(account: Account, **params: Any) -> dict[str, Any]:
    """Parameters with the signature that the SDK makes for them."""
    params = {"timestamp": int(time.time()), **params}
    signature = cloudinary.utils.api_sign_request(params, account.secret)
    return {**params, "api_key": account.key, "signature": signature}


def upload(account: Account, params: dict[str, Any], file: bytes | None = RED) -> httpx.Response:
    parts = {name: (None, str(value)) for name, value in params.items()}
    files = {**parts, **({"file": ("photo.png", file)} if file is not None else {})}
    return httpx.post(account.url("image/upload"), files=files)


# The table --------------------------------------------------------------------------------------


def test_admin_with_an_unknown_key(sdk: Account) -> None:
    said = refusal(AuthorizationRequired, cloudinary.api.upload_presets, api_key="nobody")
    assert said == "Error 401 - unknown api_key"


def test_admin_with_the_credentials_that_the_cli_expects_to_be_refused(sdk: Account) -> None:
    said = refusal(
        AuthorizationRequired,
        cloudinary.api.upload_presets,
        cloud_name="test_cloud",
        api_key="key",
        api_secret="secret",
    )
    assert said == "Error 401 - unknown api_key"


def test_admin_with_a_wrong_secret(sdk: Account) -> None:
    said = refusal(AuthorizationRequired, cloudinary.api.visual_search, text="x", api_secret="no")
    assert said == "Error 401 - api_secret mismatch"


def test_admin_with_a_key_of_another_cloud(sdk: Account) -> None:
    stranger = sdk.running.account()
    for cloud in (stranger.cloud, "no-such-cloud"):
        said = refusal(AuthorizationRequired, cloudinary.api.upload_presets, cloud_name=cloud)
        assert said == "Error 401 - cloud_name mismatch"


def test_upload_with_an_unknown_key(sdk: Account) -> None:
    said = refusal(AuthorizationRequired, cloudinary.uploader.upload, RED, api_key="nobody")
    assert said == "Unknown API key nobody"


def test_upload_with_a_key_of_another_cloud(sdk: Account) -> None:
    stranger = sdk.running.account()
    said = refusal(
        AuthorizationRequired, cloudinary.uploader.upload, RED, cloud_name=stranger.cloud
    )
    assert said == f"Unknown API key {sdk.key}"


def test_unsigned_upload_to_an_unknown_cloud(sdk: Account) -> None:
    said = refusal(
        AuthorizationRequired, cloudinary.uploader.unsigned_upload, RED, "p", cloud_name="nowhere"
    )
    assert said == "Unknown API key "


def test_signed_upload_to_an_unknown_cloud(sdk: Account) -> None:
    said = refusal(AuthorizationRequired, cloudinary.uploader.upload, RED, cloud_name="nowhere")
    assert said == "Invalid cloud_name nowhere"


def test_a_bad_signature(sdk: Account) -> None:
    now = int(time.time())
    said = refusal(
        AuthorizationRequired,
        cloudinary.uploader.upload,
        RED,
        public_id="x&y",
        tags=["a", "b"],
        timestamp=now,
        signature="0" * 40,
        api_secret="wrong",
    )
    found = re.fullmatch(r"Invalid Signature ([0-9a-f]{40})\. String to sign - '(.*)'\.", said)
    assert found
    assert found[2] == f"public_id=x%26y&tags=a,b&timestamp={now}"


def test_a_signature_does_not_cover_what_was_added(server: Account) -> None:
    params = signed(server, public_id="x")
    assert "Invalid Signature" in message(upload(server, {**params, "overwrite": "0"}), 401)


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_stale_request(server: Account, hours: int) -> None:
    then = int(time.time()) + hours * 3600
    written = datetime.fromtimestamp(then, UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
    said = message(upload(server, signed(server, timestamp=then)), 400)
    assert said.startswith(f"Stale request - reported time is {written} which is more than 1 hour ")
    assert said.endswith("ago" if hours < 0 else "in the future")


def test_a_request_is_good_for_an_hour(server: Account) -> None:
    answer = upload(server, signed(server, timestamp=int(time.time()) - 3500))
    assert answer.status_code == 200


def test_no_file(sdk: Account, client: httpx.Client) -> None:
    assert refusal(BadRequest, cloudinary.uploader.upload, None) == (
        "Missing required parameter - file"
    )
    said = "Missing required parameter - file"
    assert message(client.post("image/upload"), 400) == said
    assert message(client.post("image/upload", data={"file": ""}), 400) == said


def test_neither_preset_nor_signature(server: Account) -> None:
    said = "Upload preset must be specified when using unsigned upload"
    assert message(upload(server, {}), 400) == said


def test_an_unknown_preset(sdk: Account) -> None:
    said = "Upload preset not found"
    assert refusal(BadRequest, cloudinary.uploader.unsigned_upload, RED, "nope") == said
    assert refusal(BadRequest, cloudinary.uploader.upload, RED, upload_preset="nope") == said


def test_a_preset_for_signed_uploads_only(sdk: Account) -> None:
    cloudinary.api.create_upload_preset(name="p")
    said = "Upload preset must be whitelisted for unsigned uploads"
    assert refusal(BadRequest, cloudinary.uploader.unsigned_upload, RED, "p") == said


def test_parameters_that_an_unsigned_upload_may_not_send(sdk: Account) -> None:
    cloudinary.api.create_upload_preset(name="p", unsigned=True)
    allowed = (
        "Only upload_preset, callback, public_id, folder, asset_folder, tags, context, metadata,"
        " face_coordinates, custom_coordinates, source, filename_override,"
        " manifest_transformation, manifest_json, template, template_vars, regions,"
        " public_id_prefix upload parameters are allowed."
    )
    not_allowed = "parameter is not allowed when using unsigned upload."
    said = refusal(
        BadRequest, cloudinary.uploader.unsigned_upload, RED, "p", transformation={"width": 1}
    )
    assert said == f"Transformation {not_allowed} {allowed}"
    said = refusal(
        BadRequest, cloudinary.uploader.unsigned_upload, RED, "p", overwrite=True, phash=True
    )
    assert said.count(f" {not_allowed} {allowed}") == 2
    assert "Overwrite parameter" in said
    assert "Phash parameter" in said
    assert f"{allowed}, " in said


@pytest.mark.parametrize(
    "data",
    [b"not an image", RED[:60], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7 ", b"\0"],
)
def test_not_an_image(sdk: Account, data: bytes) -> None:
    assert refusal(BadRequest, cloudinary.uploader.upload, data) == "Invalid image file"


def test_a_remote_file_that_cannot_be_had(sdk: Account, web: WebHost) -> None:
    missing = f"http://{web.netloc}/no.png"
    said = refusal(NotFound, cloudinary.uploader.upload, missing)
    assert said == f"Resource not found - {missing}"
    page = web.add("/page.html", b"<html></html>", "text/html; charset=utf-8")
    said = refusal(NotFound, cloudinary.uploader.upload, page)
    assert said == f"Resource not found - Error in loading {page} - HTML response"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/a.png",
        "http://localhost/a.png",
        "http://169.254.169.254/a",
        "http://[::1]/",
    ],
)
def test_private_addresses_look_like_any_other_failure(sdk: Account, url: str) -> None:
    said = refusal(NotFound, cloudinary.uploader.upload, url)
    assert said == f"Resource not found - {url}"
    said = refusal(NotFound, cloudinary.api.visual_search, image_url=url)
    assert said == f"Error 404 - Resource not found - {url}"


def test_too_big(sdk: Account, web: WebHost, tmp_path: Path) -> None:
    data = RED + b"\0" * 300_000
    said = f"File size too large. Got {len(data)}. Maximum is 300000."
    path = tmp_path / "big.png"
    path.write_bytes(data)
    assert refusal(BadRequest, cloudinary.uploader.upload, path) == said
    assert refusal(BadRequest, cloudinary.uploader.upload, web.add("/big.png", data)) == said
    said = f"Error 400 - {said}"
    assert refusal(BadRequest, cloudinary.api.visual_search, image_file=data) == said


def test_a_missing_asset(sdk: Account) -> None:
    answer = httpx.get(f"{sdk.base_url}/{sdk.cloud}/image/upload/v1/folder/none.png")
    assert message(answer, 404) == "Resource not found - folder/none.png"
    asset_id = "0123456789abcdef" * 2
    said = refusal(NotFound, cloudinary.api.visual_search, image_asset_id=asset_id)
    assert said == f"Error 404 - Resource not found - {asset_id}"


def test_an_empty_file(sdk: Account, tmp_path: Path, client: httpx.Client) -> None:
    path = tmp_path / "empty.png"
    path.touch()
    assert "empty" in refusal(BadRequest, cloudinary.uploader.upload, path).lower()
    answer = client.post("resources/visual_search", files={"image_file": ("file", b"")})
    assert "empty" in message(answer, 400).lower()


def test_a_wrong_cursor(sdk: Account) -> None:
    said = refusal(BadRequest, cloudinary.api.upload_presets, next_cursor="x")
    assert said == "Error 400 - Invalid value for parameter next_cursor"


def test_a_busy_server_is_told_as_a_rate_limit(
    sdk: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk.running.runtime.batcher, "_queue_size", 0)
    said = refusal(RateLimited, cloudinary.api.visual_search, text=f"busy {sdk.cloud}")
    assert said == "Error 429 - The encoder is busy. Try again in a moment."


def test_a_public_id_that_cannot_be(sdk: Account) -> None:
    said = refusal(BadRequest, cloudinary.uploader.upload, RED, public_id="a?b")
    assert said == (
        "public_id (a?b) is invalid. It must not contain any of ? & # \\ % < > + or control"
        " characters"
    )


def test_an_image_over_the_pixel_cap(sdk: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk.running.runtime.batcher, "_max_pixels", 32 * 24 - 1)
    said = refusal(BadRequest, cloudinary.uploader.upload, RED)
    assert said == "Image is too large. Got 768 pixels. Maximum is 767."


# Headers ----------------------------------------------------------------------------------------


def test_failed_uploads_and_deliveries_say_so_in_a_header_too(server: Account) -> None:
    answer = upload(server, {})
    assert answer.headers["x-cld-error"] == message(answer, 400)
    name = "grün/写真\u2028.png"
    answer = httpx.get(f"{server.base_url}/{server.cloud}/image/upload/{name}")
    assert message(answer, 404) == f"Resource not found - {name}"
    assert answer.headers["x-cld-error"].startswith("Resource not found - gr")


def test_every_answer_has_a_request_id(server: Account, client: httpx.Client) -> None:
    answers = [
        client.get("upload_presets"),
        client.post("resources/visual_search", json={"text": "red"}),
        client.post("image/upload", files={"file": RED}),
        client.get("nowhere"),
        client.get("upload_presets/none"),
        httpx.get(f"{server.base_url}/health"),
        httpx.get(f"{server.base_url}/nobody/image/upload/x"),
    ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)
    assert all("request_id" not in answer.json() for answer in answers)


def test_admin_answers_carry_the_rate_limit(sdk: Account) -> None:
    for answer in (cloudinary.api.upload_presets(), cloudinary.api.visual_search(text="red")):
        assert answer.rate_limit_allowed > 0
        assert 0 < answer.rate_limit_remaining <= answer.rate_limit_allowed
        assert isinstance(answer.rate_limit_reset_at, tuple)
        assert answer.request_id


# Whatever else comes ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/v1_1", "/v1_1/{cloud}", "/v1_1/{cloud}/nowhere", "/v1_1/{cloud}/a/b/c/d/e",
     "/v1_1/{cloud}/raw/upload", "/v2/x", "/{cloud}/image/upload", "/%00",
     "/v1_1/%00/upload_presets", "/{cloud}%00/image/upload/x", "/{cloud}/image/upload/x%00y",
     "/{cloud}/image/upload/%ff",
     "/{cloud}/image/upload/v{nines}/x", "/v1_1/{cloud}/upload_presets/x%00y",
     "/v1_1/{cloud}%ff/resources/visual_search", "/{cloud}/nonsense/upload/x",
     "/{cloud}/image/nonsense/x"],
)  # fmt: skip
def test_odd_paths(client: httpx.Client, server: Account, method: str, path: str) -> None:
    url = server.base_url + path.format(cloud=server.cloud, nines="9" * 5000)
    answer = client.request(method, url)
    assert answer.status_code in {400, 401, 404}
    message(answer, answer.status_code)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "resources/visual_search"),
        ("DELETE", "resources/visual_search"),
        ("PATCH", "upload_presets/x"),
        ("DELETE", "upload_presets"),
        ("GET", "image/upload"),
        ("PUT", "auto/upload"),
        ("PUT", "resources/related_assets/image/upload/x"),
        ("POST", "metadata_rules/x"),
        ("POST", "resources/image/moderations/manual/pending"),
    ],
)
def test_wrong_methods(client: httpx.Client, server: Account, method: str, path: str) -> None:
    said = message(client.request(method, path), 400)
    assert said == f"Method {method} is not supported by /v1_1/{server.cloud}/{path}"


@pytest.mark.parametrize(
    "path",
    [
        "resources/visual_search",
        "upload_presets",
        "image/upload",
        "metadata_rules",
        "resources/related_assets/image/upload/x",
    ],
)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[1, 2]"),
        ("application/json", b'"text"'),
        ("application/json", b"\xff\xfe"),
        ("application/json", b'{"text": "\\ud800"}'),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"name": "a\\u0000b", "text": "a\\u0000b", "file": "\\u0000"}'),
        ("application/x-www-form-urlencoded", b"text=%00&name=%00&public_id=%00"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"nothing of the kind"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"'),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Type: a\r\n\r\nb\r\n--x--"),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\n--y--"),
        ("multipart/form-data; boundary=", b"--\r\n\r\n----"),
        ("text/plain", b"text"),
        ("nonsense", b"\x00\x01"),
        ("", b"text"),
    ],
)
def test_malformed_bodies(client: httpx.Client, path: str, content_type: str, body: bytes) -> None:
    answer = client.post(path, content=body, headers={"Content-Type": content_type})
    message(answer, 400)


@pytest.mark.parametrize(
    "value",
    [[1], {"a": 1}, True, ["x", "y"], 1e400],
)
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("resources/visual_search", "text"),
        ("resources/visual_search", "image_asset_id"),
        ("resources/visual_search", "image_url"),
        ("resources/visual_search", "image_file"),
        ("resources/visual_search", "next_cursor"),
        ("resources/visual_search", "max_results"),
        ("upload_presets", "similarity_search"),
        ("upload_presets", "unsigned"),
        ("image/upload", "file"),
        ("image/upload", "public_id"),
        ("image/upload", "upload_preset"),
        ("image/upload", "folder"),
        ("image/upload", "colors"),
        ("image/upload", "backup"),
        ("resources/restore", "asset_ids"),
        ("resources/image/upload/restore", "public_ids"),
        ("resources/image/upload/restore", "versions"),
        ("image/download", "public_id"),
        ("image/download", "attachment"),
        ("download_backup", "version_id"),
    ],
)
def test_values_of_a_wrong_kind(client: httpx.Client, path: str, name: str, value: Any) -> None:
    file = "data:image/png;base64,iVBORw0KGgo="
    query = {"text": "x"} if name in ("next_cursor", "max_results") else {}
    body = {**query, **({"file": file} if path == "image/upload" else {}), name: value}
    if isinstance(value, float):
        text = json.dumps(body).replace("Infinity", "1e400")
        answer = client.post(path, content=text, headers={"Content-Type": "application/json"})
    else:
        answer = client.post(path, json=body)
    assert answer.status_code in {200, 400, 404}, answer.text
    if answer.status_code != 200:
        message(answer, answer.status_code)


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!!", "Basic dXNlcg==", "Basic /////w==", "Digest x", "Bearer x",
     "Basic Og==", "Basic AAA6AAA=", "x" * 5000],
)  # fmt: skip
def test_malformed_credentials(server: Account, header: str) -> None:
    for path in ("upload_presets", "resources/visual_search?text=x"):
        answer = httpx.get(server.url(path), headers={"Authorization": header})
        assert message(answer, 401)
    answer = httpx.post(
        server.url("image/upload"), headers={"Authorization": header}, files={"file": RED}
    )
    assert answer.status_code in {400, 401}
    message(answer, answer.status_code)


def test_no_credentials(server: Account) -> None:
    said = message(httpx.get(server.url("upload_presets")), 401)
    assert said == "Missing API key and secret: use HTTP Basic authentication"


@pytest.mark.parametrize(
    "params",
    [
        {"signature": "x"},
        {"signature": "0" * 40, "timestamp": ""},
        {"signature": "0" * 40, "timestamp": "soon"},
        {"signature": "0" * 40, "timestamp": "99999999999999999999"},
        {"signature": "0" * 40, "timestamp": "99999999999"},
        {"timestamp": "1"},
        {"signature": "ü" * 40, "timestamp": "1"},
    ],
)
def test_malformed_signatures(server: Account, params: dict[str, str]) -> None:
    answer = upload(server, {"api_key": server.key, **params})
    assert answer.status_code in {400, 401}
    message(answer, answer.status_code)


def test_a_signature_without_a_key(server: Account) -> None:
    said = message(upload(server, {"signature": "0" * 40, "timestamp": "1"}), 401)
    assert said == "Unknown API key "


# Litestar drops what it has spooled to disk without closing it; it is freed all the same.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("path", ["image/upload", "resources/visual_search", "upload_presets"])
def test_a_body_over_the_limit(client: httpx.Client, path: str, announced: bool) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body = head + b"x" * 3_000_000 + b"\r\n--x--\r\n"
    for content_type in ("multipart/form-data; boundary=x", "application/json"):
        pieces = (body[at : at + 65536] for at in range(0, len(body), 65536))
        content: Any = body if announced else pieces
        answer = client.post(path, content=content, headers={"Content-Type": content_type})
        said = message(answer, 400)
        got = str(len(body)) if announced else "more"
        assert said == f"File size too large. Got {got}. Maximum is 300000."
    gc.collect()  # here, so that the warning belongs to this test


def test_a_body_over_the_limit_through_the_sdk(sdk: Account, tmp_path: Path) -> None:
    path = tmp_path / "big.bmp"
    path.write_bytes(picture(format="BMP") + b"\0" * 3_000_000)
    said = refusal(BadRequest, cloudinary.uploader.upload, path)
    assert re.fullmatch(r"File size too large\. Got \d+\. Maximum is 300000\.", said)


def test_a_client_that_hangs_up_harms_nobody(server: Account, client: httpx.Client) -> None:
    head = (
        f"POST /v1_1/{server.cloud}/image/upload HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n--x\r\n"
    )
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.running.port)) as connection:
            connection.sendall(head.encode())
    assert client.get("upload_presets").status_code == 200


def test_a_host_header_cannot_break_the_answer(client: httpx.Client) -> None:
    for host in ("", "a b", "[::1", "x:99999999", "ü", "<script>"):
        answer = client.post(
            "image/upload",
            files={"file": RED},
            headers={b"Host": host.encode()},  # type: ignore[dict-item]
        )
        assert answer.status_code in {200, 400}


# Defects ------------------------------------------------------------------------------------------


def test_a_defect_leads_to_the_log_and_tells_nothing(
    sdk: Account, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    encoder = sdk.running.encoder
    assert isinstance(encoder, FakeEncoder)
    monkeypatch.setattr(encoder, "failure", RuntimeError("password=hunter2 /etc/secret"))
    text = f"defect {sdk.cloud}"
    answer = httpx.get(sdk.url("resources/visual_search"), params={"text": text}, auth=sdk.auth)
    said = message(answer, 500)
    assert said == f"Internal server error. Request ID: {answer.headers['x-request-id']}"
    assert "hunter2" not in str(answer.headers) + answer.text
    assert answer.headers["x-request-id"] in capfd.readouterr().out
    said = refusal(GeneralError, cloudinary.api.visual_search, text=text)
    assert said.startswith("Error 500 - Internal server error. Request ID: ")


def test_a_defect_in_an_upload(sdk: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError("password=hunter2")

    monkeypatch.setattr(sdk.running.runtime.batcher, "decode", broken)
    said = refusal(GeneralError, cloudinary.uploader.upload, RED)
    assert re.fullmatch(r"Internal server error\. Request ID: [0-9a-f]{32}", said)


# Environments are strangers to each other ---------------------------------------------------------


def test_environments_are_isolated(sdk: Account) -> None:
    mine = cloudinary.uploader.upload(RED, public_id="x", visual_search=True)
    cloudinary.api.create_upload_preset(name="p", unsigned=True)
    other = sdk.running.account()
    theirs = {"cloud_name": other.cloud, "api_key": other.key, "api_secret": other.secret}

    assert cloudinary.api.upload_presets(**theirs)["presets"] == []
    said = refusal(NotFound, cloudinary.api.upload_preset, "p", **theirs)
    assert said == "Error 404 - Can't find upload preset with name p"
    said = refusal(
        BadRequest, cloudinary.uploader.unsigned_upload, RED, "p", cloud_name=other.cloud
    )
    assert said == "Upload preset not found"
    with httpx.Client(auth=other.auth) as client:
        url = other.url("resources/visual_search")
        assert client.get(url, params={"text": "red"}).json()["resources"] == []
        answer = client.get(url, params={"image_asset_id": mine["asset_id"]})
        assert message(answer, 404) == f"Resource not found - {mine['asset_id']}"
        assert message(client.get(sdk.url("upload_presets")), 401) == "cloud_name mismatch"
    delivered = httpx.get(f"{sdk.base_url}/{other.cloud}/image/upload/x.png")
    assert message(delivered, 404) == "Resource not found - x.png"
    same_name = cloudinary.uploader.upload(picture("blue"), public_id="x", **theirs)
    assert "overwritten" not in same_name
    assert httpx.get(mine["url"]).content == RED


def test_a_revoked_key_is_unknown_at_once(sdk: Account) -> None:
    async def revoke() -> None:
        async with sdk.running.runtime.pool.connection() as connection:
            environment = await environments.get(connection, sdk.cloud)
            await api_keys.revoke(connection, environment, sdk.key)

    cloudinary.api.upload_presets()
    sdk.running.call(revoke)
    said = refusal(AuthorizationRequired, cloudinary.api.upload_presets)
    assert said == "Error 401 - unknown api_key"
    said = refusal(AuthorizationRequired, cloudinary.uploader.upload, RED)
    assert said == f"Unknown API key {sdk.key}"


def test_failures_of_the_upload_api_are_errors_of_the_sdk(sdk: Account) -> None:
    assert issubclass(BadRequest, UploadError)


def test_only_requests_with_files_may_be_large(server: Account) -> None:
    body = b'{"name": "large", "tags": "' + b"a," * 1_100_000 + b'"}'
    answer = httpx.post(
        server.url("upload_presets"),
        content=body,
        headers={"Content-Type": "application/json"},
        auth=server.auth,
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("File size too large. Got ")
