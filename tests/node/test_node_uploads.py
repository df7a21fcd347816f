"""The official Node package: the Upload API, restricted delivery, webhooks."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import WebHost
from tests.database import Databases
from tests.fake_encoder import picture
from tests.node.conftest import Run
from tests.node.test_node import error
from tests.server import Account, RunningServer, serve

INDEXED = {"visual_search": {"status": "indexed"}}


@pytest.fixture(scope="module")
def working(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server for large files that does its background work and may post to this machine."""
    with (
        databases.clone() as url,
        serve(
            url,
            tmp_path_factory.mktemp("iris"),
            download_hosts=("127.0.0.1",),
            embed_in_server=True,
        ) as server,
    ):
        yield server


def test_uploads(run: Run, server: Account, web: WebHost, tmp_path: Path) -> None:
    awkward = tmp_path / "Grüße & co #1+?.png"
    latin = tmp_path / "é ü.png"
    for path in (awkward, latin):
        path.write_bytes(picture("red"))
    url = web.add("/node/remote%20picture.png", picture("green"))
    got = run(server, "uploads", awkward=str(awkward), latin=str(latin), url=url)

    file = got["file"]
    assert file["public_id"] == "folder/photo"
    assert file["tags"] == ["a", "b"]
    assert file["context"] == {"custom": {"alt": "a=b|c", "note": "ü & so"}}
    assert (file["asset_folder"], file["display_name"]) == ("Grüße/2024", "my photo")
    assert (file["width"], file["height"], file["format"]) == (32, 24, "png")
    assert file["etag"] == hashlib.md5(picture("red")).hexdigest()
    assert (file["original_filename"], file["placeholder"]) == ("red", False)
    assert len(file["phash"]) == 16
    assert file["info"] == INDEXED
    assert got["signature_is_right"] is True
    assert file["url"] == got["url_of_sdk"]
    assert got["delivered"] == {"status": 200, "type": "image/png", "bytes": file["bytes"]}
    assert (got["scaled"]["status"], got["scaled"]["type"]) == (200, "image/jpeg")

    assert re.fullmatch("[a-z0-9]{20}", got["random_id"]["public_id"])
    assert got["random_id"]["tags"] == []
    # The package sends names in Latin-1.
    assert re.fullmatch("Grüße _ co _1___[a-z0-9]{6}", got["file_name"]["public_id"])
    assert got["file_name"]["original_filename"] == "Grüße & co #1+?"
    assert (got["latin_name"]["public_id"], got["latin_name"]["display_name"]) == ("é ü", "é ü")
    assert got["stream"]["public_id"] == "in/streamed"
    assert got["stream"]["original_filename"] == "file"
    assert got["data_uri"]["etag"] == hashlib.md5(picture("blue")).hexdigest()
    assert got["remote"]["public_id"] == "remote picture"
    assert (got["raw"]["resource_type"], got["raw"]["public_id"]) == ("raw", "script, more.cjs")
    assert "format" not in got["raw"]
    assert got["auto"]["resource_type"] == "raw"
    assert [each["transformation"] for each in got["eager"]["eager"]] == [
        "c_fill,h_8,w_8", "c_scale,w_4",
    ]  # fmt: skip
    assert [each["width"] for each in got["eager"]["eager"]] == [8, 4]
    same = got["eager"]["asset_id"]
    assert (got["existing"]["asset_id"], got["existing"]["existing"]) == (same, True)
    assert got["existing"]["etag"] == got["eager"]["etag"]
    assert (got["overwritten"]["asset_id"], got["overwritten"]["overwritten"]) == (same, True)
    assert got["overwritten"]["etag"] == got["data_uri"]["etag"]

    assert re.fullmatch("unsigned/[a-z0-9]{20}", got["unsigned"]["public_id"])
    assert got["unsigned"]["tags"] == ["mine", "p"]
    assert got["unsigned"]["info"] == INDEXED
    code, message = error(got["unsigned_forbidden"])
    assert code == 400
    assert message.startswith("Eager parameter is not allowed when using unsigned upload. Only ")
    assert got["unsigned_stream"]["tags"] == ["p"]


def test_large_files_in_chunks(run: Run, working: RunningServer, tmp_path: Path) -> None:
    content = b"0123456789abcdef" * 750_000  # 12 MB: three chunks
    (tmp_path / "large.bin").write_bytes(content)
    photo = picture("red", size=(1400, 1400), format="BMP")
    (tmp_path / "photo.bmp").write_bytes(photo)
    account = working.account()
    got = run(
        account,
        "large",
        large=str(tmp_path / "large.bin"),
        image=str(tmp_path / "photo.bmp"),
    )
    raw = got["raw"]
    assert (raw["public_id"], raw["resource_type"], raw["tags"]) == ("large.bin", "raw", ["t"])
    assert (raw["bytes"], raw["original_filename"]) == (len(content), "large")
    assert httpx.get(raw["url"]).content == content
    assert (got["image"]["width"], got["image"]["bytes"]) == (1400, len(photo))
    assert got["image"]["info"] == INDEXED
    assert (got["auto"]["resource_type"], got["auto"]["format"]) == ("image", "bmp")
    assert got["stream"]["etag"] == raw["etag"]
    assert (got["small"]["public_id"], got["small"]["original_filename"]) == ("small.cjs", "other")
    assert error(got["too_small_chunks"]) == (
        400, "All parts except EOF-chunk must be larger than 5mb",
    )  # fmt: skip


