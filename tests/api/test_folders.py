"""Folders, with the official Python package and with Node's ways of writing a request."""

from typing import Any

import httpx
import pytest
from cloudinary import api, uploader
from cloudinary.exceptions import AlreadyExists, BadRequest, NotFound

from tests.fake_encoder import picture
from tests.server import Account


def paths(answer: Any) -> list[str]:
    """The paths of a list of folders."""
    return [folder["path"] for folder in answer["folders"]]


def upload(public_id: str, folder: str, **options: Any) -> Any:
    """An image in a folder."""
    return uploader.upload(picture(), public_id=public_id, asset_folder=folder, **options)


def test_creating_a_folder_makes_its_parents(sdk: Account) -> None:
    created = api.create_folder("a/b/c d")
    assert (created["success"], created["path"], created["name"]) == (True, "a/b/c d", "c d")
    assert paths(api.root_folders()) == ["a"]
    assert paths(api.subfolders("a")) == ["a/b"]
    assert paths(api.subfolders("a/b")) == ["a/b/c d"]
    again = api.create_folder("a/b")
    assert again["external_id"] == api.subfolders("a")["folders"][0]["external_id"]


def test_an_upload_makes_its_folder(sdk: Account) -> None:
    upload("x", "käse/tief/drin")
    assert paths(api.subfolders("käse/tief")) == ["käse/tief/drin"]
    upload("x", "käse/neu")  # overwritten: the asset moves, the folder of before stays
    assert paths(api.subfolders("käse")) == ["käse/neu", "käse/tief"]


def test_lists_have_a_cursor_and_a_total(sdk: Account) -> None:
    for name in ("c", "a", "b"):
        api.create_folder(name)
    whole = api.root_folders()
    assert (paths(whole), whole["total_count"], whole["next_cursor"]) == (["a", "b", "c"], 3, None)
    assert set(whole["folders"][0]) == {"name", "path", "external_id", "created_at"}
    first = api.root_folders(max_results=2)
    assert (paths(first), first["total_count"]) == (["a", "b"], 3)
    rest = api.root_folders(max_results=2, next_cursor=first["next_cursor"])
    assert (paths(rest), rest["total_count"], rest["next_cursor"]) == (["c"], 3, None)
    with pytest.raises(BadRequest, match="next_cursor"):
        api.subfolders("a", next_cursor=first["next_cursor"])


def test_moving_takes_subfolders_and_assets_along(sdk: Account) -> None:
    upload("one", "from/sub")
    upload("two", "from")
    upload("other", "from here")  # the same beginning, another folder
    upload("case", "From")
    before = api.root_folders()["folders"]
    moved = api.rename_folder("from", "new/to")
    assert moved["from"] == {"name": "from", "path": "from"}
    assert moved["to"] == {"name": "to", "path": "new/to"}
    assert paths(api.root_folders()) == ["From", "from here", "new"]
    assert paths(api.subfolders("new/to")) == ["new/to/sub"]
    ids = {folder["path"]: folder["external_id"] for folder in before}
    assert api.subfolders("new")["folders"][0]["external_id"] == ids["from"]
    assert folder_of(sdk, "one") == "new/to/sub"
    assert folder_of(sdk, "two") == "new/to"
    assert folder_of(sdk, "other") == "from here"
    assert folder_of(sdk, "case") == "From"


def folder_of(account: Account, public_id: str) -> str:
    """The folder that the database has for an asset."""
    return str(
        account.running.call(
            _value,
            account,
            "select asset_folder from library.asset join library.environment using (environment_id)"
            " where cloud_name = %s and public_id = %s",
            public_id,
        )
    )


async def _value(account: Account, statement: Any, *values: Any) -> Any:
    async with account.running.runtime.pool.connection() as connection:
        row = await (await connection.execute(statement, (account.cloud, *values))).fetchone()
    return row[0] if row else None


