"""The official Node package: resources, search, folders and structured metadata."""

from typing import Any

from tests.library import ids
from tests.node.conftest import Run
from tests.node.test_node import error
from tests.server import Account


def test_resources(run: Run, server: Account) -> None:
    got = run(server, "resources")
    assert ids(got["all"]) == ["hidden", "y_3", "x/two", "x/one"]
    assert ids(got["of_type"]) == ["x/one", "x/two", "y_3"]
    assert ids(got["raw"]) == ["text.png"]
    assert not {"tags", "context", "metadata"} & got["all"]["resources"][-1].keys()
    assert ids(got["page"]) == ["y_3", "x/two"]
    assert ids(got["next_page"]) == ["x/one"]
    assert "next_cursor" not in got["next_page"]
    one, two = got["prefix"]["resources"]
    assert (one["public_id"], one["tags"]) == ("x/one", ["a/b & c", "warm"])
    assert one["context"] == {"custom": {"at": "sea", "by": "Ann"}}
    assert (two["public_id"], two["tags"]) == ("x/two", ["cold"])
    for listed in got["fields"]["resources"]:
        assert listed.keys() == {"asset_id", "public_id", "tags", "bytes"}
    assert ids(got["since"]) == []
    assert ids(got["by_tag"]) == ["x/one"]
    assert ids(got["by_context"]) == ["y_3", "x/one"]
    assert ids(got["by_context_value"]) == ["y_3"]
    assert got["by_context_value"]["resources"][0]["context"] == {"custom": {"by": "Bob"}}
    assert ids(got["by_folder"]) == ["x/one"]
    assert sorted(ids(got["by_asset_ids"])) == ["x/one", "y_3"]
    assert ids(got["by_asset_id"]) == ["x/two"]
    assert sorted(ids(got["by_ids"])) == ["x/one", "y_3"]
    assert got["tags"]["tags"] == ["a/b & c", "cold", "warm"]
    assert got["tags_with_prefix"]["tags"] == ["warm"]
    assert got["raw_tags"]["tags"] == ["warm"]


def test_details_updates_and_deletions(run: Run, server: Account) -> None:
    got = run(server, "resources")
    details = got["details"]
    assert details["asset_folder"] == "Sea/Süd & Co"
    assert [each["width"] for each in details["derived"]] == [8, 4]
    assert {"etag", "last_updated", "phash", "pages"} <= details.keys()
    assert (got["details_by_id"]["public_id"], got["details_by_id"]["derived"]) == ("x/two", [])
    assert got["raw_details"]["resource_type"] == "raw"
    assert "format" not in got["raw_details"]

    update = got["update"]
    assert (update["tags"], update["context"]) == (["blue", "cold"], {"custom": {"k": "v=1|2"}})
    assert (update["asset_folder"], update["display_name"]) == ("Lake", "Two!")
    indexed = {"visual_search": {"status": "indexed"}}
    assert update["info"] == got["update_of_index"]["info"] == indexed
    code, message = error(got["bad_update"])
    assert (code, "Illegal value" in message) == (400, True)
    assert ids(got["found"]) == ["x/two", "x/one"]
    assert ids(got["not_found"]) == ["x/one"]

    assert deleted(got["delete_derived_of_one"]) == ({"x/one": "deleted"}, [(0, 1)])
    assert [each["width"] for each in got["one_derived"]["derived"]] == [4]
    assert deleted(got["delete_derived"]) == ({"x/one": "deleted"}, [(0, 1)])
    assert got["without_derived"]["derived"] == []
    assert deleted(got["delete"]) == ({"x/one": "deleted", "missing": "not_found"}, [(1, 0)])
    asset_id = got["details_by_id"]["asset_id"]
    assert deleted(got["delete_by_asset_id"]) == ({asset_id: "deleted"}, [(1, 0)])
    assert deleted(got["delete_by_prefix"]) == ({"y_3": "deleted"}, [(1, 0)])
    assert deleted(got["delete_by_tag"]) == ({"text.png": "deleted"}, [(1, 0)])
    assert deleted(got["delete_all"]) == ({"hidden": "deleted"}, [(1, 0)])
    assert got["nothing_left"]["resources"] == []


def deleted(answer: dict[str, Any]) -> tuple[dict[str, str], list[tuple[int, int]]]:
    """What became of whom, and how many originals and renditions went."""
    assert answer["partial"] is False
    assert "next_cursor" not in answer
    counts = answer["deleted_counts"].values()
    return answer["deleted"], [(each["original"], each["derived"]) for each in counts]


