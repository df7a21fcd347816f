"""Details of an asset and its update, with the official Python package and Node's forms."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cloudinary import api
from cloudinary.exceptions import BadRequest, NotFound

from tests.library import found, ids, upload
from tests.server import Account

LISTED = {
    "asset_id", "public_id", "format", "version", "resource_type", "type", "created_at", "bytes",
    "width", "height", "asset_folder", "display_name", "access_mode", "url", "secure_url",
}  # fmt: skip


# Details -------------------------------------------------------------------------------------


def test_details_by_public_id_and_asset_id(sdk: Account) -> None:
    stored = upload("a b/ü~c", tags="z,a,z", context={"k": "v"}, asset_folder="f")
    details = api.resource("a b/ü~c", phash=True, pages=True)
    assert set(details) == LISTED | {
        "tags", "context", "etag", "derived", "last_updated", "info", "phash", "pages",
    }  # fmt: skip
    assert details["tags"] == ["a", "z"]
    assert details["context"] == {"custom": {"k": "v"}}
    assert details["derived"] == []
    assert details["etag"] == stored["etag"]
    assert details["url"] == stored["url"]
    assert details["info"] == {"visual_search": {"status": "not_asked"}}
    assert len(bytes.fromhex(details["phash"])) == 8
    by_id = api.resource_by_asset_id(stored["asset_id"])
    assert by_id == {name: details[name] for name in by_id}
    assert set(details) - set(by_id) == {"phash", "pages"}


def test_empty_tags_context_and_metadata_are_absent(sdk: Account) -> None:
    upload("bare")
    assert {"tags", "context", "metadata"}.isdisjoint(api.resource("bare"))


@pytest.mark.parametrize("name", ["nobody", "0" * 32, "f" * 31 + "g", "a b", "image/upload/x"])
def test_missing_assets_are_not_found(sdk: Account, name: str) -> None:
    answer = httpx.get(sdk.url(f"resources/{quote(name)}"), auth=sdk.auth)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"Resource not found - {name.rpartition('/')[2]}"


def test_node_escapes_slashes_in_paths(sdk: Account, client: httpx.Client) -> None:
    upload("folder/x y", tags="a/b")
    found = client.get("resources/image/upload/folder%2Fx%20y")
    assert found.json()["public_id"] == "folder/x y"
    updated = client.post("resources/image/upload/folder%2Fx%20y", data={"tags": "n"})
    assert updated.json()["tags"] == ["n"]
    assert ids(client.get("resources/image/tags/n").json()) == ["folder/x y"]
    assert ids(client.get("resources%2Fimage%2Ftags%2Fn").json()) == ["folder/x y"]


def test_fixed_paths_are_not_taken_for_ids(sdk: Account, client: httpx.Client) -> None:
    upload("x")
    assert ids(client.get("resources/image").json()) == ["x"]
    assert ids(client.get("resources/by_asset_ids", params={"asset_ids[]": "0" * 32}).json()) == []
    assert client.get("resources/by_asset_ids").status_code == 400
    assert client.get("resources/by_asset_folder").status_code == 400
    assert client.get("resources/visual_search", params={"text": "red"}).status_code == 200
    assert client.get("resources/search").json()["total_count"] == 1
    assert client.get("resources/image/context").status_code == 400
    assert client.put("resources/visual_search").status_code == 400
    assert client.put("resources/image").status_code == 404


# Updates -------------------------------------------------------------------------------------


def test_update_replaces_tags_and_context(sdk: Account) -> None:
    upload("x", tags="old", context={"old": "1"}, asset_folder="here")
    updated = api.update(
        "x", tags=["b", "a", "b"], context={"alt": "a|b=c"}, asset_folder="there/deep",
        display_name="Ü ber",
    )  # fmt: skip
    assert updated["tags"] == ["a", "b"]
    assert updated["context"] == {"custom": {"alt": "a|b=c"}}
    assert (updated["asset_folder"], updated["display_name"]) == ("there/deep", "Ü ber")
    assert {"tags_updated_at", "context_updated_at", "updated_at"} <= set(updated["last_updated"])
    untouched = api.update("x")
    assert untouched["tags"] == ["a", "b"]
    cleared = api.update("x", tags="", context="")
    assert {"tags", "context"}.isdisjoint(cleared)
    assert ids(api.resources_by_tag("a")) == []
    assert ids(api.resources_by_context("alt")) == []


def test_empty_parameters_of_an_update(sdk: Account, client: httpx.Client) -> None:
    upload("a/x", asset_folder="f", display_name="n", tags="t", visual_search=True)
    body = {"visual_search": "", "similarity_search": "", "unique_display_name": "", "metadata": ""}
    kept = client.post("resources/image/upload/a/x", data=body).json()
    assert kept["info"] == {"visual_search": {"status": "indexed"}}
    assert (kept["asset_folder"], kept["display_name"], kept["tags"]) == ("f", "n", ["t"])
    cleared = api.update("a/x", asset_folder="", display_name="", tags="")
    assert (cleared["asset_folder"], cleared["display_name"]) == ("", "x")
    assert "tags" not in cleared


def test_update_by_asset_id_with_json(sdk: Account, client: httpx.Client) -> None:
    asset_id = upload("x")["asset_id"]
    body = {"tags": ["a", "b,c"], "context": {"k": "v"}, "display_name": "n", "asset_folder": "f"}
    updated = client.put(f"resources/{asset_id}", json=body).json()
    assert updated["tags"] == ["a", "b", "c"]
    assert updated["context"] == {"custom": {"k": "v"}}
    assert (updated["display_name"], updated["asset_folder"]) == ("n", "f")


def test_unique_display_name(sdk: Account) -> None:
    upload("a", display_name="same", asset_folder="f")
    second = upload("b", display_name="same", asset_folder="f", unique_display_name=True)
    assert second["display_name"].startswith("same_")
    assert len(second["display_name"]) == len("same_") + 6
    elsewhere = upload("c", display_name="same", asset_folder="g", unique_display_name=True)
    assert elsewhere["display_name"] == "same"
    again = upload("a", display_name="same", asset_folder="f", unique_display_name=True)
    assert again["display_name"] == "same"  # it is its own
    moved = api.update("c", asset_folder="f", unique_display_name=True)
    assert moved["display_name"].startswith("same_")
    kept = api.update("a", display_name="same", unique_display_name=True)
    assert kept["display_name"] == "same"


@pytest.mark.parametrize("name", ["raw_convert", "categorization", "detection", "ocr"])
def test_illegal_add_ons(sdk: Account, name: str) -> None:
    upload("x")
    with pytest.raises(BadRequest, match="Illegal value"):
        api.update("x", tags="t", **{name: "illegal"})
    with pytest.raises(BadRequest, match="Illegal value"):
        api.update("x", tags="t", similarity_search="illegal")
    with pytest.raises(BadRequest, match="Illegal value"):
        api.update("x", tags="t", background_removal="illegal")
    with pytest.raises(BadRequest, match="Must use"):
        api.update("x", tags="t", auto_tagging=0.5)
    assert "tags" not in api.resource("x")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"display_name": "a/b"}, "display_name"),
        ({"display_name": ["a"]}, "display_name"),
        ({"asset_folder": "../x"}, "asset_folder"),
        ({"context": "novalue"}, "context"),
        ({"context": 7}, "context"),
        ({"tags": [["a"]]}, "tags"),
        ({"tags": "t" * 256}, "tags"),
        ({"tags": "a\0b"}, "tags"),
        ({"metadata": {"nobody": "1"}}, "nobody"),
        ({"visual_search": "perhaps"}, "visual_search"),
        ({"unique_display_name": 7}, "unique_display_name"),
        ({"moderation_status": "approved"}, "moderation"),
    ],
)
def test_wrong_updates_change_nothing(
    sdk: Account, client: httpx.Client, params: dict[str, Any], message: str
) -> None:
    asset_id = upload("x", tags="kept", context={"k": "v"})["asset_id"]
    before = client.get("resources/image/upload/x").json()
    good = {"tags": "new", "context": "k=new", "display_name": "new", "asset_folder": "new"}
    for method, path in (("POST", "image/upload/x"), ("PUT", asset_id)):
        answer = client.request(method, f"resources/{path}", json={**good, **params})
        assert answer.status_code == 400
        assert message in answer.json()["error"]["message"]
    assert client.get("resources/image/upload/x").json() == before


def test_updates_of_missing_assets(sdk: Account, client: httpx.Client) -> None:
    with pytest.raises(NotFound, match="Resource not found - nobody"):
        api.update("nobody", tags="a")
    assert client.put(f"resources/{'0' * 32}", json={"tags": "a"}).status_code == 404
    assert client.put("resources/nonsense", json={"tags": "a"}).status_code == 404


# Index ---------------------------------------------------------------------------------------


def test_update_indexes_and_takes_out_of_the_index(sdk: Account, client: httpx.Client) -> None:
    asset_id = upload("x", "red")["asset_id"]
    upload("y", "blue", visual_search=True)
    assert found("red") == ["y"]
    updated = api.update("x", similarity_search="clip")
    assert updated["info"] == {"visual_search": {"status": "indexed"}}
    assert found("red") == ["x", "y"]
    answer = client.put(f"resources/{asset_id}", json={"visual_search": False})
    assert answer.json()["info"] == {"visual_search": {"status": "not_asked"}}
    assert found("red") == ["y"]
    answer = client.post("resources/image/upload/x", data={"visual_search": "true"})
    assert answer.json()["info"] == {"visual_search": {"status": "indexed"}}
    assert api.update("x", similarity_search="clip")["info"]["visual_search"]["status"] == "indexed"
    assert found("red") == ["x", "y"]
    assert api.resource("x")["info"] == {"visual_search": {"status": "indexed"}}
