"""Manual moderation: the queue, what is decided, and what that changes."""

from pathlib import Path
from typing import Any

import cloudinary
import cloudinary.api
import cloudinary.uploader
import httpx
import pytest
from cloudinary import Search
from cloudinary.exceptions import BadRequest, NotFound

from app.db import api_keys, assets, environments
from app.web import delivery_url
from tests.conftest import configured
from tests.database import Databases
from tests.fake_encoder import picture
from tests.server import Account, serve

RED, BLUE = picture("red"), picture("blue")


def queue(status: str, **options: Any) -> list[str]:
    found = cloudinary.api.resources_by_moderation("manual", status, **options)["resources"]
    return [each["public_id"] for each in found]


def found(expression: str) -> list[str]:
    resources = Search().expression(expression).execute()["resources"]
    return sorted(each["public_id"] for each in resources)


def test_from_the_queue_to_a_decision_and_back(sdk: Account) -> None:
    """What the SDK's own live test does, and the queues beside it."""
    uploaded = cloudinary.uploader.upload(RED, public_id="a", moderation="manual")
    assert uploaded["moderation"] == [{"kind": "manual", "status": "pending"}]
    cloudinary.uploader.upload(RED, public_id="other")
    assert queue("pending") == ["a"]
    for status in ("approved", "rejected", "pending"):
        updated = cloudinary.api.update("a", moderation_status=status)
        assert updated["moderation"][0]["status"] == updated["moderation_status"] == status
        assert updated["moderation"][0]["updated_at"]
        assert cloudinary.api.resource("a")["moderation"] == updated["moderation"]
        assert queue(status) == ["a"]
        assert found(f"moderation_status={status}") == ["a"]
        assert found("-moderation_status:" + status) == ["other"]
    assert queue("approved") == []
    assert found("moderation_kind:manual") == ["a"]
    assert "moderation" not in cloudinary.api.resource("other")


def test_explicit_a_preset_and_an_unsigned_upload(sdk: Account) -> None:
    cloudinary.uploader.upload(RED, public_id="a")
    answer = cloudinary.uploader.explicit("a", type="upload", moderation="manual")
    assert answer["moderation"][0]["status"] == "pending"
    cloudinary.api.create_upload_preset(name="p", unsigned=True, moderation="manual")
    answer = cloudinary.uploader.unsigned_upload(RED, "p", public_id="b")
    assert answer["moderation"][0]["status"] == "pending"
    assert queue("pending") == ["b", "a"]
    assert queue("pending", direction="asc") == ["a", "b"]


def test_lists_show_it_on_request(sdk: Account) -> None:
    cloudinary.uploader.upload(RED, public_id="a", moderation="manual", tags="t")
    cloudinary.uploader.upload(RED, public_id="b", tags="t")
    plain, shown = (
        {each["public_id"]: each for each in cloudinary.api.resources(**flags)["resources"]}
        for flags in ({}, {"moderations": True})
    )
    assert shown["a"]["moderation"] == [{"kind": "manual", "status": "pending"}]
    assert shown["a"]["moderation_kind"] == "manual"
    assert shown["a"]["moderation_status"] == "pending"
    assert not {"moderation_kind", "moderation_status"} & {*plain["a"], *shown["b"]}
    (listed,) = cloudinary.api.resources_by_moderation("manual", "pending", tags=True)["resources"]
    assert (listed["moderation_status"], listed["tags"]) == ("pending", ["t"])
    asked = Search().expression("public_id=a").with_field("moderation_status")
    (hit,) = asked.execute()["resources"]
    assert hit["moderation_status"] == "pending"
    assert "moderation_kind" not in hit


def test_a_queue_comes_in_pages(sdk: Account) -> None:
    for name in "abc":
        cloudinary.uploader.upload(RED, public_id=name, moderation="manual")
    first = cloudinary.api.resources_by_moderation("manual", "pending", max_results=2)
    assert [each["public_id"] for each in first["resources"]] == ["c", "b"]
    second = {"max_results": 2, "next_cursor": first["next_cursor"]}
    assert queue("pending", **second) == ["a"]
    with pytest.raises(BadRequest, match="next_cursor"):  # it is another list's
        queue("approved", **second)


def test_nothing_is_blocked_and_everything_is_found(sdk: Account) -> None:
    """As at Cloudinary, unless a setting says otherwise; and ranking knows no permissions."""
    uploaded = cloudinary.uploader.upload(
        RED, public_id="a", moderation="manual", visual_search=True
    )
    cloudinary.api.update("a", moderation_status="rejected")
    assert httpx.get(uploaded["url"]).content == RED
    hits = cloudinary.api.visual_search(text="red")["resources"]
    assert [each["public_id"] for each in hits] == ["a"]


