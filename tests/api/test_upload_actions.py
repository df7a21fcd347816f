"""explicit, rename, destroy, tags, context and metadata, with the official Python package."""

import time
from typing import Any

import httpx
import pytest
from cloudinary import api, uploader
from cloudinary.exceptions import BadRequest, NotFound
from cloudinary.utils import api_sign_request, cloudinary_url

from app.worker import work
from tests.fake_encoder import FakeEncoder, picture
from tests.library import found, upload
from tests.server import Account, RunningServer


def tags(public_id: str) -> list[str]:
    """The tags of an asset."""
    return list(api.resource(public_id).get("tags", []))


def signed(account: Account, **params: Any) -> dict[str, Any]:
    """The parameters with their signature, lists as Node sends them."""
    params = {"timestamp": int(time.time()), **params}
    signature = api_sign_request(params, account.secret)
    params |= {"signature": signature, "api_key": account.key}
    return {
        f"{name}[]" if isinstance(value, list) else name: value for name, value in params.items()
    }


# explicit ------------------------------------------------------------------------------------


def test_explicit_changes_and_answers_like_an_upload(sdk: Account) -> None:
    stored = upload("a/b", tags="old", context={"k": "old"})
    answer = uploader.explicit(
        "a/b", type="upload", tags=["z", "a"], context={"k": "v|w=x"}, asset_folder="f",
        display_name="name", phash=True,
    )  # fmt: skip
    assert (answer["tags"], answer["context"]) == (["a", "z"], {"custom": {"k": "v|w=x"}})
    assert (answer["asset_folder"], answer["display_name"]) == ("f", "name")
    assert len(answer["phash"]) == 16
    same = {"asset_id", "version", "version_id", "etag", "signature", "url", "created_at"}
    assert {name: answer[name] for name in same} == {name: stored[name] for name in same}
    assert answer["info"] == {"visual_search": {"status": "not_asked"}}
    assert answer["request_id"]


def test_explicit_of_a_missing_asset(sdk: Account) -> None:
    upload("private", type="private")
    for name, options in (("nobody", {}), ("private", {}), ("private", {"resource_type": "raw"})):
        with pytest.raises(NotFound, match=f"Resource not found - {name}"):
            uploader.explicit(name, type="upload", **options)
    with pytest.raises(BadRequest, match="public_id"):
        uploader.explicit("", type="upload")
    with pytest.raises(BadRequest, match="type: fetch"):
        uploader.explicit("nobody", type="fetch")


@pytest.mark.parametrize("option", [{"visual_search": True}, {"similarity_search": "clip"}])
def test_explicit_indexes(sdk: Account, option: dict[str, Any]) -> None:
    upload("x")
    assert found("red") == []
    answer = uploader.explicit("x", type="upload", **option)
    assert answer["info"] == {"visual_search": {"status": "indexed"}}
    assert found("red") == ["x"]
    kept = uploader.explicit("x", type="upload", tags="t")
    assert kept["info"] == {"visual_search": {"status": "indexed"}}
    answer = uploader.explicit("x", type="upload", visual_search=False)
    assert answer["info"] == {"visual_search": {"status": "not_asked"}}
    assert found("red") == []


def test_an_overwritten_image_is_indexed_anew(sdk: Account) -> None:
    upload("x", "red", visual_search=True)
    upload("y", "blue", visual_search=True)
    assert found("red") == ["x", "y"]
    answer = upload("x", "green")
    assert (answer["overwritten"], answer["info"]["visual_search"]["status"]) == (True, "indexed")
    assert found("green") == ["x", "y"]
    assert found("red")[0] == "x" or found("green")[0] == "x"


def test_explicit_builds_eager_renditions(sdk: Account) -> None:
    upload("x")
    answer = uploader.explicit("x", type="upload", eager={"width": 10, "crop": "scale"})
    assert answer["eager"][0]["width"] == 10
    assert httpx.get(answer["eager"][0]["secure_url"]).status_code == 200
    assert len(api.resource("x")["derived"]) == 1


