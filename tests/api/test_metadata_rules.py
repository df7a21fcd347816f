"""Conditional metadata with the official client: rules are enforced wherever metadata is set."""

import threading
from typing import Any

import cloudinary
import cloudinary.api
import cloudinary.uploader
import pytest
from cloudinary.exceptions import BadRequest, NotFound

from app.db.metadata_rules import MOST_RULES
from tests.fake_encoder import picture
from tests.server import Account

RED = picture("red")
IS_FR = {"metadata_field_id": "country", "equals": "fr"}


def add_field(external_id: str, kind: str = "string", *values: str, **options: Any) -> None:
    source = [{"external_id": value, "value": value.upper()} for value in values]
    cloudinary.api.add_metadata_field({
        "external_id": external_id, "label": external_id, "type": kind, **options,
        **({"datasource": {"values": source}} if values else {}),
    })  # fmt: skip


def add_rule(field: str, **result: Any) -> Any:
    return cloudinary.api.add_metadata_rule(
        {"metadata_field_id": field, "name": "r", "condition": IS_FR, "result": result}
    )


def metadata(public_id: str) -> dict[str, Any]:
    return cloudinary.api.resource(public_id).get("metadata", {})


@pytest.fixture
def fields(sdk: Account) -> Account:
    add_field("country", "enum", "fr", "us")
    add_field("city", "enum", "paris", "lyon", "nyc")
    add_field("note")
    return sdk


def test_create_list_update_delete(fields: Account) -> None:
    asked = {
        "external_id": "mine", "metadata_field_id": "city", "name": "French cities",
        "condition": {"or": [IS_FR, {"metadata_field_id": "note", "populated": True}]},
        "result": {
            "enable": True,
            "activate_values": {"external_ids": ["paris", "lyon"], "mode": "override"},
        },
    }  # fmt: skip
    created = cloudinary.api.add_metadata_rule(asked)
    assert {name: created[name] for name in asked} == asked
    assert (created["state"], created["position"]) == ("active", 0)
    assert len(created["condition_signature"]) == 32
    assert cloudinary.api.list_metadata_rules()["metadata_rules"] == [created]
    updated = cloudinary.api.update_metadata_rule("mine", {"name": "N", "state": "inactive"})
    assert updated == {**created, "name": "N", "state": "inactive"}
    with pytest.raises(BadRequest, match="external id mine already exists"):
        cloudinary.api.add_metadata_rule(asked)
    with pytest.raises(BadRequest, match="A field needs one of"):
        cloudinary.api.update_metadata_rule(
            "mine", {"condition": {"metadata_field_id": "country", "like": "f"}}
        )
    assert cloudinary.api.list_metadata_rules()["metadata_rules"] == [updated]
    assert cloudinary.api.delete_metadata_rule("mine")["success"] is True
    for change in (
        lambda: cloudinary.api.update_metadata_rule("mine", {"name": "x"}),
        lambda: cloudinary.api.delete_metadata_rule("mine"),
    ):
        with pytest.raises(NotFound, match="Can't find metadata rule with external id mine"):
            change()


def test_an_upload_keeps_to_them(fields: Account) -> None:
    add_rule("city", activate_values={"external_ids": ["paris"]})
    add_rule("note", apply_value={"value": "bonjour"})
    answer = cloudinary.uploader.upload(RED, public_id="a", metadata={"country": "fr"})
    assert answer["metadata"] == {"country": "fr", "note": "bonjour"}
    with pytest.raises(BadRequest, match="'nyc' is not valid for field 'city'"):
        cloudinary.uploader.upload(RED, public_id="b", metadata={"country": "fr", "city": "nyc"})
    with pytest.raises(NotFound):
        cloudinary.api.resource("b")
    cloudinary.uploader.upload(RED, public_id="c", metadata={"country": "us", "city": "nyc"})


def test_a_default_gives_way_to_a_rule(fields: Account) -> None:
    add_field("kind", default_value="usual")
    add_rule("kind", enable=True)
    cloudinary.uploader.upload(RED, public_id="a")
    assert metadata("a") == {}
    cloudinary.uploader.upload(RED, public_id="b", metadata={"country": "fr"})
    assert metadata("b") == {"country": "fr", "kind": "usual"}
    with pytest.raises(BadRequest, match="kind is disabled"):
        cloudinary.uploader.upload(RED, public_id="c", metadata={"kind": "mine"})


