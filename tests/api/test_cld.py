"""The command `cld` (cloudinary-cli), unmodified, as its users run it."""

from pathlib import Path

from tests.api.conftest import Cld
from tests.fake_encoder import picture
from tests.server import Account


def test_a_preset_an_upload_with_it_and_searches(cld: Cld, tmp_path: Path, server: Account) -> None:
    for colour in ("red", "blue"):
        (tmp_path / f"{colour}.png").write_bytes(picture(colour))

    created = cld("admin", "create_upload_preset", "name=visual search", "unsigned=True",
                  "-o", "similarity_search", "clip", "-o", "tags", "a,b")  # fmt: skip
    assert created["message"] == "created"
    read = cld("admin", "upload_preset", "visual search")
    assert read["settings"] == {"similarity_search": "clip", "tags": ["a", "b"]}
    assert read["unsigned"] is True

    for colour in ("red", "blue"):
        uploaded = cld("uploader", "unsigned_upload", tmp_path / f"{colour}.png", "visual search",
                       f"public_id={colour}")  # fmt: skip
        assert uploaded["info"]["visual_search"]["status"] == "indexed"
        assert uploaded["tags"] == ["a", "b"]
    asset_id = uploaded["asset_id"]

    def first(*query: object) -> str:
        return cld("admin", "visual_search", *query)["resources"][0]["public_id"]

    assert first("-o", "text", "a red thing") == "red"
    assert first(f"image_asset_id={asset_id}") == "blue"
    assert first(f"image_file={tmp_path / 'red.png'}") == "red"

    updated = cld("admin", "update_upload_preset", "visual search", "-o", "tags", "c")
    assert updated["message"] == "updated"
    assert [each["name"] for each in cld("admin", "upload_presets")["presets"]] == ["visual search"]
    deleted = cld("admin", "delete_upload_preset", "visual search")
    assert deleted["message"] == "deleted"
    failed = cld("admin", "upload_preset", "visual search", code=1)
    assert "Error 404 - Can't find upload preset with name visual search" in failed


def test_a_signed_upload(cld: Cld, tmp_path: Path) -> None:
    path = tmp_path / "Grüße & co.png"
    path.write_bytes(picture("green"))
    uploaded = cld("uploader", "upload", path, "folder=inbox", "use_filename=True",
                   "unique_filename=False")  # fmt: skip
    assert uploaded["public_id"] == "inbox/Grüße _ co"
    assert uploaded["resource_type"] == "image"  # cld says "auto"


def test_ping_config_and_urls(cld: Cld, server: Account) -> None:
    assert cld("ping")["status"] == "ok"
    assert cld("admin", "ping")["status"] == "ok"
    assert cld("admin", "config", "-O", "settings", "true")["settings"]["folder_mode"] == "dynamic"
    assert cld("admin", "usage")["plan"]
    assert server.cloud in cld.text("config")
    public = cld.text("url", "a b/c", "c_scale,w_100").strip()
    assert public.endswith(f"/{server.cloud}/image/upload/c_scale,w_100/v1/a%20b/c")
    signed = cld.text("url", "-t", "authenticated", "x.png").strip()
    assert f"/{server.cloud}/image/authenticated/s--" in signed


def test_wrong_credentials(server: Account, tmp_path: Path) -> None:
    wrong = Cld(Account(server.running, server.cloud, server.key, "wrong"), tmp_path)
    assert "api_secret mismatch" in wrong("admin", "ping", code=1)
    unknown = Cld(Account(server.running, server.cloud, "key", "secret"), tmp_path)
    assert "unknown api_key" in unknown("admin", "ping", code=1)


def test_the_upload_api(cld: Cld, tmp_path: Path) -> None:
    for colour in ("red", "blue"):
        (tmp_path / f"{colour}.png").write_bytes(picture(colour))
        cld("uploader", "upload", tmp_path / f"{colour}.png", f"public_id=f/{colour} one")

    explicit = cld("uploader", "explicit", "f/red one", "type=upload", "visual_search=True",
                   "-o", "context", "k=v|l=w", "-o", "tags", "z,y")  # fmt: skip
    assert explicit["context"] == {"custom": {"k": "v", "l": "w"}}
    assert explicit["info"] == {"visual_search": {"status": "indexed"}}
    added = cld("uploader", "add_tag", "a,b", "f/red one", "f/blue one")
    assert sorted(added["public_ids"]) == ["f/blue one", "f/red one"]
    assert cld("admin", "resource", "f/red one")["tags"] == ["a", "b", "y", "z"]
    cld("uploader", "remove_tag", "a", "f/red one")
    cld("uploader", "add_context", "-O", "context", '{"m": "1=2"}', "-o", "public_ids", "f/red one")
    details = cld("admin", "resource", "f/red one")
    assert details["tags"] == ["b", "y", "z"]
    assert details["context"] == {"custom": {"k": "v", "l": "w", "m": "1=2"}}

    renamed = cld("uploader", "rename", "f/red one", "g/red two")
    assert (renamed["public_id"], renamed["asset_id"]) == ("g/red two", explicit["asset_id"])
    taken = cld("uploader", "rename", "g/red two", "f/blue one", code=1)
    assert "already exists" in taken
    assert cld("uploader", "destroy", "g/red two")["result"] == "ok"
    assert cld("uploader", "destroy", "g/red two")["result"] == "not found"
    assert "Resource not found - g/red two" in cld("admin", "resource", "g/red two", code=1)
    gone = cld("admin", "delete_resources", "f/blue one,f/none")
    assert gone["deleted"] == {"f/blue one": "deleted", "f/none": "not_found"}