def test_explicit_with_a_preset(sdk: Account) -> None:
    api.create_upload_preset(name="p", tags="from preset", similarity_search="clip")
    upload("x", tags="own")
    uploader.explicit("x", type="upload", upload_preset="p")
    assert tags("x") == ["from preset"]
    assert found("red") == ["x"]
    with pytest.raises(BadRequest, match="Upload preset not found"):
        uploader.explicit("x", type="upload", upload_preset="q")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"raw_convert": "illegal"}, "Raw convert is invalid"),
        ({"categorization": "illegal"}, "is not valid"),
        ({"detection": "illegal"}, "Detection invalid model 'illegal'"),
        ({"background_removal": "illegal"}, "is invalid"),
        ({"auto_tagging": 0.5}, "Must use"),
        ({"similarity_search": "illegal"}, "Illegal value"),
        ({"metadata": {"nobody": "1"}}, "nobody"),
        ({"display_name": "a/b"}, "display_name"),
        ({"asset_folder": "a/../b"}, "asset_folder"),
        ({"eager": "w_nonsense"}, "transformation"),
    ],
)
def test_a_wrong_explicit_changes_nothing(
    sdk: Account, option: dict[str, Any], message: str
) -> None:
    upload("x", tags="kept")
    before = api.resource("x")
    with pytest.raises(BadRequest, match=message):
        uploader.explicit("x", type="upload", **{"tags": "new", "visual_search": True, **option})
    assert api.resource("x") == before


def test_only_images_are_indexed(sdk: Account) -> None:
    uploader.upload(b"words", public_id="words.txt", resource_type="raw")
    with pytest.raises(BadRequest, match="Only images"):
        uploader.explicit("words.txt", type="upload", resource_type="raw", visual_search=True)
    with pytest.raises(BadRequest, match="Only images"):
        api.update("words.txt", resource_type="raw", similarity_search="clip")
    tagged = uploader.explicit("words.txt", type="upload", resource_type="raw", tags="t")
    assert tagged["tags"] == ["t"]


