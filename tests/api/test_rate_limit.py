"""The hourly limit of the Admin API and the headers of every answer."""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import cloudinary
import httpx
import pytest
from cloudinary import api
from cloudinary.exceptions import RateLimited

from app.api.rate_limit import UNLIMITED
from app.db import rate_limits
from app.db.pool import Pool
from tests.conftest import configured
from tests.database import Databases
from tests.fake_encoder import picture
from tests.server import Account, serve


def test_the_sdk_reads_the_headers(sdk: Account) -> None:
    first, second = api.ping(), api.ping()
    assert first.rate_limit_allowed == UNLIMITED
    assert second.rate_limit_remaining == first.rate_limit_remaining - 1 > 0
    assert isinstance(first.rate_limit_reset_at, tuple)
    assert first.request_id
    assert first.request_id != second.request_id


@pytest.mark.parametrize(
    ("method", "path", "authorized"),
    [
        ("GET", "ping", True),
        ("GET", "ping", False),
        ("GET", "usage/nonsense", True),
        ("GET", "folders/missing", True),
        ("PUT", "folders/missing", True),
        ("DELETE", "metadata_fields/missing", True),
        ("GET", "no/such/route", True),
        ("PATCH", "folders", True),
        ("POST", "resources/visual_search", True),
    ],
)
def test_every_admin_answer_has_the_headers(
    server: Account, method: str, path: str, authorized: bool
) -> None:
    answer = httpx.request(method, server.url(path), auth=server.auth if authorized else None)
    assert int(answer.headers["X-FeatureRateLimit-Limit"]) > 0
    assert int(answer.headers["X-FeatureRateLimit-Remaining"]) > 0
    resets_at = parsedate_to_datetime(answer.headers["X-FeatureRateLimit-Reset"])
    assert answer.headers["X-FeatureRateLimit-Reset"].endswith("GMT")
    assert 0 < (resets_at - datetime.now(UTC)).total_seconds() <= 3600
    assert answer.headers["X-Request-Id"]
    assert "request_id" not in answer.json()


def test_uploads_and_deliveries_have_no_such_headers(server: Account) -> None:
    sent = httpx.post(
        server.url("image/upload"), auth=server.auth, files={"file": ("x.png", picture())}
    )
    assert sent.status_code == 200
    for answer in (sent, httpx.get(sent.json()["url"])):
        assert answer.headers["X-Request-Id"]
        assert "X-FeatureRateLimit-Limit" not in answer.headers


def test_beyond_the_limit_calls_are_refused(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with databases.clone() as url, serve(url, tmp_path, hourly_limit=2) as running:
        account, other = running.account(), running.account()
        with configured(account, monkeypatch):
            assert [api.ping().rate_limit_remaining for _ in range(2)] == [1, 0]
            expected = r"Error 420 - Rate limit exceeded. Limit of 2 API operations per hour\. "
            with pytest.raises(RateLimited, match=expected + r"Try again at [\d-]+ [\d:]+ UTC"):
                api.create_folder("refused")
            # The Upload API goes on.
            assert cloudinary.uploader.upload(picture())["public_id"]
        refused = httpx.get(account.url("ping"), auth=account.auth)
        assert refused.status_code == 420
        assert refused.headers["X-FeatureRateLimit-Remaining"] == "0"
        # Neither a wrong secret nor another environment uses anything up.
        assert httpx.get(account.url("ping"), auth=(account.key, "x")).status_code == 401
        allowed = httpx.get(other.url("folders"), auth=other.auth)
        assert allowed.headers["X-FeatureRateLimit-Remaining"] == "1"
        assert allowed.json()["folders"] == []


async def test_no_two_calls_get_the_same_number(pool: Pool) -> None:
    async with pool.connection() as connection:
        row = await connection.execute(
            "insert into library.environment (cloud_name) values ('x') returning environment_id"
        )
        found = await row.fetchone()
    assert found is not None

    async def count() -> int:
        async with pool.connection() as connection:
            return (await rate_limits.count(connection, found[0])).calls

    numbers = await asyncio.gather(*(count() for _ in range(40)))
    assert sorted(numbers) == list(range(1, 41))
