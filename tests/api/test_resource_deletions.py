"""Deletion of assets and of their renditions, with the official Python package."""

from typing import Any

import httpx
import pytest
from cloudinary import api
from cloudinary.exceptions import BadRequest

from tests.library import found, ids, upload
from tests.server import Account


def test_delete_by_public_ids(sdk: Account) -> None:
    for name in ("a", "b, c", "d"):
        upload(name, visual_search=True)
    answer = api.delete_resources(["a", "b, c", "none"])
    assert answer == {
        "deleted": {"a": "deleted", "b, c": "deleted", "none": "not_found"},
        "deleted_counts": {
            "a": {"original": 1, "derived": 0},
            "b, c": {"original": 1, "derived": 0},
        },
        "partial": False,
    }
    assert ids(api.resources()) == found("red") == ["d"]


def test_delete_by_asset_ids(sdk: Account) -> None:
    asset_id = upload("a")["asset_id"]
    answer = api.delete_resources_by_asset_ids([asset_id, "0" * 32])
    assert answer["deleted"] == {asset_id: "deleted", "0" * 32: "not_found"}
    assert answer["deleted_counts"] == {asset_id: {"original": 1, "derived": 0}}
    assert ids(api.resources()) == []


def test_delete_by_prefix_tag_and_all(sdk: Account) -> None:
    for name in ("dir/a", "dir/b", "dirt", "e"):
        upload(name, tags="t" if name == "e" else "")
    upload("private", type="private", tags="t")
    assert set(api.delete_resources_by_prefix("dir/")["deleted"]) == {"dir/a", "dir/b"}
    assert set(api.delete_resources_by_tag("t")["deleted"]) == {"e", "private"}
    nothing = {"deleted": {}, "deleted_counts": {}, "partial": False}
    assert api.delete_resources_by_tag("t") == nothing
    upload("kept", type="private")
    assert set(api.delete_all_resources()["deleted"]) == {"dirt"}
    assert ids(api.resources()) == ["kept"]


def test_large_deletions_come_in_parts(sdk: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.db.asset_deletions.MOST", 2)
    for number in range(5):
        upload(f"p{number}", tags="t")
    first = api.delete_resources_by_prefix("p")
    assert (set(first["deleted"]), first["partial"]) == ({"p0", "p1"}, True)
    second = api.delete_resources_by_prefix("p", next_cursor=first["next_cursor"])
    assert (set(second["deleted"]), second["partial"]) == ({"p2", "p3"}, True)
    with pytest.raises(BadRequest, match="next_cursor"):
        api.delete_resources_by_prefix("q", next_cursor=first["next_cursor"])
    with pytest.raises(BadRequest, match="next_cursor"):
        api.delete_resources_by_tag("t", next_cursor=first["next_cursor"])
    last = api.delete_resources_by_tag("t")
    assert (set(last["deleted"]), last["partial"], "next_cursor" in last) == ({"p4"}, False, False)
    for number in range(4):
        upload(f"p{number}", tags="t")
    parts = [api.delete_resources_by_tag("t")]
    while parts[-1]["partial"]:
        parts.append(api.delete_resources_by_tag("t", next_cursor=parts[-1]["next_cursor"]))
    assert [set(part["deleted"]) for part in parts] == [{"p0", "p1"}, {"p2", "p3"}]


def test_keep_original_deletes_renditions_only(sdk: Account) -> None:
    for name in ("a", "b"):
        url = upload(name)["url"]
        for change in ("c_scale,w_10", "c_scale,w_12"):
            changed = url.replace("/image/upload/", f"/image/upload/{change}/")
            assert httpx.get(changed).status_code == 200
    derived = api.resource("a")["derived"]
    assert [each["transformation"] for each in derived] == ["c_scale,w_10", "c_scale,w_12"]
    assert httpx.get(derived[0]["url"]).status_code == 200
    one = api.delete_derived_by_transformation(["a"], {"width": 10, "crop": "scale"})
    assert one["deleted_counts"] == {"a": {"original": 0, "derived": 1}}
    both = api.delete_all_resources(keep_original=True)
    assert both["deleted_counts"] == {
        "a": {"original": 0, "derived": 1},
        "b": {"original": 0, "derived": 2},
    }
    assert sorted(ids(api.resources())) == ["a", "b"]
    assert api.resource("a")["derived"] == []


def test_node_deletes_with_form_bodies(sdk: Account, client: httpx.Client) -> None:
    names = ("a/b", "c", "d", "e", "f")
    for name in names:
        upload(name)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = "public_ids%5B%5D=a%2Fb&public_ids%5B%5D=c"
    answer = client.request("DELETE", "resources/image/upload", content=body, headers=form)
    assert answer.json()["deleted"] == {"a/b": "deleted", "c": "deleted"}
    answer = client.request("DELETE", "resources/image/upload?public_ids[0]=d&public_ids[1]=e")
    assert answer.json()["deleted"] == {"d": "deleted", "e": "deleted"}
    answer = client.request("DELETE", "resources/image/upload", content="all=true", headers=form)
    assert answer.json()["deleted"] == {"f": "deleted"}


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("resources/image/upload", {}, "one of: public_ids, prefix, all"),
        ("resources/image/upload", {"all": False}, "one of: public_ids, prefix, all"),
        ("resources/image/upload", {"all": "perhaps"}, "all"),
        ("resources/image/upload", {"public_ids": ["x"], "all": True}, "Only one of"),
        ("resources/image/upload", {"public_ids": [{}]}, "public_ids"),
        ("resources/image/upload", {"public_ids": [str(n) for n in range(101)]}, "maximum is 100"),
        ("resources/image/upload", {"prefix": ["x"]}, "prefix"),
        ("resources/image/upload", {"prefix": "x", "keep_original": "no"}, "keep_original"),
        ("resources/image/upload", {"prefix": "x", "transformations": "z_"}, "transformation"),
        ("resources/image/upload", {"prefix": "x", "transformations": 7}, "transformation"),
        ("resources/image/upload", {"prefix": "x", "next_cursor": "forged"}, "next_cursor"),
        ("resources/image/tags/t", {"next_cursor": "forged"}, "next_cursor"),
        ("resources/image/nonsense", {"all": True}, "type"),
        ("resources/nonsense/upload", {"all": True}, "resource_type"),
        ("resources", {}, "asset_ids"),
        ("resources", {"asset_ids": ["x"]}, "asset_ids"),
        ("resources", {"asset_ids": "0" * 31}, "asset_ids"),
    ],
)
def test_wrong_deletions_delete_nothing(
    sdk: Account, client: httpx.Client, path: str, body: dict[str, Any], message: str
) -> None:
    upload("x", tags="t")
    answer = client.request("DELETE", path, json=body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert ids(api.resources()) == ["x"]
