"""The Search API, with the official Python package and as its documentation spells requests."""

import base64
from typing import Any

import httpx
import pytest
from cloudinary import Search, uploader
from cloudinary.exceptions import BadRequest

from tests.fake_encoder import picture
from tests.server import Account, RunningServer

SEARCH = "resources/search"


@pytest.fixture
def library(sdk: Account) -> Account:
    """Six assets: shoes in folders, with tags and context, and a text file."""
    for number, colour in enumerate(["red", "green", "blue", "black", "white"]):
        uploader.upload(
            picture(colour),
            public_id=f"{colour} shoe",
            asset_folder="shop/shoes" if number % 2 else "shop",
            tags=["shoe", colour],
            context={"stage": f"no {number}"},
        )
    uploader.upload(b"a,b", public_id="prices.csv", resource_type="raw")
    return sdk


def names(answer: dict[str, Any]) -> list[str]:
    return [asset["public_id"] for asset in answer["resources"]]


def find(expression: str) -> set[str]:
    return set(names(Search().expression(expression).execute()))


def test_expressions_of_the_sdk_and_the_cli(library: Account) -> None:
    everything = find("")
    assert len(everything) == 6
    assert find("tags=red") == find("tags:RED") == {"red shoe"}
    assert find("tags=RED") == set()
    assert find('public_id="red shoe"') == {"red shoe"}
    assert find('folder:"shop/*"') == everything - {"prices.csv"}
    assert find('asset_folder:"shop/shoes/*" AND status:(active OR pending)') == {
        "green shoe",
        "black shoe",
    }
    assert find('folder:"*" AND status:active') == everything
    assert find("-tags") == {"prices.csv"}
    assert find("shoe AND NOT (red OR blue)") == {"green shoe", "black shoe", "white shoe"}
    assert find('context.stage:"no 3" uploaded_at>1d AND bytes<1mb') == {"black shoe"}
    assert find("context:stage resource_type:image") == everything - {"prices.csv"}
    assert find("created_at<1d OR duration>60") == set()


def test_a_resource(library: Account) -> None:
    [asset] = Search().expression("tags=red").execute()["resources"]
    assert asset == {
        "asset_id": asset["asset_id"],
        "public_id": "red shoe",
        "asset_folder": "shop",
        "filename": "red shoe",
        "display_name": "red shoe",
        "format": "png",
        "version": asset["version"],
        "resource_type": "image",
        "type": "upload",
        "created_at": asset["created_at"],
        "uploaded_at": asset["uploaded_at"],
        "bytes": len(picture("red")),
        "backup_bytes": 0,
        "width": asset["width"],
        "height": asset["height"],
        "aspect_ratio": asset["aspect_ratio"],
        "pixels": asset["width"] * asset["height"],
        "url": asset["url"],
        "secure_url": asset["url"],
        "status": "active",
        "access_mode": "public",
        "access_control": None,
        "etag": asset["etag"],
        "created_by": {"access_key": library.key},
        "uploaded_by": {"access_key": library.key},
    }
    assert find(f"asset_id:{asset['asset_id']}") == {"red shoe"}
    assert find(f"aspect_ratio={asset['aspect_ratio']}") >= {"red shoe"}
    assert httpx.get(asset["secure_url"]).content == picture("red")
    [raw] = Search().expression("resource_type:raw").execute()["resources"]
    assert raw["format"] == ""
    assert "width" not in raw


def test_extra_fields(library: Account) -> None:
    query = Search().expression("tags=red")
    for name in ("tags", "context", "metadata", "image_metadata"):
        query.with_field(name)
    [asset] = query.execute()["resources"]
    assert asset["context"] == {"stage": "no 0"}
    assert sorted(asset["tags"]) == ["red", "shoe"]
    assert (asset["metadata"], asset["image_metadata"]) == ({}, {})
    query.fields("tags").fields("secure_url")
    [asset] = query.execute()["resources"]
    assert set(asset) == {
        "public_id", "asset_id", "asset_folder", "created_at", "status", "type", "resource_type",
        "tags", "secure_url",
    }  # fmt: skip


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_until_the_cursor_is_absent(library: Account, direction: str) -> None:
    query = Search().expression("").sort_by("public_id", direction).max_results(4).next_cursor("")
    first = query.execute()
    last = query.next_cursor(first["next_cursor"]).execute()
    assert first["total_count"] == last["total_count"] == 6
    assert isinstance(first["time"], int)
    assert "next_cursor" not in last
    assert names(first) + names(last) == sorted(find(""), reverse=direction == "desc")


def test_the_newest_come_first(library: Account) -> None:
    found = names(Search().expression("shoe").execute())
    assert found == [f"{colour} shoe" for colour in ["white", "black", "blue", "green", "red"]]


