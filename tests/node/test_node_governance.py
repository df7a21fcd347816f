"""The official Node package: moderation, related assets, metadata rules, access tokens."""

from tests.library import ids
from tests.node.conftest import Run
from tests.node.test_node import error
from tests.server import Account


def test_moderation_relations_rules_and_tokens(run: Run, server: Account) -> None:
    got = run(server, "governance", token=server.add_token()[1])
    assert got["upload"]["moderation"] == [{"kind": "manual", "status": "pending"}]
    assert ids(got["pending"]) == ["a"]
    assert got["pending"]["resources"][0]["moderation_status"] == "pending"
    assert got["approve"]["moderation_status"] == "approved"
    assert ids(got["approved"]) == ["a"]
    assert error(got["add_on"])[0] == 400

    assert [each["code"] for each in got["relate"]["success"]] == ["success_ids"]
    assert [each["code"] for each in got["relate"]["failed"]] == ["non_existing_ids"]
    assert got["relate_again"]["success"][0]["message"] == "resource already exists"
    assert [each["public_id"] for each in got["related"]["related_assets"]] == ["f/b"]
    assert [each["message"] for each in got["unrelate"]["success"]] == ["success"]

    assert error(got["refused"]) == (400, "Metadata field why is mandatory by a metadata rule")
    assert [each["name"] for each in got["rules"]["metadata_rules"]] == ["say why"]
    assert got["off"]["state"] == "inactive"
    assert got["allowed"]["metadata"] == {"note": "x"}
    assert got["delete_rule"]["success"] is True

    assert got["ping"]["status"] == "ok"
    assert got["by_token"]["public_id"] == "d"
    assert error(got["wrong_token"]) == (401, "unknown access token")
