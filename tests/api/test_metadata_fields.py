"""Structured metadata fields, with the official Python package and raw requests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cloudinary import api
from cloudinary.exceptions import BadRequest, NotFound

from tests.server import Account

COLOURS = [
    {"external_id": "red", "value": "Rot"},
    {"external_id": "blue", "value": "Blau"},
    {"value": "Grün"},
]


def add(type: str = "string", **options: Any) -> Any:
    """A field labelled like its type."""
    return api.add_metadata_field({"type": type, "label": type, **options})


def values(answer: Any) -> list[str]:
    """What people read of a datasource."""
    return [entry["value"] for entry in answer["values"]]


@pytest.mark.parametrize(
    ("type", "default", "stored"),
    [
        ("string", "x|y=z", "x|y=z"),
        ("integer", 12, 12),
        ("integer", "-5", -5),
        ("date", "2024-02-29", "2024-02-29"),
    ],
)
def test_create_and_read(sdk: Account, type: str, default: Any, stored: Any) -> None:
    created = add(type, external_id="id_1", mandatory=True, default_value=default)
    assert created == api.metadata_field_by_field_id("id_1")
    assert created["external_id"] == "id_1"
    assert created["default_value"] == stored
    assert (created["type"], created["label"], created["mandatory"]) == (type, type, True)
    assert created["validation"] is None
    assert "datasource" not in created
    assert api.list_metadata_fields() == {"metadata_fields": [created]}


@pytest.mark.parametrize(("type", "default"), [("enum", "red"), ("set", ["blue", "red"])])
def test_lists_have_a_datasource(sdk: Account, type: str, default: Any) -> None:
    created = add(type, datasource={"values": COLOURS}, default_value=default)
    entries = created["datasource"]["values"]
    assert [entry["value"] for entry in entries] == ["Rot", "Blau", "Grün"]
    assert [entry["external_id"] for entry in entries][:2] == ["red", "blue"]
    assert all(entry["state"] == "active" and entry["external_id"] for entry in entries)
    assert created["default_value"] == default
    assert len(created["external_id"]) == 20


def test_update_keeps_id_and_type(sdk: Account) -> None:
    add(external_id="a")
    updated = api.update_metadata_field(
        "a",
        {
            "external_id": "b",
            "type": "integer",
            "label": "new",
            "mandatory": True,
            "default_value": "d",
            "restrictions": {"readonly_ui": True},
        },
    )
    assert (updated["external_id"], updated["type"], updated["label"]) == ("a", "string", "new")
    assert (updated["mandatory"], updated["default_value"]) == (True, "d")
    assert updated["restrictions"] == {"readonly_ui": True}
    with pytest.raises(BadRequest, match="default_value is required"):
        api.update_metadata_field("a", {"default_value": None})
    assert api.metadata_field_by_field_id("a") == updated


def test_a_deleted_field_does_not_release_its_id(sdk: Account) -> None:
    add(external_id="gone")
    assert api.delete_metadata_field("gone") == {"message": "ok"}
    for call in (api.metadata_field_by_field_id, api.delete_metadata_field):
        with pytest.raises(NotFound, match="gone"):
            call("gone")
    with pytest.raises(BadRequest, match="external id gone already exists"):
        add(external_id="gone")
    assert api.list_metadata_fields()["metadata_fields"] == []


def test_validation_of_dates(sdk: Account) -> None:
    today = datetime.now(UTC).date()
    rules = {
        "type": "and",
        "rules": [
            {"type": "greater_than", "value": (today - timedelta(3)).isoformat()},
            {"type": "less_than", "value": today.isoformat()},
        ],
    }
    yesterday = (today - timedelta(1)).isoformat()
    created = add("date", validation=rules, default_value=yesterday, external_id="d")
    assert created["validation"]["rules"][1] == {**rules["rules"][1], "equals": False}
    with pytest.raises(BadRequest, match="less than"):
        add("date", validation=rules, default_value=today.isoformat())
    with pytest.raises(BadRequest, match="greater than"):
        api.update_metadata_field("d", {"default_value": "1999-01-01"})
    assert api.metadata_field_by_field_id("d") == created


def test_validation_of_integers_and_texts(sdk: Account) -> None:
    rule = {"type": "less_than", "value": 10, "equals": True}
    assert add("integer", validation=rule, default_value=10)["validation"] == rule
    with pytest.raises(BadRequest, match="less than or equal to 10"):
        add("integer", validation=rule, default_value=11)
    length = {"type": "strlen", "min": 2, "max": 3}
    assert add(validation=length, default_value="äöü")["validation"] == length
    with pytest.raises(BadRequest, match="shortest length is 2"):
        add(validation=length, default_value="x")


def test_changing_a_datasource(sdk: Account) -> None:
    add("set", external_id="s", datasource={"values": COLOURS}, default_value=["red"])
    changed = api.update_metadata_field_datasource(
        "s", [{"external_id": "red", "value": "Zinnober"}, {"external_id": "new", "value": "Neu"}]
    )
    assert values(changed) == ["Zinnober", "Blau", "Grün", "Neu"]
    left = api.delete_datasource_entries("s", ["blue", "new"])
    assert values(left) == ["Zinnober", "Grün"]
    assert api.metadata_field_by_field_id("s")["datasource"] == left
    assert values(api.restore_metadata_field_datasource("s", ["blue"])) == [
        "Zinnober",
        "Blau",
        "Grün",
    ]
    assert values(api.reorder_metadata_field_datasource("s", "value")) == [
        "Blau",
        "Grün",
        "Zinnober",
    ]
    ordered = api.reorder_metadata_field_datasource("s", "value", "desc")
    assert values(ordered) == ["Zinnober", "Grün", "Blau"]
    # A restored entry keeps its place; a deleted one that is sent again is active again.
    again = api.update_metadata_field_datasource("s", [{"external_id": "new", "value": "Alt"}])
    assert "Alt" in values(again)


def test_what_a_datasource_refuses(sdk: Account) -> None:
    add("set", external_id="s", datasource={"values": COLOURS}, default_value=["red"])
    add(external_id="text")
    before = api.list_metadata_fields()
    refused = [
        (lambda: api.delete_datasource_entries("s", ["red"]), "default_value"),
        (lambda: api.delete_datasource_entries("s", ["blue", "unknown"]), "Not all external_ids"),
        (lambda: api.delete_datasource_entries("s", []), "Missing required parameter"),
        (lambda: api.restore_metadata_field_datasource("s", ["blue"]), "Not all external_ids"),
        (lambda: api.update_metadata_field_datasource("text", COLOURS), "no datasource"),
        (lambda: api.update_metadata_field_datasource("s", []), "values"),
        (lambda: api.update_metadata_field_datasource("s", [COLOURS[0]] * 2), "same external_id"),
        (lambda: api.reorder_metadata_field_datasource("s", "label"), "order_by"),
        (lambda: api.reorder_metadata_field_datasource("s", "value", "up"), "direction"),
    ]
    for call, message in refused:
        with pytest.raises(BadRequest, match=message):
            call()
    with pytest.raises(NotFound):
        api.update_metadata_field_datasource("missing", COLOURS)
    assert api.list_metadata_fields() == before


def test_ordering_fields(sdk: Account) -> None:
    for name, label in (("b", "Zebra"), ("a", "apple"), ("c", "Mango")):
        add(external_id=name, label=label)

    def order(*args: str) -> list[str]:
        fields = api.reorder_metadata_fields(*args)["metadata_fields"]
        assert api.list_metadata_fields()["metadata_fields"] == fields
        return [field["external_id"] for field in fields]

    assert order("label") == ["a", "c", "b"]
    assert order("label", "desc") == ["b", "c", "a"]
    assert order("external_id") == ["a", "b", "c"]
    assert order("created_at", "desc") == ["c", "a", "b"]
    with pytest.raises(BadRequest, match="order_by"):
        api.reorder_metadata_fields("position")


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({}, "Missing required parameter - type"),
        ({"type": "colour", "label": "x"}, "Invalid value for parameter type"),
        ({"type": ["string"], "label": "x"}, "Invalid value for parameter type"),
        ({"type": "string"}, "Missing required parameter - label"),
        ({"type": "string", "label": "x" * 256}, "greatest length is 255"),
        ({"type": "string", "label": {"a": 1}}, "Invalid value for parameter label"),
        ({"type": "string", "label": "x", "external_id": "a/b"}, "external_id"),
        ({"type": "string", "label": "x", "external_id": "order"}, "external_id"),
        ({"type": "string", "label": "x", "mandatory": True}, "default_value is required"),
        ({"type": "string", "label": "x", "mandatory": "perhaps"}, "mandatory"),
        ({"type": "string", "label": "x", "default_value": {"a": 1}}, "has to be a text"),
        ({"type": "string", "label": "x", "datasource": {"values": COLOURS}}, "datasource"),
        ({"type": "string", "label": "x", "restrictions": [1]}, "restrictions"),
        ({"type": "integer", "label": "x", "default_value": 1.5}, "whole number"),
        ({"type": "integer", "label": "x", "default_value": True}, "whole number"),
        ({"type": "date", "label": "x", "default_value": "2024-02-30"}, "YYYY-MM-DD"),
        ({"type": "date", "label": "x", "default_value": "20240230"}, "YYYY-MM-DD"),
        ({"type": "enum", "label": "x"}, "Missing required parameter - datasource"),
        ({"type": "enum", "label": "x", "datasource": {"values": []}}, "1 to 3000"),
        ({"type": "enum", "label": "x", "datasource": {"values": ["a"]}}, "list of objects"),
        ({"type": "enum", "label": "x", "datasource": "{"}, "not valid JSON"),
        (
            {
                "type": "enum",
                "label": "x",
                "datasource": {"values": COLOURS},
                "default_value": "pink",
            },
            "entry of the datasource",
        ),
        ({"type": "set", "label": "x", "datasource": {"values": [{"value": ""}]}}, "value"),
        ({"type": "string", "label": "x", "validation": {"type": "less_than"}}, "validation"),
        ({"type": "string", "label": "x", "validation": {"type": "strlen"}}, "strlen"),
        (
            {"type": "string", "label": "x", "validation": {"type": "strlen", "min": 3, "max": 2}},
            "strlen",
        ),
        ({"type": "integer", "label": "x", "validation": {"type": "and", "rules": []}}, "rules"),
        ({"type": "integer", "label": "x", "validation": {"type": "less_than"}}, "missing"),
        (
            {"type": "integer", "label": "x", "validation": {"type": "less_than", "value": "x"}},
            "whole number",
        ),
        ({"type": "string", "label": "a\0b"}, "NUL"),
    ],
)
def test_definitions_that_are_refused(client: httpx.Client, field: Any, message: str) -> None:
    answer = client.post("metadata_fields", json=field)
    assert answer.status_code == 400, answer.text
    assert message in answer.json()["error"]["message"]
    assert client.get("metadata_fields").json() == {"metadata_fields": []}


def test_forms_work_too(client: httpx.Client) -> None:
    created = client.post(
        "metadata_fields",
        data={
            "type": "enum",
            "label": "Farbe",
            "external_id": "farbe",
            "mandatory": "true",
            "default_value": "red",
            "datasource": '{"values":[{"external_id":"red","value":"Rot"}]}',
        },
    ).json()
    assert (created["mandatory"], created["default_value"]) == (True, "red")
    more = {"values": '[{"external_id":"b","value":"Blau"},{"external_id":"h","value":"Hellblau"}]'}
    client.put("metadata_fields/farbe/datasource", data=more)
    found = client.get("metadata_fields/farbe/datasource/search", params={"term": "BLAU"}).json()
    assert [entry["external_id"] for entry in found["values"]] == ["b", "h"]
    few = client.post(
        "metadata_fields/farbe/datasource/search", json={"term": "blau", "max_results": 1}
    ).json()
    assert len(few["values"]) == 1
    deleted = client.request(
        "DELETE", "metadata_fields/farbe/datasource", data={"external_ids[]": ["b", "h"]}
    ).json()
    assert deleted == client.get("metadata_fields/farbe/datasource").json()
    assert len(deleted["values"]) == 1


def test_environments_do_not_see_each_other(sdk: Account) -> None:
    add("set", external_id="s", datasource={"values": COLOURS})
    before = api.list_metadata_fields()
    other = sdk.running.account()
    attempts = [
        ("GET", "metadata_fields/s", None),
        ("PUT", "metadata_fields/s", {"label": "x"}),
        ("DELETE", "metadata_fields/s", None),
        ("GET", "metadata_fields/s/datasource", None),
        ("PUT", "metadata_fields/s/datasource", {"values": COLOURS}),
        ("DELETE", "metadata_fields/s/datasource", {"external_ids": ["red"]}),
        ("POST", "metadata_fields/s/datasource_restore", {"external_ids": ["red"]}),
        ("POST", "metadata_fields/s/datasource/order", {"order_by": "value"}),
        ("GET", "metadata_fields/s/datasource/search?term=a", None),
    ]
    for method, path, body in attempts:
        hidden = httpx.request(method, other.url(path), auth=other.auth, json=body)
        assert hidden.status_code == 404, (method, path, hidden.text)
        refused = httpx.request(method, sdk.url(path), auth=other.auth, json=body)
        assert refused.status_code == 401
    own = {"type": "string", "label": "own", "external_id": "s"}
    created = httpx.post(other.url("metadata_fields"), auth=other.auth, json=own)
    assert created.status_code == 200
    httpx.put(other.url("metadata_fields/order"), auth=other.auth, json={"order_by": "label"})
    assert httpx.delete(other.url("metadata_fields/s"), auth=other.auth).status_code == 200
    assert api.list_metadata_fields() == before
