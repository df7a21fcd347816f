"""Assets that belong together: related and not any more, with the official client."""

import threading
from typing import Any

import cloudinary
import cloudinary.api
import cloudinary.uploader
import httpx
import psycopg
import pytest
from cloudinary.exceptions import BadRequest, NotFound

from tests.fake_encoder import picture
from tests.server import Account

RED = picture("red")


def upload(*names: str) -> list[str]:
    """Their asset_ids."""
    return [cloudinary.uploader.upload(RED, public_id=name)["asset_id"] for name in names]


def related(name: str) -> list[str]:
    shown = cloudinary.api.resource(name, related=True)["related_assets"]
    return sorted(each["public_id"] for each in shown)


def codes(answer: Any) -> dict[str, tuple[str, int]]:
    found = [*answer["failed"], *answer["success"]]
    assert all(each["message"] for each in found)
    assert all(each["status"] == 200 for each in answer["success"])
    assert all(each["status"] >= 400 for each in answer["failed"])
    return {each["asset"]: (each["code"], each["status"]) for each in found}


def test_relating_is_mutual_but_not_transitive(sdk: Account) -> None:
    upload("a", "f/b, c", "d")
    cloudinary.uploader.upload(b"text", public_id="t.txt", resource_type="raw")
    names = ["image/upload/f/b, c", "raw/upload/t.txt"]
    answer = cloudinary.api.add_related_assets("a", names)
    assert codes(answer) == dict.fromkeys(names, ("success_ids", 200))
    assert answer["success"][0]["message"] == "success"
    assert related("a") == ["f/b, c", "t.txt"]
    assert related("f/b, c") == ["a"]
    assert related("d") == []
    again = cloudinary.api.add_related_assets("a", names[0])
    assert codes(again) == {names[0]: ("already_exists_ids", 200)}
    backwards = cloudinary.api.add_related_assets("f/b, c", "image/upload/a")
    assert codes(backwards) == {"image/upload/a": ("already_exists_ids", 200)}
    assert "related_assets" not in cloudinary.api.resource("a")


def test_unrelating_from_either_side(sdk: Account) -> None:
    upload("a", "b", "c")
    cloudinary.api.add_related_assets("a", ["image/upload/b", "image/upload/c"])
    answer = cloudinary.api.delete_related_assets("b", "image/upload/a")
    assert codes(answer) == {"image/upload/a": ("success_ids", 200)}
    assert (related("a"), related("b")) == (["c"], [])
    answer = cloudinary.api.delete_related_assets("a", ["image/upload/b", "image/upload/c"])
    assert codes(answer) == {
        "image/upload/b": ("relation_does_not_exist_ids", 404),
        "image/upload/c": ("success_ids", 200),
    }
    assert related("c") == []


def test_by_asset_ids(sdk: Account) -> None:
    one, other = upload("a", "b")
    unknown = "0" * 32
    asked = [other, one, unknown, "b"]
    answer = cloudinary.api.add_related_assets_by_asset_ids(one, asked)
    assert codes(answer) == {
        other: ("success_ids", 200),
        one: ("invalid_relate_to_self_id", 400),
        unknown: ("non_existing_ids", 404),
        "b": ("invalid_ids", 400),
    }
    shown = cloudinary.api.resource_by_asset_id(one, related=True)["related_assets"]
    assert [each["asset_id"] for each in shown] == [other]
    assert httpx.get(shown[0]["url"]).content == RED
    cloudinary.api.delete_related_assets_by_asset_ids(other, one)
    assert related("a") == []


def test_names_that_cannot_be(sdk: Account) -> None:
    upload("a")
    wrong = ["a", "image/a", "image/upload/", "film/upload/a", "image/upload/none"]
    answer = cloudinary.api.add_related_assets("a", wrong)
    assert codes(answer) == dict.fromkeys(wrong[:4], ("invalid_ids", 400)) | {
        wrong[4]: ("non_existing_ids", 404)
    }
    assert answer["success"] == []


