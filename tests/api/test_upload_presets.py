"""Upload presets through the official SDK, and as other clients spell the same requests."""

import re

import cloudinary.api
import httpx
import pytest
from cloudinary.exceptions import BadRequest, NotFound

from tests.server import Account

AWKWARD = [
    "two words",
    "folder/inner name",
    "grün & gelb",
    "100 % + #1?",
    "日本/写真",
    "a:b~c",
    "..",
]


def settings(name: str) -> dict[str, object]:
    return cloudinary.api.upload_preset(name)["settings"]


def test_create_read_update_delete(sdk: Account) -> None:
    created = cloudinary.api.create_upload_preset(
        name="life", unsigned=True, similarity_search="clip", tags=["a", "b"]
    )
    assert created["message"] == "created"
    assert created["name"] == "life"
    assert re.fullmatch(r"[0-9a-f]{32}", created["external_id"])

    read = cloudinary.api.upload_preset("life")
    assert read == {
        "name": "life",
        "unsigned": True,
        "settings": {"similarity_search": "clip", "tags": ["a", "b"]},
        "external_id": created["external_id"],
    }

    updated = cloudinary.api.update_upload_preset("life", folder="f", unsigned=False)
    assert updated == {"message": "updated", "external_id": created["external_id"]}
    read = cloudinary.api.upload_preset("life")
    assert read["unsigned"] is False
    assert read["settings"] == {"similarity_search": "clip", "tags": ["a", "b"], "folder": "f"}

    deleted = cloudinary.api.delete_upload_preset("life")
    assert deleted == {"message": "deleted", "external_id": created["external_id"]}
    with pytest.raises(NotFound, match="Error 404 - Can't find upload preset with name life"):
        cloudinary.api.upload_preset("life")


def test_a_preset_without_anything_gets_a_random_name_and_no_settings(sdk: Account) -> None:
    name = cloudinary.api.create_upload_preset()["name"]
    assert re.fullmatch(r"[a-z0-9]{8}", name)
    read = cloudinary.api.upload_preset(name)
    assert read["settings"] == {}  # above all no timestamp, which the SDK always sends
    assert read["unsigned"] is False


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_names(sdk: Account, name: str) -> None:
    assert cloudinary.api.create_upload_preset(name=name, folder="f")["name"] == name
    assert [preset["name"] for preset in cloudinary.api.upload_presets()["presets"]] == [name]


@pytest.mark.parametrize(
    "name", ["two words", "folder/inner name", "grün, gelb", "日本/写真", "a:b~c"]
)
def test_awkward_names_in_the_path(sdk: Account, name: str) -> None:
    cloudinary.api.create_upload_preset(name=name, folder="f")
    assert cloudinary.api.upload_preset(name)["name"] == name
    cloudinary.api.update_upload_preset(name, folder="g")
    assert settings(name) == {"folder": "g"}
    assert cloudinary.api.delete_upload_preset(name)["message"] == "deleted"


def test_settings_read_back_in_the_forms_that_sdk_users_expect(sdk: Account) -> None:
    cloudinary.api.create_upload_preset(
        name="forms",
        tags="one",
        allowed_formats=["jpg", "png"],
        context={"alt": "a=b|c", "caption": "x"},
        transformation={"width": 100, "crop": "scale"},
        overwrite=False,
        use_filename=True,
        unique_filename=False,
        visual_search=True,
        use_asset_folder_as_public_id_prefix=True,
        disallow_public_id=True,
        live=False,
        moderation="manual",
        notification_url="http://example.com/hook",
        asset_folder="library/new",
        eval="upload_options['tags'] = 'x'",
    )
    assert settings("forms") == {
        "tags": ["one"],
        "allowed_formats": ["jpg", "png"],
        "context": {"alt": "a=b|c", "caption": "x"},
        "transformation": [{"width": 100, "crop": "scale"}],
        "overwrite": False,
        "use_filename": True,
        "unique_filename": False,
        "visual_search": True,
        "use_asset_folder_as_public_id_prefix": True,
        "disallow_public_id": True,
        "live": False,
        "moderation": "manual",
        "notification_url": "http://example.com/hook",
        "asset_folder": "library/new",
        "eval": "upload_options['tags'] = 'x'",
    }


