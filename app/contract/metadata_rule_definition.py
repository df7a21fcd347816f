"""Definitions of metadata rules: from the parameters of a request to a `Rule`.

What would not be enforced is refused: a rule that is kept is a rule that works.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.contract.metadata import Field, read_value
from app.contract.metadata_definition import decoded, read_external_id, read_text
from app.contract.metadata_rules import Rule
from app.contract.naming import random_text
from app.contract.wire import invalid, parse_boolean
from app.errors import BadRequest

STATES = ("active", "inactive")
_MOST_CONDITIONS = 100
_RESULTS = ("enable", "activate_values", "apply_value", "set_mandatory")
_TESTS = ("populated", "equals", "includes")


def new_rule(fields: Sequence[Field], params: Mapping[str, Any]) -> Rule:
    """The rule that a create request describes.

    Raises:
        BadRequest: something is missing, unknown, or could not be enforced.
    """
    read_position(params)
    external_id = params.get("external_id")
    rule = Rule(
        external_id=read_external_id("external_id", external_id)
        if external_id
        else random_text(20),
        metadata_field_id="",
        name="",
        condition={},
        result={},
    )
    for name in ("metadata_field_id", "name", "condition", "result"):
        if params.get(name) in (None, ""):
            raise BadRequest(f"Missing required parameter - {name}")
    return change_rule(rule, fields, params)


def change_rule(rule: Rule, fields: Sequence[Field], params: Mapping[str, Any]) -> Rule:
    """The rule after an update request; its external_id stays.

    Raises:
        BadRequest: a value cannot be read, or could not be enforced.
    """
    position = read_position(params)
    known = {field.external_id: field for field in fields}
    given = {name: value for name, value in params.items() if value not in (None, "")}
    field = _field(known, given.get("metadata_field_id", rule.metadata_field_id))
    state = given.get("state", rule.state)
    if state not in STATES:
        raise invalid("state", state, f"It is one of {', '.join(STATES)}")
    return msgspec.structs.replace(
        rule,
        metadata_field_id=field.external_id,
        name=read_text("name", given.get("name", rule.name)),
        condition=_Conditions(known).read(
            decoded("condition", given.get("condition", rule.condition))
        ),
        result=_result(field, decoded("result", given.get("result", rule.result))),
        state=state,
        position=rule.position if position is None else position,
    )


def signature(condition: Mapping[str, Any]) -> str:
    """32 hex digits that are the same for the same condition."""
    text = msgspec.json.encode(condition, order="sorted")
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def read_position(params: Mapping[str, Any]) -> int | None:
    """The `position` of a request; None if it says none.

    Raises:
        BadRequest: it is not a whole number from 0 to 999999.
    """
    value = params.get("position")
    if value in (None, ""):
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and len(text) < 7):
        raise invalid("position", value, "It has to be a whole number from 0 to 999999")
    return int(text)


def _field(known: Mapping[str, Field], external_id: Any) -> Field:
    field = known.get(external_id) if isinstance(external_id, str) else None
    if field is None:
        raise invalid("metadata_field_id", external_id, "There is no such metadata field")
    return field


class _Conditions:
    """Reads a condition and those in it, of which there may be only so many."""

    def __init__(self, known: Mapping[str, Field]) -> None:
        self._known = known
        self._count = 0

    def read(self, value: Any) -> dict[str, Any]:
        self._count += 1
        if self._count > _MOST_CONDITIONS:
            raise BadRequest(f"A condition has at most {_MOST_CONDITIONS} parts")
        if not isinstance(value, Mapping):
            raise invalid("condition", value, "It has to be an object")
        joined = [word for word in ("and", "or") if value.get(word)]
        if joined:
            return self._join(value, joined)
        return self._test(value)

    def _join(self, value: Mapping[str, Any], words: list[str]) -> dict[str, Any]:
        parts = value[words[0]]
        if len(value) > 1 or not isinstance(parts, list):
            raise invalid("condition", value, "and, or stand alone, with a list of conditions")
        return {words[0]: [self.read(each) for each in parts]}

    def _test(self, value: Mapping[str, Any]) -> dict[str, Any]:
        field = _field(self._known, value.get("metadata_field_id"))
        tests = [name for name in value if name != "metadata_field_id"]
        if len(tests) != 1 or tests[0] not in _TESTS:
            raise invalid("condition", value, f"A field needs one of {', '.join(_TESTS)}")
        return {"metadata_field_id": field.external_id, **self._tested(field, tests[0], value)}

    def _tested(self, field: Field, test: str, value: Mapping[str, Any]) -> dict[str, Any]:
        wanted = value[test]
        if test == "populated":
            return {"populated": parse_boolean("populated", wanted)}
        if test == "includes" and field.type != "set":
            raise invalid("condition", value, "Only a set includes values")
        # The field's own rules of validation are no matter here.
        read = read_value(msgspec.structs.replace(field, validation=None), wanted)
        if read is None:
            return {"populated": False}
        return {test: read}


def _result(field: Field, value: Any) -> dict[str, Any]:
    if isinstance(value, list) and len(value) == 1:  # as Node's types allow it
        value = value[0]
    if not isinstance(value, Mapping) or not value or not {*value} <= {*_RESULTS}:
        raise invalid("result", value, f"It is an object with {', '.join(_RESULTS)}")
    result: dict[str, Any] = {
        name: parse_boolean(name, value[name])
        for name in ("enable", "set_mandatory")
        if value.get(name) is not None
    }
    if value.get("activate_values") is not None:
        result["activate_values"] = _activated(field, value["activate_values"])
    if value.get("apply_value") is not None:
        result["apply_value"] = _applied(field, value["apply_value"])
    if result.get("enable") is False and len(result) > 1:
        raise invalid("result", value, "A field that is disabled has no values")
    return result


def _activated(field: Field, value: Any) -> Any:
    if not field.has_datasource:
        raise invalid("activate_values", value, "Only an enum or a set has values to activate")
    if value == "all":
        return value
    if not isinstance(value, Mapping) or not {*value} <= {"external_ids", "mode"}:
        raise invalid("activate_values", value, 'It is "all" or {"external_ids": [...]}')
    ids = value.get("external_ids")
    ids = [ids] if isinstance(ids, str) else ids or []
    known = {entry.external_id for entry in field.datasource}
    if not isinstance(ids, list) or not all(
        isinstance(each, str) and each in known for each in ids
    ):
        raise invalid("activate_values", value, "Not all external_ids are in the datasource")
    return {"external_ids": ids, "mode": _mode(value, "append", "override")}


def _applied(field: Field, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not {*value} <= {"value", "mode"}:
        raise invalid("apply_value", value, 'It is {"value": ..., "mode": ...}')
    mode, read = _mode(value, "default", "append"), read_value(field, value.get("value"))
    if read is None:
        raise invalid("apply_value", value, "A value is missing")
    if mode == "append" and field.type != "set":
        raise invalid("apply_value", value, "Only to a set a value can be appended")
    return {"value": read, "mode": mode}


def _mode(value: Mapping[str, Any], *modes: str) -> str:
    """One of two modes, the first unless given."""
    mode = value.get("mode") or modes[0]
    if mode not in modes:
        raise invalid("mode", mode, f"It is one of {', '.join(modes)}")
    return str(mode)