# Index ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["explicit", "update"])
def test_indexing_waits_for_a_busy_encoder_no_longer_than_it_may(
    databases: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    from tests.conftest import configured
    from tests.server import serve

    encoder = FakeEncoder()
    with (
        databases.clone() as url,
        serve(url, tmp_path, encoder, embed_timeout=0.3) as server,
        configured(server.account(), monkeypatch),
    ):
        upload("x")
        encoder.gate.clear()
        if how == "explicit":
            answer = uploader.explicit("x", type="upload", visual_search=True)
        else:
            answer = api.update("x", similarity_search="clip")
        assert answer["info"]["visual_search"]["status"] == "pending"
        assert api.resource("x")["info"]["visual_search"]["status"] == "pending"
        encoder.gate.set()
        server.call(work, server.runtime, forever=False)
        assert api.resource("x")["info"] == {"visual_search": {"status": "indexed"}}
        assert found("red") == ["x"]


def test_where_visual_search_is_off_nothing_is_indexed(sdk: Account) -> None:
    from app.db import environments

    async def switch(on: bool) -> None:
        async with sdk.running.runtime.pool.connection() as connection:
            environment = await environments.get(connection, sdk.cloud)
            await environments.switch_visual_search(connection, environment, on)

    upload("x")
    sdk.running.call(switch, False)
    answer = uploader.explicit("x", type="upload", visual_search=True)
    assert answer["info"] == {"visual_search": {"status": "off"}}
    sdk.running.call(switch, True)
    assert api.resource("x")["info"] == {"visual_search": {"status": "pending"}}


# rename --------------------------------------------------------------------------------------


def test_rename_keeps_the_asset_and_its_place_in_the_index(sdk: Account) -> None:
    stored = upload("from", visual_search=True, tags="t", context={"k": "v"})
    renamed = uploader.rename("from", "folder/to ü")
    assert (renamed["asset_id"], renamed["public_id"]) == (stored["asset_id"], "folder/to ü")
    assert renamed["version"] > stored["version"]
    assert renamed["tags"] == ["t"]
    assert httpx.get(renamed["url"]).content == picture("red")
    assert httpx.get(stored["url"]).status_code == 404
    assert found("red") == ["folder/to ü"]
    assert "public_id_updated_at" in api.resource("folder/to ü")["last_updated"]


def test_rename_to_a_taken_name(sdk: Account) -> None:
    source, target = upload("from", "red"), upload("to", "blue", visual_search=True)
    with pytest.raises(BadRequest, match=r"to_public_id\(to\) already exists"):
        uploader.rename("from", "to")
    with pytest.raises(BadRequest, match=r"to_public_id\(from\) already exists"):
        uploader.rename("from", "from", overwrite=True)
    assert api.resource("to")["asset_id"] == target["asset_id"]
    renamed = uploader.rename("from", "to", overwrite=True)
    assert renamed["asset_id"] == source["asset_id"]
    assert renamed["version"] > target["version"]
    assert httpx.get(renamed["url"]).content == picture("red")
    assert api.resource_by_asset_id(source["asset_id"])["public_id"] == "to"
    with pytest.raises(NotFound):
        api.resource_by_asset_id(target["asset_id"])
    assert found("blue") == []


def test_rename_to_another_type(sdk: Account) -> None:
    stored = upload("x")
    renamed = uploader.rename("x", "x", to_type="private")
    assert (renamed["asset_id"], renamed["type"]) == (stored["asset_id"], "private")
    assert httpx.get(renamed["url"]).status_code == 200  # it is signed
    assert httpx.get(cloudinary_url("x", type="private", format="png")[0]).status_code == 401
    back = uploader.rename("x", "y", type="private", to_type="upload")
    assert (back["type"], back["public_id"]) == ("upload", "y")


@pytest.mark.parametrize(
    ("source", "target", "options", "error", "message"),
    [
        ("nobody", "to", {}, NotFound, "Resource not found - nobody"),
        ("from", "a?b", {}, BadRequest, r"public_id \(a\?b\) is invalid"),
        ("from", "x" * 256, {}, BadRequest, "too long"),
        ("from", "", {}, BadRequest, "Missing required parameter - to_public_id"),
        ("", "to", {}, BadRequest, "Missing required parameter - from_public_id"),
        ("from", "to", {"to_type": "fetch"}, BadRequest, "type: fetch"),
        ("from", "to", {"type": "private"}, NotFound, "Resource not found - from"),
        ("from", "to", {"overwrite": "perhaps"}, BadRequest, "overwrite"),
        ("from", "to", {"metadata": "nobody=1"}, BadRequest, "nobody"),
    ],
)
def test_wrong_renames(
    sdk: Account, source: str, target: str, options: dict[str, Any], error: Any, message: str
) -> None:
    upload("from")
    with pytest.raises(error, match=message):
        uploader.rename(source, target, **options)
    assert [each["public_id"] for each in api.resources()["resources"]] == ["from"]


# destroy -------------------------------------------------------------------------------------


def test_destroy(sdk: Account, client: httpx.Client) -> None:
    upload("x", visual_search=True)
    kept = upload("x", type="private")
    assert uploader.destroy("x")["result"] == "ok"
    assert uploader.destroy("x")["result"] == "not found"
    assert found("red") == []
    with pytest.raises(BadRequest, match="Missing required parameter - public_id"):
        uploader.destroy("")
    body = signed(sdk, asset_id=kept["asset_id"])
    answers = [httpx.post(sdk.url("asset/destroy"), data=body).json() for _ in range(2)]
    assert answers == [{"result": "ok"}, {"result": "not found"}]
    assert client.post("asset/destroy", json={"asset_id": "x"}).json() == {"result": "not found"}


def test_deletion_leaves_nothing_behind(sdk: Account) -> None:
    upload("x", visual_search=True, tags="t", context={"k": "v"})
    uploader.destroy("x")

    async def count() -> int:
        async with sdk.running.runtime.pool.connection() as connection:
            cursor = await connection.execute(
                "select sum(rows) from library.environment, lateral ("
                " select count(*) as rows from library.asset a"
                " where a.environment_id = environment.environment_id"
                " union all select count(*) from library.original a"
                " where a.environment_id = environment.environment_id"
                " union all select count(*) from library.embedding a"
                " where a.environment_id = environment.environment_id"
                " union all select count(*) from library.asset_term a"
                " where a.environment_id = environment.environment_id"
                ") as each where cloud_name = %s",
                [sdk.cloud],
            )
            row = await cursor.fetchone()
            assert row is not None
            return int(row[0])

    assert sdk.running.call(count) == 0


# tags ----------------------------------------------------------------------------------------


def test_tag_commands(sdk: Account) -> None:
    upload("a", tags="old")
    upload("b, c")
    assert uploader.add_tag("t2,t1", ["b, c", "nobody", "a"])["public_ids"] == ["b, c", "a"]
    assert (tags("a"), tags("b, c")) == (["old", "t1", "t2"], ["t1", "t2"])
    uploader.add_tag(["t1", "ä,z"], ["a"])
    assert tags("a") == ["old", "t1", "t2", "z", "ä"]
    uploader.remove_tag("t1,ä", ["a"])
    assert tags("a") == ["old", "t2", "z"]
    uploader.replace_tag(["y", "x"], ["a"])
    assert tags("a") == ["x", "y"]
    assert uploader.remove_all_tags(["a"])["public_ids"] == ["a"]
    assert "tags" not in api.resource("a")
    assert uploader.add_tag("t", ["nobody"])["public_ids"] == []


def test_exclusive_tags_are_taken_from_all_others(sdk: Account, running: RunningServer) -> None:
    for name in ("a", "b", "c"):
        upload(name, tags="cover,other")
    upload("p", tags="cover", type="private")
    uploader.add_tag("cover", ["b"], exclusive=True)
    assert (tags("a"), tags("b"), tags("c")) == (["other"], ["cover", "other"], ["other"])
    assert "tags" not in api.resource("p", type="private")
    listed = api.resources_by_tag("cover")["resources"]
    assert [each["public_id"] for each in listed] == ["b"]


def test_tags_of_a_type(sdk: Account) -> None:
    upload("a")
    upload("a", type="private")
    uploader.add_tag("t", ["a"], type="private")
    assert tags("a") == []
    assert api.resource("a", type="private")["tags"] == ["t"]


def test_a_thousand_assets_at_once(sdk: Account) -> None:
    upload("a")
    names = [f"id{number}" for number in range(999)]
    assert uploader.add_tag("t", [*names, "a"])["public_ids"] == ["a"]
    with pytest.raises(BadRequest, match="The maximum is 1000"):
        uploader.add_tag("t", [*names, "a", "b"])


def test_notification_parameters_are_not_signed(sdk: Account) -> None:
    upload("a")
    options = {"notification_url": "https://example.com/hook", "batch_id": "b"}
    assert uploader.add_tag("t", ["a"], **options)["public_ids"] == ["a"]
    assert uploader.add_context({"k": "v"}, ["a"], **options)["public_ids"] == ["a"]


# context -------------------------------------------------------------------------------------


def test_context_commands(sdk: Account) -> None:
    upload("a", context={"kept": "1", "k": "old"})
    upload("b")
    answer = uploader.add_context({"k": "a|b=c", "caption": "ü"}, ["a", "nobody", "b"])
    assert answer["public_ids"] == ["a", "b"]
    assert api.resource("a")["context"] == {"custom": {"kept": "1", "k": "a|b=c", "caption": "ü"}}
    assert api.resource("b")["context"] == {"custom": {"k": "a|b=c", "caption": "ü"}}
    listed = api.resources_by_context("k", "a|b=c")["resources"]
    assert sorted(each["public_id"] for each in listed) == ["a", "b"]
    assert uploader.remove_all_context(["a"])["public_ids"] == ["a"]
    assert "context" not in api.resource("a")


# metadata ------------------------------------------------------------------------------------


def test_metadata(sdk: Account) -> None:
    for name in ("one", "two"):
        api.add_metadata_field({"external_id": name, "label": name, "type": "string"})
    upload("a")
    upload("b")
    answer = uploader.update_metadata({"one": "1|=", "two": "2"}, ["a", "nobody", "b"])
    assert answer["public_ids"] == ["a", "b"]
    assert api.resource("a")["metadata"] == {"one": "1|=", "two": "2"}
    uploader.update_metadata("one=|two=3", ["a"])
    assert api.resource("a")["metadata"] == {"two": "3"}
    assert api.update("b", metadata={"two": ""})["metadata"] == {"one": "1|="}
    assert uploader.explicit("b", type="upload", metadata={"two": "x"})["metadata"] == {
        "one": "1|=", "two": "x",
    }  # fmt: skip
    with pytest.raises(BadRequest, match="nobody"):
        uploader.update_metadata({"one": "new", "nobody": "1"}, ["a", "b"])
    assert api.resource("b")["metadata"]["one"] == "1|="
