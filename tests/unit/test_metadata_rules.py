"""What metadata rules make of values, and which rules are refused."""

from typing import Any

import pytest

from app.contract.metadata import Entry, Field
from app.contract.metadata_rule_definition import change_rule, new_rule, signature
from app.contract.metadata_rules import MetadataChange, Rules, holds
from app.errors import BadRequest


def entries(*names: str) -> list[Entry]:
    return [Entry(external_id=name, value=name.upper()) for name in names]


COUNTRY = Field(external_id="country", type="enum", label="c", datasource=entries("fr", "us"))
CITY = Field(external_id="city", type="enum", label="c", datasource=entries("paris", "lyon", "nyc"))
USES = Field(external_id="uses", type="set", label="u", datasource=entries("web", "tv", "print"))
NOTE = Field(external_id="note", type="string", label="n")
YEAR = Field(external_id="year", type="integer", label="y")
FIELDS = [COUNTRY, CITY, USES, NOTE, YEAR]
IS_FR = {"metadata_field_id": "country", "equals": "fr"}
IS_US = {"metadata_field_id": "country", "equals": "us"}


def rules(*params: dict[str, Any]) -> Rules:
    made = [
        new_rule(FIELDS, {"name": "r", "position": number, **each})
        for number, each in enumerate(params)
    ]
    return Rules(FIELDS, made)


def rule(field: str, condition: dict[str, Any], **result: Any) -> dict[str, Any]:
    return {"metadata_field_id": field, "condition": condition, "result": result}


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        (IS_FR, {"country": "fr"}, True),
        (IS_FR, {"country": "us"}, False),
        (IS_FR, {}, False),
        ({"metadata_field_id": "year", "equals": "2024"}, {"year": 2024}, True),
        ({"metadata_field_id": "uses", "equals": ["tv", "web"]}, {"uses": ["web", "tv"]}, True),
        ({"metadata_field_id": "uses", "equals": "web"}, {"uses": ["web", "tv"]}, False),
        ({"metadata_field_id": "uses", "equals": "web"}, {"uses": ["web"]}, True),
        ({"metadata_field_id": "uses", "includes": ["web"]}, {"uses": ["web", "tv"]}, True),
        ({"metadata_field_id": "uses", "includes": ["web", "tv"]}, {"uses": ["web"]}, False),
        ({"metadata_field_id": "note", "populated": True}, {"note": "x"}, True),
        ({"metadata_field_id": "note", "populated": "false"}, {"note": "x"}, False),
        ({"metadata_field_id": "note", "equals": None}, {}, True),
        ({"and": [IS_FR, {"metadata_field_id": "note", "populated": True}]}, {"note": "x"}, False),
        ({"or": [IS_FR, {"and": [IS_US]}]}, {"country": "us"}, True),
    ],
)
def test_conditions(condition: dict[str, Any], values: dict[str, Any], expected: bool) -> None:
    made = new_rule(FIELDS, {"name": "r", **rule("city", condition, enable=True)})
    assert holds(made.condition, values) is expected


def test_a_field_is_enabled_only_while_a_rule_holds() -> None:
    enabled = rules(rule("city", IS_FR, enable=True), rule("city", IS_US, enable=True))
    assert enabled.complete({"country": "fr", "city": "nyc"}) == {"country": "fr", "city": "nyc"}
    assert enabled.complete({"note": "x"}) == {"note": "x"}
    with pytest.raises(BadRequest, match="city is disabled by a metadata rule"):
        enabled.complete({"city": "paris"})
    assert enabled.complete({"city": "paris", "note": "x"}, clear=["city"]) == {"note": "x"}


def test_a_field_is_disabled_while_a_rule_holds_and_later_ones_overrule() -> None:
    noted = {"metadata_field_id": "note", "populated": True}
    disabled = rules(rule("city", IS_FR, enable=False), rule("city", noted, enable=True))
    with pytest.raises(BadRequest, match="disabled"):
        disabled.complete({"country": "fr", "city": "paris"})
    values = {"country": "fr", "city": "paris", "note": "x"}
    assert disabled.complete(values) == values


