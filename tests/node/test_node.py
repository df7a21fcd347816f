"""The official Node package: credentials and errors, visual search, presets."""

from datetime import UTC, datetime
from typing import Any

from tests.conftest import WebHost
from tests.fake_encoder import picture
from tests.library import ids
from tests.node.conftest import Run
from tests.server import Account, RunningServer


def error(answer: dict[str, Any]) -> tuple[int, str]:
    """What a program sees of an error."""
    return answer["error"]["http_code"], answer["error"]["message"]


def test_the_account(run: Run, server: Account, running: RunningServer) -> None:
    today = f"{datetime.now(UTC):%d-%m-%Y}"
    got = run(server, "account", day=today, other=running.account().cloud)
    assert got["ping"]["status"] == "ok"
    assert got["ping"]["rate_limit_allowed"] > got["ping"]["rate_limit_remaining"] > 0
    assert datetime.fromisoformat(got["ping"]["rate_limit_reset_at"]) > datetime.now(UTC)
    assert got["config"]["cloud_name"] == server.cloud
    assert "settings" not in got["config"]
    assert got["settings"]["settings"] == {"folder_mode": "dynamic"}
    assert {"plan", "objects", "bandwidth", "storage", "resources"} <= got["usage"].keys()
    assert "limit" not in got["usage_of_a_day"]["bandwidth"]
    assert got["resource_types"]["resource_types"] == ["image", "raw", "video"]

    assert error(got["wrong_secret"]) == (401, "api_secret mismatch")
    assert error(got["unknown_key"]) == (401, "unknown api_key")
    assert error(got["other_cloud"]) == (401, "cloud_name mismatch")
    assert error(got["bearer"])[0] == 401
    assert error(got["missing"]) == (404, "Resource not found - no/such thing")
    assert error(got["bad_value"])[0] == 400
    assert error(got["bad_cursor"]) == (400, "Invalid value for parameter next_cursor")
    assert error(got["no_such_method"])[0] == 404
    code, message = error(got["upload_with_wrong_secret"])
    assert code == 401
    assert message.startswith("Invalid Signature ")
    assert "String to sign - 'timestamp=" in message
    assert error(got["upload_with_unknown_key"]) == (401, "Unknown API key unknown")
    assert error(got["upload_to_unknown_cloud"]) == (401, "Invalid cloud_name nowhere")
    assert error(got["upload_of_no_image"]) == (400, "Invalid image file")
    assert error(got["upload_with_a_bad_id"])[0] == 400
    assert error(got["upload_of_a_format"])[0] == 400
    code, message = error(got["upload_long_ago"])
    assert (code, message.startswith("Stale request - reported time is 2001-09-09")) == (400, True)
    assert error(got["unsigned_without_preset"]) == (
        400, "Upload preset must be specified when using unsigned upload",
    )  # fmt: skip
    assert error(got["unsigned_with_unknown_preset"]) == (400, "Upload preset not found")
    assert error(got["explicit_of_a_missing_one"]) == (404, "Resource not found - nobody")
    assert got["nothing_was_stored"]["resources"] == []


def test_visual_search(run: Run, server: Account, web: WebHost) -> None:
    url = web.add("/node/green thing.png".replace(" ", "%20"), picture("green"))
    got = run(server, "visual_search", url=url)
    assert got["nothing_indexed"]["resources"] == []
    assert got["nothing_indexed"]["total_count"] == 0

    def best(step: str) -> str:
        return ids(got[step])[0]

    assert got["red"]["info"] == {"visual_search": {"status": "indexed"}}
    assert best("text") == "red one"
    assert sorted(ids(got["more_text"])[:2]) == ["blue one", "green one"]
    assert best("image_url") == best("remote_file") == best("local_file") == "green one"
    assert best("buffer") == "red one"
    assert best("image_asset_id") == best("data_uri") == "blue one"
    for step in ("text", "image_url", "image_asset_id", "local_file", "buffer", "data_uri"):
        assert got[step]["total_count"] == len(got[step]["resources"]) == 3
        assert "next_cursor" not in got[step]
        assert got[step]["rate_limit_remaining"] > 0
    assert {"asset_id", "secure_url", "tags", "asset_folder", "display_name", "version"} <= (
        got["text"]["resources"][0].keys()
    )

    code, message = error(got["no_query"])
    assert (code, "one of" in message) == (400, True)
    assert error(got["two_queries"])[0] == 400
    assert error(got["no_image"]) == (400, "Invalid image file")
    assert error(got["unknown_asset"]) == (404, f"Resource not found - {'0' * 32}")
    assert error(got["unreachable"]) == (404, f"Resource not found - {url}.missing")
    assert error(got["wrong_secret"]) == (401, "api_secret mismatch")


def test_presets(run: Run, server: Account) -> None:
    got = run(server, "presets")
    assert got["none"]["presets"] == []
    assert (got["create"]["message"], got["create"]["name"]) == ("created", "p a/b & ü")
    assert got["read"]["unsigned"] is True
    settings = {
        "tags": ["a", "b"],
        "allowed_formats": ["jpg", "png"],
        "context": {"k": "v=|x"},
        "similarity_search": "clip",
        "visual_search": True,
        "overwrite": False,
        "disallow_public_id": True,
        "folder": "f",
        "transformation": [{"width": 100, "crop": "scale"}],
    }
    assert got["read"]["settings"] == settings
    assert got["read"]["external_id"] == got["create"]["external_id"]
    unnamed = got["unnamed"]["name"]
    assert len(unnamed) == 8
    assert got["read_unnamed"]["settings"] == {"use_asset_folder_as_public_id_prefix": True}
    assert got["read_unnamed"]["unsigned"] is False
    assert [each["name"] for each in got["list"]["presets"]] == [unnamed, "p a/b & ü"]
    assert [each["name"] for each in got["page"]["presets"]] == [unnamed]
    assert [each["name"] for each in got["next_page"]["presets"]] == ["p a/b & ü"]
    assert "next_cursor" not in got["next_page"]
    assert got["update"]["message"] == "updated"
    assert got["updated"]["unsigned"] is False
    assert got["updated"]["settings"] == settings | {"tags": ["c"]}
    assert got["delete"]["message"] == "deleted"
    assert error(got["deleted"]) == (404, "Can't find upload preset with name p a/b & ü")