def test_creating_a_preset_whose_name_is_taken_replaces_it(sdk: Account) -> None:
    first = cloudinary.api.create_upload_preset(name="p", folder="f", unsigned=True)
    again = cloudinary.api.create_upload_preset(name="p", tags="t")
    assert again["external_id"] == first["external_id"]
    assert settings("p") == {"tags": ["t"]}
    assert len(cloudinary.api.upload_presets()["presets"]) == 1


def test_list_is_newest_first_and_ten_to_a_page(sdk: Account) -> None:
    names = [f"preset {number:02}" for number in range(12)]
    for name in names:
        cloudinary.api.create_upload_preset(name=name)
    page = cloudinary.api.upload_presets()
    assert [preset["name"] for preset in page["presets"]] == names[:1:-1]
    rest = cloudinary.api.upload_presets(next_cursor=page["next_cursor"])
    assert [preset["name"] for preset in rest["presets"]] == names[1::-1]
    assert "next_cursor" not in rest  # the CLI goes on while the key exists


def test_paging_neither_repeats_nor_misses_while_presets_come_and_go(sdk: Account) -> None:
    names = [f"preset {number:02}" for number in range(9)]
    for name in names:
        cloudinary.api.create_upload_preset(name=name)
    seen: list[str] = []
    cursor = None
    while True:
        page = cloudinary.api.upload_presets(max_results=2, next_cursor=cursor)
        seen += [preset["name"] for preset in page["presets"]]
        cloudinary.api.create_upload_preset(name=f"meanwhile {len(seen)}")
        cloudinary.api.delete_upload_preset(seen[-1])
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    assert seen == names[::-1]


def test_max_results_is_a_number_up_to_500(sdk: Account) -> None:
    assert cloudinary.api.upload_presets(max_results=500)["presets"] == []
    for wrong in (501, -1, "many"):
        with pytest.raises(BadRequest, match="Invalid value for parameter max_results"):
            cloudinary.api.upload_presets(max_results=wrong)


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_what_does_not_exist(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "upload_presets/no%20such/thing")
    assert answer.status_code == 404
    message = "Can't find upload preset with name no such/thing"
    assert answer.json() == {"error": {"message": message}}


def test_node_sends_forms_and_escaped_slashes(client: httpx.Client) -> None:
    form = {
        "name": "p a/b",
        "unsigned": "true",
        "overwrite": "0",
        "visual_search": "true",
        "tags": "a,b",
        "timestamp": "1795331392",
    }
    assert client.post("upload_presets", data=form).json()["name"] == "p a/b"
    read = client.get("upload_presets/p%20a%2Fb").json()
    assert read["unsigned"] is True
    assert read["settings"] == {"overwrite": False, "visual_search": True, "tags": ["a", "b"]}
    put = client.put("upload_presets/p%20a%2Fb", data={"visual_search": "false"})
    assert put.json()["message"] == "updated"
    assert client.get("upload_presets/p%20a%2Fb").json()["settings"]["visual_search"] is False
    deleted = client.request(
        "DELETE",
        "upload_presets/p%20a%2Fb",
        content="timestamp=1",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert deleted.json()["message"] == "deleted"


def test_multipart_is_accepted_too(client: httpx.Client) -> None:
    parts = {"name": (None, "m"), "tags[]": (None, "a"), "unsigned": (None, "1")}
    assert client.post("upload_presets", files=parts).json()["name"] == "m"
    assert client.get("upload_presets/m").json()["settings"] == {"tags": ["a"]}


def test_an_unknown_kind_of_index_is_refused(sdk: Account) -> None:
    message = "Illegal value for parameter similarity_search: magic"
    with pytest.raises(BadRequest, match=message):
        cloudinary.api.create_upload_preset(name="p", similarity_search="magic")
    assert cloudinary.api.upload_presets()["presets"] == []


def test_cursors_of_others_are_refused(sdk: Account) -> None:
    for name in ("a", "b"):
        cloudinary.api.create_upload_preset(name=name)
    cursor = cloudinary.api.upload_presets(max_results=1)["next_cursor"]
    stranger = sdk.running.account()
    answer = httpx.get(
        stranger.url("upload_presets"), params={"next_cursor": cursor}, auth=stranger.auth
    )
    assert answer.status_code == 400
    assert answer.json() == {"error": {"message": "Invalid value for parameter next_cursor"}}
    for forged in ("nonsense", "", cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")):
        if forged:
            with pytest.raises(BadRequest, match="Invalid value for parameter next_cursor"):
                cloudinary.api.upload_presets(next_cursor=forged)
