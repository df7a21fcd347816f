"""`backup`: versions that were overwritten or deleted are kept, listed, restored and deleted."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cloudinary.api
import cloudinary.uploader
import httpx
import psycopg
import pytest
from cloudinary import api
from cloudinary.exceptions import BadRequest, NotFound

from tests.fake_encoder import picture
from tests.server import Account

RED, BLUE, GREEN = (picture(colour) for colour in ("red", "blue", "green"))


def upload(data: bytes = RED, public_id: str = "a/photo", **options: Any) -> dict[str, Any]:
    options = {"backup": True, **options}
    return cloudinary.uploader.upload(data, public_id=public_id, **options)


def versions(public_id: str = "a/photo") -> list[dict[str, Any]]:
    return list(api.resource(public_id, versions=True)["versions"])


def delivered(answer: dict[str, Any]) -> bytes:
    return httpx.get(answer["secure_url"]).raise_for_status().content


def found(text: str) -> list[str]:
    return [each["public_id"] for each in api.visual_search(text=text)["resources"]]


def rows(account: Account) -> int:
    with psycopg.connect(account.running.database_url) as connection:
        row = connection.execute(
            """select count(*) from library.backup join library.environment using (environment_id)
            where cloud_name = %s""",
            (account.cloud,),
        ).fetchone()
    assert row is not None
    return int(row[0])


# Deleted assets ----------------------------------------------------------------------------------


def test_a_deleted_asset_comes_back_as_it_was(sdk: Account) -> None:
    before = upload(tags="t", context={"k": "v"}, asset_folder="deep/er", visual_search=True)
    api.delete_resources(["a/photo"])
    assert httpx.get(before["url"]).status_code == 404
    assert found("red") == []
    left = api.resource("a/photo", versions=True)
    assert (left["bytes"], left["placeholder"]) == (0, True)
    assert left["asset_id"] == before["asset_id"]
    assert [each["version_id"] for each in left["versions"]] == [before["version_id"]]
    assert api.resource_by_asset_id(before["asset_id"])["placeholder"] is True
    assert api.resources(type="upload")["resources"] == []

    restored = api.restore(["a/photo"])["a/photo"]
    same = ("asset_id", "bytes", "etag", "created_at", "tags", "context", "asset_folder", "width")
    assert {name: restored[name] for name in same} == {name: before[name] for name in same}
    assert restored["version"] > before["version"]
    assert restored["info"]["visual_search"] == {"status": "indexed"}
    assert found("red") == ["a/photo"]
    assert delivered(restored) == RED
    assert "placeholder" not in api.resource("a/photo")
    assert rows(sdk) == 0  # the bytes are the asset's again, and are kept with it
    assert [each["restorable"] for each in versions()] == [True]


def test_without_backup_nothing_is_kept(sdk: Account) -> None:
    upload(backup=False)
    upload(BLUE, backup=False)
    assert versions() == []
    cloudinary.uploader.destroy("a/photo")
    with pytest.raises(NotFound):
        api.resource("a/photo")
    assert api.restore(["a/photo"]) == {
        "a/photo": {"error": "There is no backup to restore it from"}
    }


def test_a_preset_asks_for_backups(sdk: Account) -> None:
    api.create_upload_preset(name="kept", unsigned=True, backup=True)
    cloudinary.uploader.unsigned_upload(RED, "kept", public_id="a/photo")
    cloudinary.uploader.destroy("a/photo")
    assert rows(sdk) == 1


def test_explicit_asks_for_a_backup_afterwards(sdk: Account) -> None:
    upload(backup=False)
    cloudinary.uploader.explicit("a/photo", type="upload", backup=True)
    api.delete_all_resources()
    assert delivered(api.restore(["a/photo"])["a/photo"]) == RED


def test_an_upload_of_the_name_goes_on_with_the_asset(sdk: Account) -> None:
    first = upload()
    api.delete_resources(["a/photo"])
    second = upload(BLUE)
    assert second["asset_id"] == first["asset_id"]
    assert second["version"] > first["version"]
    assert "overwritten" not in second
    assert [each["version_id"] for each in versions()] == [
        first["version_id"], second["version_id"],
    ]  # fmt: skip


def test_versions_of_a_deleted_asset_in_any_order(sdk: Account) -> None:
    first = upload()
    api.delete_resources(["a/photo"])
    second = upload(BLUE, tags="second")
    api.delete_resources(["a/photo"])
    one, two = (each["version_id"] for each in versions())
    back = api.restore(["a/photo"], versions=[one])["a/photo"]
    assert (back["bytes"], back["tags"]) == (first["bytes"], [])
    back = api.restore(["a/photo"], versions=[two])["a/photo"]
    assert back["bytes"] == second["bytes"]
    assert delivered(back) == BLUE
    assert {each["version_id"] for each in versions()} == {one, two}


def test_what_was_rejected_stays_so(sdk: Account) -> None:
    upload(moderation="manual")
    api.update("a/photo", moderation_status="rejected")
    api.delete_resources(["a/photo"])
    api.restore(["a/photo"])
    assert api.resource("a/photo")["moderation_status"] == "rejected"


def test_an_image_that_waits_is_restored_as_one_that_waits(sdk: Account) -> None:
    """Where the encoder is busy, the restored image is pending, and a worker takes it up."""
    upload(visual_search=True)
    api.delete_resources(["a/photo"])
    with sdk.running.limited(embed_timeout=0.0):
        restored = api.restore(["a/photo"])["a/photo"]
    assert restored["info"]["visual_search"]["status"] == "pending"
    assert api.resource("a/photo")["info"]["visual_search"]["status"] == "pending"


def test_by_asset_ids(sdk: Account) -> None:
    asset_id = upload(resource_type="raw", type="private")["asset_id"]
    upload(BLUE, "other")
    api.delete_resources_by_asset_ids([asset_id])
    unknown = "0" * 32
    answer = api.restore_by_asset_ids([asset_id, unknown])
    assert answer[asset_id]["public_id"] == "a/photo"
    assert (answer[asset_id]["type"], answer[asset_id]["resource_type"]) == ("private", "raw")
    assert answer[unknown] == {"error": "There is no backup to restore it from"}


# Overwritten assets ------------------------------------------------------------------------------


def test_an_older_version_comes_back_and_nothing_is_lost(sdk: Account) -> None:
    first = upload(visual_search=True, tags="one")
    second = upload(BLUE, backup=False, tags="two")
    assert [(each["version_id"], each["size"]) for each in versions()] == [
        (first["version_id"], first["bytes"])
    ]
    assert found("red") == ["a/photo"]  # the only image there is, and it is blue
    unchanged = api.restore(["a/photo"])["a/photo"]
    assert unchanged["version_id"] == second["version_id"]

    back = api.restore(["a/photo"], versions=[first["version_id"]])["a/photo"]
    assert delivered(back) == RED
    assert back["tags"] == ["two"]  # its file is another one, the asset is the same
    assert back["version"] > second["version"]
    again = api.restore(["a/photo"], versions=[second["version_id"]])["a/photo"]
    assert delivered(again) == BLUE


def test_overwriting_by_renaming_keeps_what_was_there(sdk: Account) -> None:
    upload(RED, "old")
    kept = upload(BLUE, "new")
    cloudinary.uploader.rename("old", "new", overwrite=True)
    assert delivered(api.resource("new")) == RED
    assert rows(sdk) == 1
    said = api.restore_by_asset_ids([kept["asset_id"]])[kept["asset_id"]]
    assert said == {"error": "Another asset has its public_id by now"}
    cloudinary.uploader.rename("new", "third")
    assert delivered(api.restore(["new"])["new"]) == BLUE


def test_versions_follow_a_renamed_asset(sdk: Account) -> None:
    upload()
    upload(BLUE)
    cloudinary.uploader.rename("a/photo", "b")
    api.delete_resources(["b"])
    with pytest.raises(NotFound):
        api.resource("a/photo")
    assert len(versions("b")) == 2
    assert delivered(api.restore(["b"])["b"]) == BLUE


def test_renditions_are_of_the_restored_file(sdk: Account) -> None:
    first = upload(eager=[{"width": 5, "crop": "scale"}])
    upload(BLUE, eager=[{"width": 5, "crop": "scale"}])
    api.restore(["a/photo"], versions=[first["version_id"]])
    assert api.resource("a/photo")["derived"] == []


def test_of_uploads_at_once_every_one_is_kept(sdk: Account) -> None:
    colours = ("red", "blue", "green", "white", "black", "yellow")
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(upload, map(picture, colours)))
    assert len({each["asset_id"] for each in answers}) == 1
    assert {each["version_id"] for each in versions()} == {each["version_id"] for each in answers}
    api.delete_resources(["a/photo"])
    with ThreadPoolExecutor(6) as threads:
        again = list(threads.map(upload, map(picture, colours)))
    assert {each["asset_id"] for each in again} == {answers[0]["asset_id"]}
    assert len(versions()) == 12


# Bytes, deletion ---------------------------------------------------------------------------------


def test_backup_bytes(sdk: Account) -> None:
    sizes = [upload(data)["bytes"] for data in (RED, BLUE)]
    upload(GREEN, "plain", backup=False)
    found = {each["public_id"]: each for each in cloudinary.Search().execute()["resources"]}
    assert found["a/photo"]["backup_bytes"] == sum(sizes)
    assert found["plain"]["backup_bytes"] == 0
    assert api.usage()["storage"]["usage"] == sum(sizes) + found["plain"]["bytes"]


def test_backups_are_deleted_for_good(sdk: Account) -> None:
    first, second = upload(), upload(BLUE)
    asset_id = first["asset_id"]
    deleted = api.delete_backed_up_assets(asset_id, [first["version_id"]])
    assert (deleted["asset_id"], deleted["deleted_version_ids"]) == (
        asset_id, [first["version_id"]],
    )  # fmt: skip
    assert [each["version_id"] for each in versions()] == [second["version_id"]]
    api.delete_backed_up_assets(asset_id, [second["version_id"]])
    assert versions() == []
    assert delivered(second) == BLUE  # the present one stays
    api.delete_resources(["a/photo"])
    assert rows(sdk) == 0
    with pytest.raises(NotFound):
        api.delete_backed_up_assets(asset_id, [second["version_id"]])


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("POST", "resources/image/upload/restore", {}, "Missing required parameter - public_ids"),
        ("POST", "resources/restore", {}, "Missing required parameter - asset_ids"),
        ("POST", "resources/restore", {"asset_ids": ["x"]},
         "Invalid value for parameter asset_ids: x"),
        ("POST", "resources/image/upload/restore", {"public_ids": ["x"], "versions": ["y"]},
         "Invalid value for parameter versions: y"),
        ("POST", "resources/film/upload/restore", {"public_ids": ["x"]},
         "Invalid value for parameter resource_type: film"),
        ("DELETE", f"resources/backup/{'0' * 32}", {}, "Missing required parameter - version_ids"),
        ("DELETE", f"resources/backup/{'0' * 32}", {"version_ids": "z"},
         "Invalid value for parameter version_ids: z"),
    ],
)  # fmt: skip
def test_bad_input(
    client: httpx.Client, method: str, path: str, body: dict[str, Any], message: str
) -> None:
    answer = client.request(method, path, json=body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)


def test_environments_are_separate(sdk: Account) -> None:
    kept = upload()
    api.delete_resources(["a/photo"])
    other = sdk.running.account()
    theirs = {"cloud_name": other.cloud, "api_key": other.key, "api_secret": other.secret}
    nothing = {"error": "There is no backup to restore it from"}
    assert api.restore(["a/photo"], **theirs)["a/photo"] == nothing
    asset_id, version_id = kept["asset_id"], kept["version_id"]
    assert api.restore_by_asset_ids([asset_id], **theirs)[asset_id] == nothing
    with pytest.raises(NotFound):
        api.resource("a/photo", **theirs)
    with pytest.raises(NotFound):
        api.delete_backed_up_assets(asset_id, [version_id], **theirs)
    assert cloudinary.uploader.upload(RED, public_id="a/photo", **theirs)["asset_id"] != asset_id
    assert rows(sdk) == 1


def test_a_wrong_skip_backup(sdk: Account) -> None:
    api.create_folder("f")
    with pytest.raises(BadRequest):
        api.delete_folder("f", skip_backup="perhaps")
    assert api.delete_folder("f", skip_backup=True)["deleted"] == ["f"]
