"""`ping`, `config` and `usage`."""

import time
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from cloudinary import api, uploader
from cloudinary.exceptions import AuthorizationRequired, BadRequest

from tests.fake_encoder import picture
from tests.server import Account


def test_ping(sdk: Account) -> None:
    assert api.ping() == {"status": "ok"}


def test_config_has_settings_only_when_asked(sdk: Account) -> None:
    config = api.config()
    assert set(config) == {"cloud_name", "created_at"}
    assert config["cloud_name"] == sdk.cloud
    assert api.config(settings=True)["settings"] == {"folder_mode": "dynamic"}
    assert "settings" not in api.config(settings=False)


def test_config_refuses_what_is_no_boolean(client: httpx.Client) -> None:
    answer = client.get("config", params={"settings": "maybe"})
    assert answer.status_code == 400
    assert "settings" in answer.json()["error"]["message"]


def test_usage_counts(sdk: Account) -> None:
    before = api.usage()
    uploaded = uploader.upload(picture(), public_id="x")
    used = api.usage()
    assert used["plan"]
    assert used["last_updated"] == f"{datetime.now(UTC):%Y-%m-%d}"
    assert (used["resources"], used["objects"]["usage"], used["derived_resources"]) == (1, 1, 0)
    assert used["storage"]["usage"] == uploaded["bytes"]
    assert used["requests"] == before["requests"] + 1
    assert used["transformations"]["usage"] == 0
    assert used["media_limits"]["image_max_size_bytes"] > 0


def test_usage_counts_deliveries(sdk: Account) -> None:
    uploaded = uploader.upload(picture(), public_id="x", tags="t")
    whole = httpx.get(uploaded["url"])
    part = httpx.get(uploaded["url"], headers={"Range": "bytes=0-9"})
    assert (whole.status_code, part.status_code) == (200, 206)
    httpx.head(uploaded["url"])
    httpx.get(uploaded["url"], headers={"If-None-Match": whole.headers["ETag"]})
    httpx.get(uploaded["url"].replace("/x.", "/missing."))
    deadline = time.monotonic() + 10
    while api.usage()["bandwidth"]["usage"] != uploaded["bytes"] + 10:
        assert time.monotonic() < deadline  # it is written once a second
        time.sleep(0.2)
    assert api.usage(date=datetime.now(UTC).date())["bandwidth"]["usage"] > 0


def test_usage_of_a_day(sdk: Account) -> None:
    uploader.upload(picture(), public_id="x")
    today = datetime.now(UTC).date()
    used = api.usage(date=today)
    assert used["resources"] == 1
    assert set(used["bandwidth"]) == {"usage"}
    assert used["date_requested"] == f"{today}T00:00:00Z"
    yesterday = api.usage(date=today - timedelta(days=1))
    assert (yesterday["resources"], yesterday["requests"]) == (0, 0)
    assert api.usage(date=today.isoformat())["resources"] == 1
    for wrong in (date(9999, 12, 31), "31-02-2026", "x", "2026-1-1"):
        with pytest.raises(BadRequest, match="Invalid value for parameter date"):
            api.usage(date=wrong)


@pytest.mark.parametrize("path", ["ping", "config", "usage", "usage/01-01-2026"])
def test_credentials_of_another_environment_are_refused(sdk: Account, path: str) -> None:
    other = sdk.running.account()
    uploader.upload(picture(), public_id="x")
    assert httpx.get(sdk.url(path), auth=other.auth).status_code == 401
    assert httpx.get(sdk.url(path)).status_code == 401
    own = httpx.get(other.url("usage"), auth=other.auth).json()
    assert (own["resources"], own["storage"]["usage"]) == (0, 0)
    with pytest.raises(AuthorizationRequired, match="api_secret mismatch"):
        api.ping(api_secret="wrong")