@pytest.mark.parametrize("way", ["update", "explicit", "metadata", "rename"])
def test_every_change_keeps_to_them(fields: Account, way: str) -> None:
    add_rule("city", activate_values={"external_ids": ["paris"]})
    add_rule("note", apply_value={"value": "bonjour"})
    cloudinary.uploader.upload(RED, public_id="a", metadata={"city": "nyc"})

    def change(values: dict[str, str]) -> None:
        if way == "update":
            cloudinary.api.update("a", metadata=values)
        elif way == "explicit":
            cloudinary.uploader.explicit("a", type="upload", metadata=values)
        elif way == "metadata":
            assert cloudinary.uploader.update_metadata(values, ["a"])["public_ids"] == ["a"]
        else:
            text = cloudinary.utils.encode_context(values)
            cloudinary.uploader.rename("a", "b", metadata=text)

    with pytest.raises(BadRequest, match="'nyc' is not valid for field 'city'"):
        change({"country": "fr"})
    assert metadata("a") == {"city": "nyc"}
    change({"country": "fr", "city": "paris"})
    name = "b" if way == "rename" else "a"
    assert metadata(name) == {"country": "fr", "city": "paris", "note": "bonjour"}


def test_many_at_once_are_all_changed_or_none(fields: Account) -> None:
    add_rule("city", activate_values={"external_ids": ["paris"]})
    add_rule("note", apply_value={"value": "bonjour"})
    for name, city in (("a", "paris"), ("b", "nyc"), ("c", "lyon")):
        cloudinary.uploader.upload(RED, public_id=name, metadata={"city": city})
    with pytest.raises(BadRequest, match="not valid for field 'city'"):
        cloudinary.uploader.update_metadata({"country": "fr"}, ["a", "b", "c"])
    assert metadata("a") == {"city": "paris"}
    answer = cloudinary.uploader.update_metadata(
        {"country": "fr"}, ["c", "missing", "a", "b"], clear_invalid=True
    )
    assert answer["public_ids"] == ["c", "a", "b"]
    assert metadata("a") == {"city": "paris", "country": "fr", "note": "bonjour"}
    assert metadata("b") == metadata("c") == {"country": "fr", "note": "bonjour"}


def test_clear_invalid_in_an_update(fields: Account) -> None:
    add_rule("city", enable=False)
    cloudinary.uploader.upload(RED, public_id="a", metadata={"city": "nyc"})
    cloudinary.api.update("a", metadata={"country": "fr"}, clear_invalid=True)
    assert metadata("a") == {"country": "fr"}


def test_an_inactive_rule_does_nothing(fields: Account) -> None:
    made = add_rule("note", set_mandatory=True)
    with pytest.raises(BadRequest, match="note is mandatory by a metadata rule"):
        cloudinary.uploader.upload(RED, metadata={"country": "fr"})
    cloudinary.api.update_metadata_rule(made["external_id"], {"state": "inactive"})
    cloudinary.uploader.upload(RED, metadata={"country": "fr"})


def test_a_field_with_rules_is_not_deleted(fields: Account) -> None:
    made = add_rule("note", enable=True)
    for field in ("note", "country"):
        with pytest.raises(BadRequest, match=f"is used by metadata rule {made['external_id']}"):
            cloudinary.api.delete_metadata_field(field)
    cloudinary.api.delete_metadata_rule(made["external_id"])
    cloudinary.api.delete_metadata_field("note")


def test_there_are_only_so_many(fields: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.db.metadata_rules.MOST_RULES", 2)
    assert MOST_RULES > 2
    add_rule("note", enable=True)
    add_rule("note", enable=True)
    with pytest.raises(BadRequest, match="There are 2 metadata rules, which is the maximum"):
        add_rule("note", enable=True)


def test_environments_do_not_see_each_other(fields: Account) -> None:
    made = add_rule("note", set_mandatory=True)
    other = fields.running.account()
    theirs = {"cloud_name": other.cloud, "api_key": other.key, "api_secret": other.secret}
    assert cloudinary.api.list_metadata_rules(**theirs)["metadata_rules"] == []
    with pytest.raises(NotFound):
        cloudinary.api.delete_metadata_rule(made["external_id"], **theirs)
    with pytest.raises(NotFound):
        cloudinary.api.update_metadata_rule(made["external_id"], {"name": "x"}, **theirs)
    assert cloudinary.api.list_metadata_rules()["metadata_rules"][0]["name"] == "r"


def test_changes_at_once_do_not_get_round_a_rule(fields: Account) -> None:
    """Country and city are set by two requests; the second one sees what the first one did."""
    add_rule("city", activate_values={"external_ids": ["paris"]})
    cloudinary.uploader.upload(RED, public_id="a")
    refused: list[dict[str, str]] = []

    def change(values: dict[str, str]) -> None:
        try:
            cloudinary.uploader.update_metadata(values, ["a"])
        except BadRequest:
            refused.append(values)

    for number in range(10):
        cloudinary.uploader.update_metadata({"country": "us", "city": ""}, ["a"])
        threads = [
            threading.Thread(target=change, args=(values,))
            for values in ({"country": "fr"}, {"city": "nyc"})
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == number + 1
        assert metadata("a") in ({"country": "fr"}, {"country": "us", "city": "nyc"})