def test_what_cannot_be_moved(sdk: Account) -> None:
    api.create_folder("a/b")
    api.create_folder("taken")
    with pytest.raises(NotFound, match="Cannot find source folder"):
        api.rename_folder("missing", "b")
    with pytest.raises(AlreadyExists, match="taken"):
        api.rename_folder("a", "taken")
    with pytest.raises(AlreadyExists):
        api.rename_folder("a", "a")
    with pytest.raises(BadRequest, match="cannot hold itself"):
        api.rename_folder("a", "a/b/c")
    with pytest.raises(BadRequest, match="too long"):
        api.rename_folder("a", "x" * 254)
    for wrong in ("", "..", "a/../b", "x" * 256):
        with pytest.raises(BadRequest, match="to_folder"):
            api.rename_folder("a", wrong)
    assert paths(api.root_folders()) == ["a", "taken"]
    assert paths(api.subfolders("a")) == ["a/b"]


def test_only_folders_without_assets_are_deleted(sdk: Account) -> None:
    upload("x", "full/deep")
    api.create_folder("empty/a/b")
    for path in ("full", "full/deep"):
        with pytest.raises(BadRequest, match="Folder is not empty"):
            api.delete_folder(path)
    assert api.delete_folder("empty")["deleted"] == ["empty", "empty/a", "empty/a/b"]
    with pytest.raises(NotFound, match="Can't find folder with path empty"):
        api.delete_folder("empty")
    uploader.destroy("x")
    assert api.delete_folder("full", skip_backup=True)["deleted"] == ["full", "full/deep"]
    assert paths(api.root_folders()) == []


def test_missing_folders_are_not_found(sdk: Account) -> None:
    with pytest.raises(NotFound, match="Can't find folder with path no/such"):
        api.subfolders("no/such")


def test_node_escapes_slashes_and_sends_forms(server: Account, client: httpx.Client) -> None:
    assert client.post("folders/a%2Fb%20c").json()["path"] == "a/b c"
    moved = client.put("folders/a%2Fb%20c", data={"to_folder": "d/e+f"})
    assert moved.json()["to"] == {"name": "e+f", "path": "d/e+f"}
    assert client.get("folders/d").json()["folders"][0]["path"] == "d/e+f"
    deleted = client.request("DELETE", "folders/d%2Fe+f", data={"skip_backup": "true"})
    assert deleted.json() == {"deleted": ["d/e+f"]}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_bad_requests_change_nothing(client: httpx.Client, method: str) -> None:
    client.post("folders/kept")
    path = "folders" if method == "GET" else "folders/kept"
    bad = {
        "GET": {"params": {"max_results": "0"}},
        "POST": {"url": "folders/a%2F..%2Fb"},
        "PUT": {"json": {"to_folder": ["x"]}},
        "DELETE": {"url": "folders/%2e%2e"},
    }[method]
    answer = client.request(method, **{"url": path, **bad})
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]
    assert paths(client.get("folders").json()) == ["kept"]


def test_environments_do_not_see_each_other(sdk: Account, client: httpx.Client) -> None:
    upload("x", "mine/deep")
    other = sdk.running.account()
    with httpx.Client(base_url=other.url(""), auth=other.auth) as stranger:
        assert stranger.get("folders").json()["folders"] == []
        assert stranger.get("folders/mine").status_code == 404
        assert stranger.put("folders/mine", json={"to_folder": "stolen"}).status_code == 404
        assert stranger.delete("folders/mine").status_code == 404
        stranger.post("folders/mine/other")
        cursor = api.root_folders(max_results=1)["next_cursor"]
        assert cursor is None
        assert stranger.delete("folders/mine").status_code == 200
    api.create_folder("zwei")
    cursor = api.root_folders(max_results=1)["next_cursor"]
    with httpx.Client(base_url=other.url(""), auth=other.auth) as stranger:
        assert stranger.get("folders", params={"next_cursor": cursor}).status_code == 400
    for method, path in (("GET", "folders"), ("POST", "folders/a"), ("DELETE", "folders/mine")):
        url = sdk.url(path)
        assert httpx.request(method, url, auth=other.auth).status_code == 401
        assert httpx.request(method, url).status_code == 401
    assert paths(api.subfolders("mine")) == ["mine/deep"]