def page_address(account: Account, public_id: str) -> str:
    """Where the Media Library page finds an image."""

    async def address() -> str:
        runtime = account.running.runtime
        async with runtime.pool.connection() as connection:
            environment = await environments.get(connection, account.cloud)
            key = await api_keys.first_enabled(connection, runtime.keyring, environment)
            place = (environment.environment_id, "image", "upload", public_id)
            asset = await assets.find(connection, *place)
        assert asset is not None
        return delivery_url.picture(environment, key, asset, delivery_url.SMALL)

    return account.base_url + account.running.call(address)


def test_where_only_what_is_approved_is_public(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        databases.clone() as url,
        serve(url, tmp_path, block_unapproved=True) as running,
        configured(running.account(), monkeypatch) as account,
    ):
        uploaded = cloudinary.uploader.upload(
            RED, public_id="a", moderation="manual", visual_search=True
        )
        small = uploaded["url"].replace("/upload/", "/upload/c_scale,w_8/")
        signed = cloudinary.utils.cloudinary_url("a", format="png", sign_url=True)[0]
        for status in ("pending", "rejected"):
            if status == "rejected":
                cloudinary.api.update("a", moderation_status=status)
            for address in (uploaded["url"], small):
                answer = httpx.get(address)
                assert answer.status_code == 401
                assert "has to be signed" in answer.headers["x-cld-error"]
            answer = httpx.get(signed)
            assert answer.content == RED
            assert answer.headers["cache-control"].startswith("private")
            assert httpx.get(page_address(account, "a")).status_code == 200
            assert cloudinary.api.visual_search(text="red")["total_count"] == 1
        cloudinary.api.update("a", moderation_status="approved")
        assert [httpx.get(each).status_code for each in (uploaded["url"], small)] == [200, 200]


def test_another_file_was_not_moderated(sdk: Account) -> None:
    cloudinary.uploader.upload(RED, public_id="a", moderation="manual")
    cloudinary.api.update("a", moderation_status="approved")
    kept = cloudinary.uploader.upload(BLUE, public_id="a", overwrite=False)
    assert kept["moderation"][0]["status"] == "approved"
    again = cloudinary.uploader.upload(BLUE, public_id="a", moderation="manual")
    assert again["moderation"][0]["status"] == "pending"
    assert "moderation" not in cloudinary.uploader.upload(RED, public_id="a")
    assert queue("pending") == []


@pytest.mark.parametrize("kind", ["aws_rek", "webpurify|manual", "duplicate:0.8", "Manual"])
def test_other_kinds_are_refused(sdk: Account, kind: str) -> None:
    said = "There is only manual moderation"
    cloudinary.uploader.upload(RED, public_id="a")
    with pytest.raises(BadRequest, match=said):
        cloudinary.uploader.upload(BLUE, public_id="b", moderation=kind)
    with pytest.raises(BadRequest, match=said):
        cloudinary.uploader.explicit("a", type="upload", moderation=kind)
    assert found("") == ["a"]
    assert "moderation" not in cloudinary.api.resource("a")


def test_decisions_that_cannot_be(sdk: Account) -> None:
    cloudinary.uploader.upload(RED, public_id="a")
    with pytest.raises(BadRequest, match="a is not in a moderation queue"):
        cloudinary.api.update("a", moderation_status="approved", tags="changed")
    cloudinary.uploader.upload(RED, public_id="b", moderation="manual")
    with pytest.raises(BadRequest, match="Illegal moderation status: nice"):
        cloudinary.api.update("b", moderation_status="nice", tags="changed")
    with pytest.raises(BadRequest, match="Invalid value for parameter moderation_status: nice"):
        cloudinary.api.resources_by_moderation("manual", "nice")
    with pytest.raises(BadRequest, match="Invalid value for parameter moderation_kind: nobody"):
        cloudinary.api.resources_by_moderation("nobody", "pending")
    assert cloudinary.api.resources_by_moderation("aws_rek", "queued")["resources"] == []
    with pytest.raises(NotFound):
        cloudinary.api.update("c", moderation_status="approved")
    assert found("tags=changed") == []


def test_another_environment_sees_none_of_it(sdk: Account) -> None:
    other = sdk.running.account()
    cloudinary.uploader.upload(RED, public_id="a", moderation="manual")
    answer = httpx.get(other.url("resources/image/moderations/manual/pending"), auth=other.auth)
    assert answer.json() == {"resources": []}
