"""Lists of assets and tags, and their pages, with the official Python package."""

import datetime
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cloudinary import api, uploader
from cloudinary.exceptions import BadRequest

from tests.library import ids, upload
from tests.server import Account, RunningServer

LISTED = {
    "asset_id", "public_id", "format", "version", "resource_type", "type", "created_at", "bytes",
    "width", "height", "asset_folder", "display_name", "access_mode", "url", "secure_url",
}  # fmt: skip


def walk(fetch: Callable[..., Any], between: Callable[[int], object] = lambda page: None) -> Any:
    """All items of a list, page by page; `between` is called after each page."""
    pages, options = [], {}
    while True:
        answer = fetch(**options)
        pages.append(answer.get("tags") or ids(answer))
        if "next_cursor" not in answer:
            return pages
        between(len(pages))
        options = {"next_cursor": answer["next_cursor"]}


# Lists ---------------------------------------------------------------------------------------


def test_resource_types(sdk: Account) -> None:
    assert api.resource_types() == {"resource_types": ["image", "raw", "video"]}


def test_a_list_is_newest_first_and_shows_the_usual_fields(sdk: Account) -> None:
    for name in ("a", "b", "c"):
        upload(name, tags="t", context={"k": "v"})
    answer = api.resources()
    assert ids(answer) == ["c", "b", "a"]
    assert set(answer) == {"resources"}
    assert set(answer["resources"][0]) == LISTED
    assert ids(api.resources(direction="asc")) == ["a", "b", "c"]
    assert ids(api.resources(direction=-1)) == ["c", "b", "a"]
    assert ids(api.resources(direction="1", max_results=2)) == ["a", "b"]


def test_flags_and_fields_decide_what_is_shown(sdk: Account) -> None:
    upload("with", tags="b,a", context="alt=x\\=y")
    upload("without")
    plain, rich = api.resources(tags=True, context=True, metadata=True)["resources"]
    assert (plain["tags"], plain["metadata"], "context" in plain) == ([], {}, False)
    assert (rich["tags"], rich["context"]) == (["a", "b"], {"custom": {"alt": "x=y"}})
    assert rich["metadata"] == {}
    (listed, _) = api.resources(fields=["tags", "secure_url", "no such"], context=True)["resources"]
    assert set(listed) == {"public_id", "asset_id", "tags", "secure_url"}


def test_lists_by_type(sdk: Account) -> None:
    upload("public")
    upload("secret", type="private")
    upload("shown", type="authenticated")
    assert ids(api.resources()) == ["shown", "secret", "public"]
    assert ids(api.resources(type="upload")) == ["public"]
    assert ids(api.resources(type="private")) == ["secret"]
    assert ids(api.resources(resource_type="raw")) == []


def test_list_by_prefix_is_in_the_order_of_names(sdk: Account) -> None:
    for name in ("dir/b", "dir/a", "dir/a_b", "dir/a-b", "dir/ä", "di", "dis"):
        upload(name)
    upload("dir/0", type="private")
    assert ids(api.resources(type="upload", prefix="dir/")) == [
        "dir/a", "dir/a-b", "dir/a_b", "dir/b", "dir/ä",
    ]  # fmt: skip
    assert ids(api.resources(prefix="dir/a_")) == ["dir/a_b"]  # _ is no wildcard
    assert ids(api.resources(prefix="dir/0")) == ["dir/0"]
    pages = walk(lambda **options: api.resources(prefix="di", max_results=3, **options))
    assert pages == [["di", "dir/0", "dir/a"], ["dir/a-b", "dir/a_b", "dir/b"], ["dir/ä", "dis"]]


def test_start_at(sdk: Account) -> None:
    upload("before")
    now = datetime.datetime.now(datetime.UTC)
    upload("after 1")
    upload("after 2")
    for start_at in (now.isoformat(), str(now), f"{now.replace(tzinfo=None)} UTC"):
        assert ids(api.resources(start_at=start_at, direction="asc")) == ["after 1", "after 2"]
    with pytest.raises(BadRequest, match="start_at"):
        api.resources(start_at="yesterday")