@pytest.mark.parametrize(
    ("modes", "allowed"),
    [
        (("append", "append"), {"paris", "lyon"}),
        (("append", "override"), {"lyon"}),
        (("override", "append"), {"paris", "lyon"}),
    ],
)
def test_values_are_activated(modes: tuple[str, str], allowed: set[str]) -> None:
    activated = rules(
        rule("city", IS_FR, activate_values={"external_ids": ["paris"], "mode": modes[0]}),
        rule("city", IS_FR, activate_values={"external_ids": "lyon", "mode": modes[1]}),
    )
    for city in ("paris", "lyon", "nyc"):
        values = {"country": "fr", "city": city}
        if city in allowed:
            assert activated.complete(values) == values
        else:
            with pytest.raises(BadRequest, match=f"'{city}' is not valid for field 'city'"):
                activated.complete(values)
        assert activated.complete({"city": city}) == {"city": city}  # none holds: all are active


def test_all_values_and_none() -> None:
    every = rules(
        rule("city", IS_FR, activate_values={"external_ids": None}),
        rule("city", {"metadata_field_id": "note", "populated": True}, activate_values="all"),
    )
    assert every.complete({"country": "fr", "city": "nyc", "note": "x"})["city"] == "nyc"
    with pytest.raises(BadRequest, match="not valid"):
        every.complete({"country": "fr", "city": "nyc"})


def test_of_a_set_only_what_is_not_active_goes() -> None:
    web = rules(rule("uses", IS_FR, activate_values={"external_ids": ["web", "tv"]}))
    values = {"country": "fr", "uses": ["web", "print"]}
    assert web.complete(values, clear=["uses"]) == {"country": "fr", "uses": ["web"]}


def test_values_are_applied_one_rule_after_the_other() -> None:
    applied = rules(
        rule("note", {"metadata_field_id": "uses", "includes": ["tv"]}, apply_value={"value": "n"}),
        rule("uses", IS_FR, apply_value={"value": ["tv"], "mode": "append"}),
    )
    assert applied.complete({"country": "fr", "uses": ["web"]}) == {
        "country": "fr", "uses": ["web", "tv"], "note": "n",
    }  # fmt: skip
    kept = {"country": "fr", "uses": ["tv"], "note": "mine"}
    assert applied.complete(kept) == kept  # a default is for who has none
    assert applied.complete({"country": "us"}) == {"country": "us"}


def test_a_value_that_is_deleted_is_not_applied() -> None:
    made = new_rule(FIELDS, {"name": "r", **rule("city", IS_FR, apply_value={"value": "lyon"})})
    smaller = Field(external_id="city", type="enum", label="c", datasource=entries("paris"))
    assert Rules([COUNTRY, smaller], [made]).complete({"country": "fr"}) == {"country": "fr"}


def test_mandatory_while_a_rule_holds() -> None:
    mandatory = rules(rule("note", IS_FR, set_mandatory=True))
    with pytest.raises(BadRequest, match="note is mandatory by a metadata rule"):
        mandatory.complete({"country": "fr"})
    assert mandatory.complete({"country": "us"}) == {"country": "us"}


def test_rules_that_contradict_each_other_come_to_an_end() -> None:
    noted = {"metadata_field_id": "note", "populated": True}
    contrary = rules(
        rule("note", {"metadata_field_id": "note", "populated": False}, apply_value={"value": "x"}),
        rule("note", noted, enable=False),
    )
    with pytest.raises(BadRequest, match="note is disabled"):
        contrary.complete({"year": 1}, clear=["note", "year"])


def test_rules_that_are_not_active_or_about_a_deleted_field_do_nothing() -> None:
    made = new_rule(FIELDS, {"name": "r", **rule("note", IS_FR, set_mandatory=True)})
    assert not Rules(FIELDS, [change_rule(made, FIELDS, {"state": "inactive"})])
    assert not Rules([COUNTRY], [made])


