"""Access tokens: the official client with `oauth_token` instead of key and secret."""

from collections.abc import Iterator

import cloudinary
import cloudinary.api
import cloudinary.uploader
import httpx
import psycopg
import pytest
from cloudinary.exceptions import AuthorizationRequired

from app.db import access_tokens, environments
from tests.fake_encoder import picture
from tests.server import Account

RED = picture("red")


def revoke_token(account: Account, token_id: str) -> None:
    async def revoke() -> None:
        async with account.running.runtime.pool.connection() as connection:
            environment = await environments.get(connection, account.cloud)
            await access_tokens.revoke(connection, environment, token_id)

    account.running.call(revoke)


@pytest.fixture
def token(sdk: Account) -> Iterator[tuple[str, str]]:
    """Id and text of a token, which the SDK uses; it has neither key nor secret."""
    token_id, text = sdk.add_token()
    cloudinary.config(oauth_token=text, api_key=None, api_secret=None)
    yield token_id, text
    cloudinary.config(oauth_token=None)


def test_the_admin_api_and_the_upload_api_take_one(sdk: Account, token: tuple[str, str]) -> None:
    assert cloudinary.api.ping()["status"] == "ok"
    answer = cloudinary.uploader.upload(RED, public_id="a", visual_search=True)
    assert "api_key" not in answer
    assert answer["signature"]
    cloudinary.uploader.add_tag("t", ["a"])
    assert cloudinary.api.resource("a")["tags"] == ["t"]
    assert cloudinary.api.visual_search(text="red")["resources"][0]["public_id"] == "a"
    found = cloudinary.Search().expression("public_id=a").execute()["resources"]
    assert found[0]["created_by"] == {"access_key": token[0]}
    restricted = cloudinary.uploader.upload(RED, public_id="b", type="authenticated")
    assert httpx.get(restricted["url"]).content == RED
    assert cloudinary.uploader.destroy("a")["result"] == "ok"


def test_a_revoked_token_is_unknown_at_once(sdk: Account, token: tuple[str, str]) -> None:
    cloudinary.api.ping()
    revoke_token(sdk, token[0])
    with pytest.raises(AuthorizationRequired, match="unknown access token"):
        cloudinary.api.ping()
    with pytest.raises(AuthorizationRequired, match="unknown access token"):
        cloudinary.uploader.upload(RED)


def test_a_token_opens_one_environment(sdk: Account, token: tuple[str, str]) -> None:
    other = sdk.running.account()
    with pytest.raises(AuthorizationRequired, match="cloud_name mismatch"):
        cloudinary.api.ping(cloud_name=other.cloud)
    with pytest.raises(AuthorizationRequired, match="cloud_name mismatch"):
        cloudinary.uploader.upload(RED, cloud_name=other.cloud)
    with pytest.raises(Exception, match="has no access token"):
        revoke_token(other, token[0])
    cloudinary.api.ping()


@pytest.mark.parametrize("change", [str.upper, lambda text: text[:-1], lambda text: text + "x"])
def test_a_token_that_was_changed(sdk: Account, change: object) -> None:
    assert callable(change)
    _, text = sdk.add_token()
    wrong = change(text)
    answer = httpx.get(sdk.url("ping"), headers={"Authorization": f"Bearer {wrong}"})
    assert answer.status_code == 401
    assert answer.json() == {"error": {"message": "unknown access token"}}
    right = httpx.get(sdk.url("ping"), headers={"Authorization": f"bearer {text}"})
    assert right.status_code == 200


def test_the_database_does_not_have_it(sdk: Account) -> None:
    token_id, text = sdk.add_token()
    secret = text.removeprefix(f"iris_{token_id}_")
    assert len(secret) >= 32
    with psycopg.connect(sdk.running.database_url) as connection:
        rows = connection.execute("select token::text from library.access_token as token")
        assert [row for row in rows.fetchall() if secret in row[0]] == []
