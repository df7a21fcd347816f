"""What a value of a structured metadata field may be."""

from typing import Any

import pytest

from app.contract.metadata import Entry, Field, initial_metadata, validate_metadata
from app.errors import BadRequest

ENTRIES = [Entry(external_id="a", value="A"), Entry(external_id="b c", value="B")]
TEXT = Field(external_id="text", type="string", label="Text")
NUMBER = Field(
    external_id="number",
    type="integer",
    label="Number",
    validation={
        "type": "and",
        "rules": [
            {"type": "greater_than", "value": 0, "equals": True},
            {"type": "less_than", "value": 10, "equals": False},
        ],
    },
)
DAY = Field(external_id="day", type="date", label="Day")
ONE = Field(external_id="one", type="enum", label="One", datasource=ENTRIES)
MANY = Field(external_id="many", type="set", label="Many", datasource=ENTRIES)
FIELDS = [TEXT, NUMBER, DAY, ONE, MANY]


@pytest.mark.parametrize(
    ("name", "sent", "stored"),
    [
        ("text", "x|y=z", "x|y=z"),
        ("text", 5, "5"),
        ("text", "", None),
        ("number", "0", 0),
        ("number", 9, 9),
        ("number", " 7 ", 7),
        ("number", "", None),
        ("day", "2024-02-29", "2024-02-29"),
        ("one", "b c", "b c"),
        ("one", None, None),
        ("many", '["a","b c","a"]', ["a", "b c"]),
        ("many", ["b c"], ["b c"]),
        ("many", "a, b c", ["a", "b c"]),
        ("many", "a", ["a"]),
        ("many", "[]", None),
        ("many", [], None),
    ],
)
def test_values_as_they_are_stored(name: str, sent: Any, stored: Any) -> None:
    assert validate_metadata(FIELDS, {name: sent}) == {name: stored}


@pytest.mark.parametrize(
    ("name", "sent", "message"),
    [
        ("nothing", "x", 'Metadata External IDs do not exist: ."nothing"'),
        ("text", ["x"], "text"),
        ("text", True, "text"),
        ("number", "-1", "greater than or equal to 0"),
        ("number", "10", "less than 10"),
        ("number", "1.0", "whole number"),
        ("number", "٣", "whole number"),
        ("number", "9" * 19, "whole number"),
        ("number", [1], "whole number"),
        ("day", "2023-02-29", "YYYY-MM-DD"),
        ("day", "2024-2-1", "YYYY-MM-DD"),
        ("day", "2024-W01-1", "YYYY-MM-DD"),
        ("day", 20240101, "YYYY-MM-DD"),
        ("one", "A", "entry of the datasource"),
        ("one", ["a"], "entry of the datasource"),
        ("one", {"a": 1}, "entry of the datasource"),
        ("many", ["a", "x"], "entry of the datasource"),
        ("many", [["a"]], "entry of the datasource"),
        ("many", {"a": 1}, "list of external_ids"),
        ("many", "[" * 100_000, "entry of the datasource"),
    ],
)
def test_values_that_are_refused(name: str, sent: Any, message: str) -> None:
    with pytest.raises(BadRequest, match=message) as refused:
        validate_metadata(FIELDS, {name: sent})
    assert len(refused.value.message) < 300


def test_new_assets_get_defaults() -> None:
    fields = [
        Field(external_id="d", type="string", label="d", default_value="x", mandatory=True),
        Field(
            external_id="off", type="string", label="off", default_value="y", default_disabled=True
        ),
        TEXT,
    ]
    assert initial_metadata(fields, {}) == {"d": "x"}
    assert initial_metadata(fields, {"d": "own", "text": "t"}) == {"d": "own", "text": "t"}
    with pytest.raises(BadRequest, match="d is mandatory and cannot be empty"):
        initial_metadata(fields, {"d": ""})


def test_a_mandatory_field_without_a_default_has_to_come() -> None:
    fields = [
        Field(external_id="m", type="string", label="m", mandatory=True, default_disabled=True)
    ]
    assert initial_metadata(fields, {"m": "x"}) == {"m": "x"}
    with pytest.raises(BadRequest, match="Metadata field m is mandatory"):
        initial_metadata(fields, {})
    assert validate_metadata(fields, {}) == {}