def test_a_change_is_what_differs() -> None:
    cities = rules(rule("city", IS_FR, activate_values={"external_ids": ["paris"]}))
    change = MetadataChange({"country": "fr", "note": None}, cities, clear_invalid=True)
    assert change.of({"city": "nyc", "note": "x", "year": 1}) == {
        "country": "fr", "city": None, "note": None,
    }  # fmt: skip
    assert change.of({"country": "fr"}) == {"note": None}


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"metadata_field_id": ""}, "Missing required parameter - metadata_field_id"),
        ({"name": None}, "Missing required parameter - name"),
        ({"metadata_field_id": "none"}, "There is no such metadata field"),
        ({"metadata_field_id": ["city"]}, "There is no such metadata field"),
        ({"name": "x" * 256}, "The greatest length is 255"),
        ({"condition": "x"}, "It has to be an object"),
        ({"condition": {"equals": "fr"}}, "There is no such metadata field"),
        ({"condition": {"metadata_field_id": "country"}}, "A field needs one of populated"),
        ({"condition": {**IS_FR, "populated": True}}, "A field needs one of populated"),
        ({"condition": {"metadata_field_id": "country", "starts": "f"}}, "A field needs one of"),
        (
            {"condition": {"metadata_field_id": "country", "equals": "de"}},
            "external_id of an entry",
        ),
        ({"condition": {"metadata_field_id": "note", "includes": ["x"]}}, "Only a set includes"),
        ({"condition": {"and": [IS_FR], "or": [IS_US]}}, "and, or stand alone"),
        ({"condition": {"and": IS_FR}}, "with a list of conditions"),
        ({"condition": {"or": [IS_FR] * 100}}, "at most 100 parts"),
        ({"condition": {"or": [{"and": ["x"]}]}}, "It has to be an object"),
        ({"result": {}}, "Missing|It is an object with enable"),
        ({"result": {"hide": True}}, "It is an object with enable"),
        ({"result": [{"enable": True}, {"enable": False}]}, "It is an object with enable"),
        ({"result": {"enable": "perhaps"}}, "enable"),
        (
            {"result": {"enable": False, "apply_value": {"value": "paris"}}},
            "disabled has no values",
        ),
        ({"result": {"activate_values": "some"}}, "activate_values"),
        ({"result": {"activate_values": {"external_ids": ["rome"]}}}, "are in the datasource"),
        ({"result": {"activate_values": {"external_ids": [1]}}}, "are in the datasource"),
        ({"result": {"activate_values": {"external_ids": [], "mode": "x"}}}, "It is one of append"),
        (
            {"metadata_field_id": "note", "result": {"activate_values": "all"}},
            "Only an enum or a set",
        ),
        ({"result": {"apply_value": {"value": "rome"}}}, "external_id of an entry"),
        ({"result": {"apply_value": {"value": ""}}}, "A value is missing"),
        ({"result": {"apply_value": {"value": "paris", "mode": "append"}}}, "Only to a set"),
        ({"state": "on"}, "It is one of active, inactive"),
        ({"position": -1}, "whole number"),
        ({"external_id": "a/b"}, "Use letters"),
    ],
)
def test_what_would_not_be_enforced_is_refused(params: dict[str, Any], said: str) -> None:
    usual = {"name": "r", **rule("city", IS_FR, enable=True)}
    new_rule(FIELDS, usual)
    with pytest.raises(BadRequest, match=said):
        new_rule(FIELDS, {**usual, **params})


def test_a_deep_condition_is_refused_not_a_crash() -> None:
    condition: Any = IS_FR
    for _ in range(5000):
        condition = {"and": [condition]}
    with pytest.raises(BadRequest, match="at most 100 parts"):
        new_rule(FIELDS, {"name": "r", **rule("city", condition, enable=True)})


def test_the_signature_is_the_conditions() -> None:
    assert signature(IS_FR) == signature(dict(reversed(IS_FR.items()))) != signature(IS_US)