@pytest.mark.parametrize(
    "change", [cloudinary.api.add_related_assets, cloudinary.api.delete_related_assets]
)
def test_requests_that_cannot_be(sdk: Account, change: Any) -> None:
    upload("a")
    with pytest.raises(NotFound, match="Resource not found - none"):
        change("none", "image/upload/a")
    with pytest.raises(BadRequest, match="Missing required parameter - assets_to_"):
        change("a", [])
    with pytest.raises(BadRequest, match="The maximum is 10"):
        change("a", [f"image/upload/{number}" for number in range(11)])
    assert related("a") == []


def test_a_deleted_asset_is_related_to_nothing(sdk: Account) -> None:
    upload("a", "b")
    cloudinary.api.add_related_assets("a", "image/upload/b")
    cloudinary.uploader.destroy("b")
    assert related("a") == []


def test_a_new_file_and_a_new_name_keep_relations(sdk: Account) -> None:
    upload("a", "b")
    cloudinary.api.add_related_assets("a", "image/upload/b")
    cloudinary.uploader.upload(picture("blue"), public_id="b")
    cloudinary.uploader.rename("b", "c")
    assert related("a") == ["c"]


def test_many_come_in_pages(sdk: Account) -> None:
    one, *_ = upload("a")
    with psycopg.connect(sdk.running.database_url) as connection:
        connection.execute(
            "with added as (insert into library.asset (environment_id, public_id, version, format,"
            " bytes, width, height, etag, sha256, display_name)"
            " select environment_id, 'n' || n, 1, 'png', 1, 1, 1, etag, sha256, 'n'"
            " from library.asset, generate_series(1, 150) as n where asset_id = %(id)s::uuid"
            " returning environment_id, asset_id)"
            " insert into library.related_asset (environment_id, asset_id, related_id)"
            " select environment_id, %(id)s::uuid, asset_id from added",
            {"id": one},
        )
    first = cloudinary.api.resource("a", related=True)
    second = cloudinary.api.resource(
        "a", related=True, related_next_cursor=first["related_next_cursor"]
    )
    shown = [each["public_id"] for each in first["related_assets"] + second["related_assets"]]
    assert len(shown) == len({*shown}) == 150
    assert "related_next_cursor" not in second
    upload("b")
    with pytest.raises(BadRequest, match="next_cursor"):
        cloudinary.api.resource("b", related=True, related_next_cursor=first["related_next_cursor"])


def test_another_environment_cannot_be_related_to(sdk: Account) -> None:
    (mine,) = upload("a")
    other = sdk.running.account()
    theirs = {"cloud_name": other.cloud, "api_key": other.key, "api_secret": other.secret}
    cloudinary.uploader.upload(RED, public_id="b", **theirs)
    answer = cloudinary.api.add_related_assets("b", "image/upload/a", **theirs)
    assert codes(answer) == {"image/upload/a": ("non_existing_ids", 404)}
    their_id = cloudinary.api.resource("b", **theirs)["asset_id"]
    answer = cloudinary.api.add_related_assets_by_asset_ids(their_id, mine, **theirs)
    assert codes(answer) == {mine: ("non_existing_ids", 404)}
    with pytest.raises(NotFound):
        cloudinary.api.add_related_assets_by_asset_ids(mine, their_id, **theirs)
    assert related("a") == []


def test_two_that_relate_to_each_other_at_once(sdk: Account) -> None:
    names = [f"n{number}" for number in range(8)]
    upload(*names)
    said: list[Any] = []

    def change(name: str) -> None:
        others = [f"image/upload/{each}" for each in names if each != name]
        said.append(cloudinary.api.add_related_assets(name, others))
        said.append(cloudinary.api.delete_related_assets(name, others[:3]))

    threads = [threading.Thread(target=change, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 16  # none of them failed
    for name in names:
        assert all(name in related(other) for other in related(name))