def test_aggregations(library: Account) -> None:
    ranges = [{"key": "some", "to": 10**9}, {"key": "many", "from": 10**9}]
    answer = (
        Search()
        .expression("")
        .max_results(1)
        .aggregate("format")
        .aggregate("resource_type")
        .aggregate({"type": "bytes", "ranges": ranges})
        .execute()
    )
    assert answer["aggregations"] == {
        "format": {"png": 5},
        "resource_type": {"image": 5, "raw": 1},
        "bytes": {"some": 6, "many": 0},
    }
    assert answer["total_count"] == 6


@pytest.mark.parametrize(
    "query",
    [
        {"sort_by": '[{"public_id":"asc"}]', "fields": "tags,bytes"},
        {"sort_by[0][public_id]": "asc", "fields[]": ["tags", "bytes"]},
        {"sort_by[][public_id]": "asc", "fields[0]": "tags", "fields[1]": "bytes"},
        {"sort_by[public_id]": "asc", "fields": '["tags","bytes"]'},
    ],
)
def test_query_strings_and_forms(
    library: Account, client: httpx.Client, query: dict[str, Any]
) -> None:
    query = {"expression": "tags:shoe", "max_results": "2", **query}
    body = {
        "expression": "tags:shoe",
        "max_results": 2,
        "sort_by": [{"public_id": "asc"}],
        "fields": ["tags", "bytes"],
    }
    expected = client.post(SEARCH, json=body).json()["resources"]
    assert [asset["public_id"] for asset in expected] == ["black shoe", "blue shoe"]
    assert client.get(SEARCH, params=query).json()["resources"] == expected
    assert client.post(SEARCH, data=query).json()["resources"] == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"expression": "*x"}, "Query Error (at position 1)"),
        ({"expression": "colour:red"}, "there is no field colour"),
        ({"expression": ["a"]}, "Invalid value for parameter expression"),
        ({"max_results": 501}, "max_results"),
        ({"max_results": "many"}, "max_results"),
        ({"sort_by": [{"colour": "asc"}]}, "sort_by"),
        ({"sort_by": [{"bytes": "up"}]}, "sort_by"),
        ({"sort_by": [["bytes"]]}, "sort_by"),
        ({"sort_by": "[{"}, "sort_by"),
        ({"sort_by": [{"metadata.x": "asc"}]}, "sort_by"),
        ({"aggregate": ["colour"]}, "aggregate"),
        ({"aggregate": ["bytes"]}, "ranges"),
        ({"aggregate": [{"type": "bytes", "ranges": [{"from": 1}]}]}, "key"),
        ({"aggregate": [{"type": "bytes", "ranges": [{"key": "a", "from": "x"}]}]}, "aggregate"),
        ({"aggregate": [{"type": ["format"]}]}, "aggregate"),
        ({"fields": {"a": 1}}, "fields"),
        ({"next_cursor": "forged"}, "Invalid value for parameter next_cursor"),
    ],
)
def test_bad_parameters(client: httpx.Client, body: dict[str, Any], message: str) -> None:
    answer = client.post(SEARCH, json=body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


def test_a_cursor_is_good_for_its_own_search_only(library: Account, client: httpx.Client) -> None:
    asked = {"expression": "shoe", "max_results": 1}
    cursor = client.post(SEARCH, json=asked).json()["next_cursor"]
    padded = cursor + "=" * (-len(cursor) % 4)
    data = bytearray(base64.urlsafe_b64decode(padded))
    data[-1] ^= 1
    forged = base64.urlsafe_b64encode(data).decode().rstrip("=")
    for changed in (
        {"next_cursor": forged},
        {"next_cursor": cursor, "expression": "shoes"},
        {"next_cursor": cursor, "sort_by": [{"bytes": "asc"}]},
    ):
        answer = client.post(SEARCH, json={**asked, **changed})
        assert answer.status_code == 400, changed
        assert answer.json()["error"]["message"] == "Invalid value for parameter next_cursor"
    assert client.post(SEARCH, json={**asked, "next_cursor": cursor}).status_code == 200


def test_environments_are_isolated(
    library: Account, running: RunningServer, client: httpx.Client
) -> None:
    other = running.account()
    cursor = client.post(SEARCH, json={"max_results": 1}).json()["next_cursor"]
    asset_id = client.post(SEARCH, json={}).json()["resources"][0]["asset_id"]
    with httpx.Client(base_url=other.url(""), auth=other.auth) as stranger:
        for expression in ("", "shoe", "tags=red", "folder:shop/*", f"asset_id={asset_id}", "-x"):
            answer = stranger.post(SEARCH, json={"expression": expression})
            assert answer.json()["total_count"] == 0
        answer = stranger.post(SEARCH, json={"max_results": 1, "next_cursor": cursor})
        assert answer.status_code == 400
    with httpx.Client(base_url=library.url(""), auth=other.auth) as stranger:
        assert stranger.post(SEARCH, json={}).status_code == 401


def test_the_sdk_raises_for_a_wrong_expression(library: Account) -> None:
    with pytest.raises(BadRequest, match=r"Query Error \(at position 13\)"):
        Search().expression("context.alt:*bag*").execute()