def test_lists_by_ids(sdk: Account) -> None:
    assets = [upload(name) for name in ("a", "b, c", "d/e")]
    assert ids(api.resources_by_ids(["d/e", "b, c", "none"], tags=True)) == ["d/e", "b, c"]
    found = api.resources_by_asset_ids([assets[0]["asset_id"], assets[2]["asset_id"], "0" * 32])
    assert ids(found) == ["d/e", "a"]
    with pytest.raises(BadRequest, match="The maximum is 100"):
        api.resources_by_ids([f"id{number}" for number in range(101)])
    with pytest.raises(BadRequest, match="asset_ids: nonsense"):
        api.resources_by_asset_ids(["nonsense"])


def test_list_by_tag(sdk: Account) -> None:
    upload("one", tags="kept,ä b/c")
    upload("two", tags="kept", type="private")
    upload("three", tags="kept2")
    assert ids(api.resources_by_tag("kept")) == ["two", "one"]
    assert ids(api.resources_by_tag("kept", direction="asc")) == ["one", "two"]
    assert ids(api.resources_by_tag("ä b/c")) == ["one"]
    assert ids(api.resources_by_tag("kept", resource_type="raw")) == []
    uploader.remove_tag("kept", ["one"])
    assert ids(api.resources_by_tag("kept", tags=True)) == ["two"]


def test_list_by_context(sdk: Account) -> None:
    long = "x" * 5000
    upload("one", context={"stage": "dev", "long": long})
    upload("two", context="stage=live|a\\=b=c")
    assert ids(api.resources_by_context("stage")) == ["two", "one"]
    assert ids(api.resources_by_context("stage", "dev")) == ["one"]
    assert ids(api.resources_by_context("long", long)) == ["one"]
    assert ids(api.resources_by_context("a=b", "c")) == ["two"]
    assert ids(api.resources_by_context("a", "b=c")) == []
    with pytest.raises(BadRequest, match="Missing required parameter - key"):
        api.resources_by_context("")


def test_list_by_asset_folder_is_not_recursive_and_ignores_case(sdk: Account) -> None:
    for name, folder in (("root", ""), ("one", "Käse"), ("two", "käse"), ("deep", "käse/tief")):
        upload(name, asset_folder=folder)
    assert ids(api.resources_by_asset_folder("KÄSE")) == ["two", "one"]
    assert ids(api.resources_by_asset_folder("/käse/tief/")) == ["deep"]
    with pytest.raises(BadRequest, match="asset_folder"):
        api.resources_by_asset_folder("")


def test_the_root_folder_can_be_listed(sdk: Account, client: httpx.Client) -> None:
    upload("root")
    upload("deep", asset_folder="a")
    answer = client.get("resources/by_asset_folder", params={"asset_folder": ""})
    assert ids(answer.json()) == ["root"]


def test_tags_are_listed_by_name(sdk: Account) -> None:
    upload("one", tags="b,a,Z,ä")
    upload("two", tags="b,c", type="private")
    assert api.tags() == {"tags": ["Z", "a", "b", "c", "ä"]}
    assert api.tags(prefix="b") == {"tags": ["b"]}
    assert api.tags(resource_type="raw") == {"tags": []}
    assert walk(lambda **options: api.tags(max_results=2, **options)) == [
        ["Z", "a"], ["b", "c"], ["ä"],
    ]  # fmt: skip
    api.delete_resources(["two"], type="private")
    assert api.tags(prefix="c") == {"tags": []}


# Paging --------------------------------------------------------------------------------------