def test_search(run: Run, server: Account) -> None:
    got = run(server, "search")
    red, blue, wood, notes = "sea/red one", "sea/blue", "wood", "notes.cjs"
    assert ids(got["everything"]) == [notes, wood, blue, red]
    assert got["everything"]["total_count"] == 4
    assert isinstance(got["everything"]["time"], int)
    assert "next_cursor" not in got["everything"]
    assert ids(got["tag"]) == [blue, wood]
    assert ids(got["tag_with_a_space"]) == ids(got["id"]) == ids(got["context"]) == [red]
    assert ids(got["folder"]) == [blue, red]
    assert ids(got["exact_folder"]) == ids(got["name"]) == [blue]
    assert ids(got["words"]) == [red]
    assert ids(got["metadata"]) == [wood]
    assert ids(got["size"]) == [blue, red, wood]
    assert ids(got["page"]) == [wood, red]
    assert got["page"]["total_count"] == got["last_page"]["total_count"] == 3
    assert ids(got["last_page"]) == [blue]
    assert "next_cursor" not in got["last_page"]

    [with_fields] = got["with_fields"]["resources"]
    assert with_fields["tags"] == ["a b", "warm"]
    assert (with_fields["context"], with_fields["metadata"]) == ({"by": "Ann"}, {"size": 3})
    [only] = got["only_fields"]["resources"]
    assert only.keys() == {
        "public_id", "asset_id", "asset_folder", "created_at", "status", "type", "resource_type",
        "bytes", "tags",
    }  # fmt: skip
    counts = got["aggregates"]["aggregations"]
    assert counts["format"]["png"] == 3
    assert counts["resource_type"] == {"image": 3, "raw": 1}
    assert got["ranges"]["aggregations"] == {"bytes": {"tiny": 0, "more": 3}}

    for step in ("syntax_error", "leading_wildcard"):
        code, message = error(got[step])
        assert (code, message.startswith("Query Error (at position ")) == (400, True)
    assert error(got["forged_cursor"]) == (400, "Invalid value for parameter next_cursor")

    assert paths(got["folders"]) == ["sea", "sea/deep"]
    assert got["folders"]["total_count"] == 2
    assert paths(got["folder_by_path"]) == ["sea/deep"]
    assert paths(got["folders_by_name"]) == ["wood"]
    assert paths(got["folder_page"]) == ["sea"]
    assert paths(got["next_folder"]) == ["sea/deep"]


def paths(answer: dict[str, Any]) -> list[str]:
    return [folder["path"] for folder in answer["folders"]]


def test_folders(run: Run, server: Account) -> None:
    got = run(server, "folders")
    deep = "d & e's ü+#?%"
    assert (got["none"]["folders"], got["none"]["total_count"]) == ([], 0)
    assert got["none"]["next_cursor"] is None
    created = got["create"]
    assert (created["success"], created["path"], created["name"]) == (True, f"a/b c/{deep}", deep)
    assert got["create_again"]["success"] is True
    assert paths(got["roots"]) == ["a", "z"]
    assert (paths(got["page"]), got["page"]["total_count"]) == (["a"], 2)
    assert (paths(got["next_page"]), got["next_page"]["next_cursor"]) == (["z"], None)
    assert paths(got["children"]) == [f"a/b c/{deep}"]
    assert got["rename"]["from"] == {"name": "b c", "path": "a/b c"}
    assert got["rename"]["to"] == {"name": "moved", "path": "y/moved"}
    assert got["moved_asset"]["asset_folder"] == "y/moved"
    assert paths(got["moved_children"]) == [f"y/moved/{deep}"]
    assert error(got["rename_missing"]) == (404, "Cannot find source folder")
    for step in ("list_missing", "delete_missing"):
        assert error(got[step]) == (404, "Can't find folder with path missing")
    assert error(got["delete_full"])[0] == 400
    assert got["delete"]["deleted"] == ["a"]
    assert paths(got["left"]) == ["y", "z"]


def test_metadata_fields(run: Run, server: Account) -> None:
    got = run(server, "fields")
    rank = got["integer"]
    assert (rank["external_id"], rank["type"], rank["label"]) == ("rank", "integer", "Rank")
    assert (rank["default_value"], rank["mandatory"]) == (5, True)
    assert rank["validation"] == {"type": "greater_than", "equals": True, "value": 1}
    assert values(got["set"]["datasource"]) == ["sad", "glad"]
    assert error(got["bad_type"])[0] == 400
    code, message = error(got["twice"])
    assert (code, "already exists" in message) == (400, True)
    assert [each["external_id"] for each in got["list"]["metadata_fields"]] == [
        "rank", "moods", "a",
    ]  # fmt: skip
    assert got["read"]["validation"] == rank["validation"]
    assert (got["update"]["label"], got["update"]["default_value"]) == ("Notes", "n")
    assert values(got["datasource"]) == ["sad", "happy", "calm"]
    assert values(got["delete_entries"]) == ["happy", "calm"]
    assert values(got["restore_entries"]) == ["sad", "happy", "calm"]
    assert values(got["order_entries"]) == ["calm", "happy", "sad"]
    labels = [each["label"] for each in got["reordered"]["metadata_fields"]]
    assert labels == ["Rank", "Notes", "Moods"]

    assert got["upload"]["metadata"] == {"rank": 7, "moods": ["m1", "m3"], "a": "b=c|d"}
    assert got["defaults"]["metadata"] == {"rank": 5, "a": "n"}
    assert error(got["out_of_range"])[0] == 400
    listed = {each["public_id"]: each["metadata"] for each in got["listed"]["resources"]}
    assert listed == {"x": got["upload"]["metadata"], "y": got["defaults"]["metadata"]}
    assert got["changed"]["metadata"] == got["upload"]["metadata"] | {"rank": 8}
    assert got["delete"]["message"] == "ok"
    assert error(got["deleted"])[0] == 404


def values(datasource: dict[str, Any]) -> list[str]:
    return [entry["value"] for entry in datasource["values"]]