def test_actions(run: Run, server: Account) -> None:
    got = run(server, "actions")
    explicit = got["explicit"]
    assert explicit["tags"] == ["x", "z"]
    assert explicit["context"] == {"custom": {"k": "v=w|x"}}
    assert explicit["asset_folder"] == "shelf"
    assert explicit["info"] == INDEXED
    assert [each["transformation"] for each in explicit["eager"]] == ["c_scale,w_8"]

    assert got["add_tag"]["public_ids"] == ["a/first", "second"]
    assert got["added"]["tags"] == ["x", "y", "z"]
    assert got["remove_tag"]["public_ids"] == ["a/first"]
    assert got["removed"]["tags"] == ["y", "z"]
    assert got["replaced"]["tags"] == ["only & one"]
    assert "tags" not in got["without_tags"]

    assert got["add_context"]["public_ids"] == ["a/first", "second"]
    assert got["with_context"]["context"] == {"custom": {"k": "v=w|x", "k2": "a=b|c&d"}}
    assert "context" not in got["without_context"]
    assert got["update_metadata"]["public_ids"] == ["a/first"]
    assert got["with_metadata"]["metadata"] == {"kind": 'a=b|c "d"', "colours": ["r", "b"]}
    assert error(got["wrong_metadata"])[0] == 400

    code, message = error(got["rename_onto_another"])
    assert (code, "already exists" in message) == (400, True)
    for step in ("rename", "rename_overwriting", "rename_to_private"):
        assert got[step]["asset_id"] == got["same_asset"]
    assert got["rename"]["public_id"] == "b/new name"
    assert got["rename"]["version"] > explicit["version"]
    assert error(got["old_name"]) == (404, "Resource not found - a/first")
    assert got["rename_overwriting"]["public_id"] == "second"
    assert got["rename_to_private"]["type"] == "private"
    assert got["destroy_of_wrong_type"] == {"result": "not found"}
    assert got["destroy"] == {"result": "ok"}
    assert got["destroy_again"] == {"result": "not found"}


def test_restricted_delivery(run: Run, server: Account) -> None:
    got = run(server, "restricted")
    whole = {"status": 200, "type": "image/png", "bytes": len(picture("red"))}
    for type in ("private", "authenticated"):
        assert got[type]["type"] == type
        assert got[f"{type}_answered"] == whole  # the API signs the URLs in its answers
        assert got[f"{type}_signed"] == got[f"{type}_long"] == whole
        assert got[f"{type}_scaled"]["status"] == 200
        for refused in ("unsigned", "altered", "forged"):
            assert got[f"{type}_{refused}"]["status"] in (401, 404), refused
        assert got[f"{type}_details"]["public_id"] == "f/ü b"
        assert got[f"{type}_listed"] == whole
        assert got[f"{type}_derived"] == got[f"{type}_scaled"]


def test_backups_and_what_pixels_say(run: Run, server: Account) -> None:
    got = run(server, "backups")
    for answer, colour in ((got["upload"], "red"), (got["examined"], "blue")):
        assert answer["predominant"]["google"] == [[colour, 100]]
        assert answer["media_metadata"] == {}
    assert (got["deleted"]["placeholder"], got["deleted"]["bytes"]) == (True, 0)
    assert got["upload"]["quality_analysis"] == {"focus": 0}  # which details are not asked for
    oldest, _ = got["deleted"]["versions"]
    assert oldest["version_id"] == got["first"]
    asset_id = got["upload"]["asset_id"]
    assert got["restored"]["f/ü"]["etag"] == got["upload"]["etag"]
    assert got["restored"]["f/ü"]["info"] == INDEXED
    assert got["by_id"][asset_id]["public_id"] == "f/ü"
    assert got["kept"] == {"status": 200, "type": "image/png", "bytes": len(picture("blue"))}
    assert got["deleted_for_good"]["asset_id"] == asset_id
    assert got["gone"]["status"] == 404
    assert got["private"] == {"status": 200, "type": "image/png", "bytes": len(picture("red"))}


def test_webhooks(run: Run, working: RunningServer) -> None:
    got = run(working.account(), "webhooks")
    for step, type in (("upload", "upload"), ("rename", "rename"), ("destroy", "delete")):
        assert got[f"{step}_notice"]["notification_type"] == type
        assert got[f"{step}_verified"] is True
        assert got[f"{step}_altered"] is False
    assert got["upload_notice"]["asset_id"] == got["upload"]["asset_id"]
    assert got["rename_notice"]["to_public_id"] == "tolder"