LISTS: dict[str, Callable[..., Any]] = {
    "type": api.resources,
    "tag": lambda **options: api.resources_by_tag("t", **options),
    "context": lambda **options: api.resources_by_context("k", "v", **options),
    "folder": lambda **options: api.resources_by_asset_folder("f", **options),
    "prefix": lambda **options: api.resources(prefix="p", **options),
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_neither_repeat_nor_skip_while_assets_come_and_go(
    sdk: Account, name: str, direction: str
) -> None:
    kept = [f"p{number}" for number in range(7)]
    place = {"tags": "t", "context": {"k": "v"}, "asset_folder": "f"}
    for public_id in kept:
        upload(public_id, **place)

    def disturb(page: int) -> None:
        upload(f"p{page}x", **place)
        api.delete_resources([f"p{page}x" if page % 2 else "p0x", f"gone{page}"])
        upload(f"gone{page + 1}", **place)

    pages = walk(
        lambda **options: LISTS[name](max_results=2, direction=direction, **options), disturb
    )
    seen = [public_id for page in pages for public_id in page]
    assert len(seen) == len(set(seen))
    assert [each for each in seen if each in kept] == (
        kept if direction == "asc" or name == "prefix" else kept[::-1]
    )
    assert all(len(page) == 2 for page in pages[:-1])


def test_assets_of_one_moment_are_paged_by_their_ids(sdk: Account) -> None:
    for number in range(5):
        upload(f"p{number}")

    async def same_time() -> None:
        async with sdk.running.runtime.pool.connection() as connection:
            await connection.execute(
                "update library.asset set created_at = '2020-01-01' where environment_id ="
                " (select environment_id from library.environment where cloud_name = %s)",
                [sdk.cloud],
            )

    sdk.running.call(same_time)
    for direction in ("asc", "desc"):
        pages = walk(
            lambda direction=direction, **options: api.resources(
                max_results=2, direction=direction, **options
            )
        )
        assert sorted(each for page in pages for each in page) == [
            f"p{number}" for number in range(5)
        ]


def test_a_cursor_is_good_for_its_own_list_only(sdk: Account, running: RunningServer) -> None:
    for number in range(3):
        upload(f"p{number}", tags="t,u", context={"k": "v"}, asset_folder="f")
    for name, fetch in LISTS.items():
        cursor = fetch(max_results=1)["next_cursor"]
        wrong = [
            lambda **options: api.resources(direction="asc", **options),
            lambda **options: api.resources_by_tag("u", **options),
            lambda **options: api.resources_by_context("k", **options),
            api.tags,
            *(LISTS[other] for other in LISTS if other != name),
        ]
        for other in wrong:
            with pytest.raises(BadRequest, match="next_cursor"):
                other(next_cursor=cursor)
        with pytest.raises(BadRequest, match="next_cursor"):
            fetch(next_cursor=cursor[:-4] + "AAAA")
        stranger = running.account()
        answer = httpx.get(
            stranger.url("resources/image"), params={"next_cursor": cursor}, auth=stranger.auth
        )
        assert answer.status_code == 400
        assert "next_cursor" in answer.json()["error"]["message"]
    assert ids(api.resources(next_cursor="")) == ["p2", "p1", "p0"]


def test_an_expired_cursor_is_refused(sdk: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    upload("a")
    upload("b")
    cursor = api.resources(max_results=1)["next_cursor"]
    monkeypatch.setattr("app.cursor.time.time", lambda: 4_000_000_000.0)
    with pytest.raises(BadRequest, match="next_cursor"):
        api.resources(next_cursor=cursor)


@pytest.mark.parametrize(
    "options",
    [
        {"max_results": 0}, {"max_results": 501}, {"max_results": "x"}, {"direction": "up"},
        {"tags": "perhaps"}, {"next_cursor": "forged"}, {"type": "fetch"},
        {"resource_type": "picture", "type": "upload"},
    ],
)  # fmt: skip
def test_wrong_list_parameters(sdk: Account, options: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match=f"Invalid value for parameter {next(iter(options))}"):
        api.resources(**options)


@pytest.mark.parametrize(
    "path",
    [
        "resources/image/tags/%00", "resources/image/upload/%00", "resources/image/upload/a%00b",
        "resources/image?prefix=%00", "resources/image?start_at=0000",
        "resources/image?public_ids[]=",
        "resources/image?start_at=99999999999999999999", "resources/image?direction[]=asc",
        "resources/image/context?key[]=a", "tags/image?prefix[]=a", "tags/nonsense", "tags/image/x",
        "resources/image?next_cursor=%FF", "resources/image?next_cursor[]=a", "resources/%00",
        "resources/image?public_ids[]=%00", "resources/image?tags=2", "resources/%F0%9F%98%80",
    ],
)  # fmt: skip
def test_nonsense_gets_one_clear_error(sdk: Account, client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (400, 404)
    assert list(answer.json()) == ["error"]


def test_odd_but_legal_parameters(sdk: Account, client: httpx.Client) -> None:
    upload("x")
    for query in (
        "start_at=0001-01-01T00:00:00%2B23:59", "fields=,", "fields=public_id,public_id",
        "start_at=Tue, 17 Apr 2012 10:00:00 GMT", "max_results=", "direction=ASC",
        "tags=1&context=true&metadata=false&moderations=1",
    ):  # fmt: skip
        assert ids(client.get(f"resources/image?{query}").json()) == ["x"], query
    assert ids(client.get("resources/image?start_at=9999-12-31T23:59:59-23:59").json()) == []


# Isolation -----------------------------------------------------------------------------------


def test_environments_do_not_see_each_other(sdk: Account, running: RunningServer) -> None:
    mine = upload("x", tags="t", context={"k": "v"}, asset_folder="f", visual_search=True)
    stranger = running.account()
    with httpx.Client(base_url=stranger.url(""), auth=stranger.auth) as client:
        for path in (
            "resources/image", "resources/image/upload", "resources/image/upload?prefix=x",
            "resources/image/upload?public_ids[]=x", "resources/image/tags/t",
            "resources/image/context?key=k", "resources/image/context?key=k&value=v",
            "resources/by_asset_folder?asset_folder=f",
            f"resources/by_asset_ids?asset_ids[]={mine['asset_id']}",
        ):  # fmt: skip
            assert client.get(path).json() == {"resources": []}, path
        assert client.get("tags/image").json() == {"tags": []}
        for method, path in (
            ("GET", "resources/image/upload/x"), ("GET", f"resources/{mine['asset_id']}"),
            ("POST", "resources/image/upload/x"), ("PUT", f"resources/{mine['asset_id']}"),
        ):  # fmt: skip
            assert client.request(method, path, data={"tags": "other"}).status_code == 404, path
        for path, body in (
            ("resources/image/upload", {"public_ids": ["x"]}),
            ("resources/image/upload", {"prefix": "x"}),
            ("resources/image/upload", {"all": True}),
            ("resources/image/tags/t", {}),
            ("resources", {"asset_ids": [mine["asset_id"]]}),
        ):
            deleted = client.request("DELETE", path, json=body).json()["deleted"]
            assert "deleted" not in deleted.values(), path
    assert api.resource("x")["tags"] == ["t"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "resources"), ("GET", "resources/image"), ("GET", "resources/image/upload"),
        ("GET", "resources/image/tags/t"), ("GET", "resources/image/context"),
        ("GET", "resources/by_asset_folder"), ("GET", "resources/by_asset_ids"),
        ("GET", "resources/image/upload/x"), ("POST", "resources/image/upload/x"),
        ("PUT", f"resources/{'0' * 32}"), ("DELETE", "resources"),
        ("DELETE", "resources/image/upload"), ("DELETE", "resources/image/tags/t"),
        ("GET", "tags/image"),
    ],
)  # fmt: skip
def test_every_route_needs_credentials(sdk: Account, method: str, path: str) -> None:
    for auth, message in (
        (None, "Missing API key"),
        ((sdk.key, "wrong"), "api_secret mismatch"),
        (("nobody", "x"), "unknown api_key"),
        (sdk.running.account().auth, "cloud_name mismatch"),
    ):
        answer = httpx.request(method, sdk.url(path), auth=auth)
        assert answer.status_code == 401
        assert answer.json()["error"]["message"].startswith(message)
