"""Definitions of structured metadata fields: from the parameters of a request to a `Field`."""

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from app.contract.metadata import TYPES, Entry, Field, read_value
from app.contract.naming import random_text
from app.contract.wire import check_text, invalid, parse_boolean
from app.errors import BadRequest

MOST_ENTRIES = 3000
_MOST_CHARACTERS = 255
_ID = re.compile(r"[\w.:-]+( [\w.:-]+)*")
_RESERVED = frozenset({"order"})  # stands in a URL where an external_id would
_RULES = {
    "string": ("strlen",),
    "integer": ("greater_than", "less_than"),
    "date": ("greater_than", "less_than"),
    "enum": (),
    "set": (),
}
_MOST_RULES = 20
_FLAGS = ("mandatory", "default_disabled", "allow_dynamic_list_values")


def new_field(params: Mapping[str, Any]) -> Field:
    """The field that a create request describes.

    Raises:
        BadRequest: something is missing, unknown or does not go together.
    """
    kind, label = params.get("type"), params.get("label")
    if kind not in TYPES:
        raise (
            _missing("type")
            if kind in (None, "")
            else invalid("type", kind, f"It is one of {', '.join(TYPES)}")
        )
    if label in (None, ""):
        raise _missing("label")
    external_id = params.get("external_id")
    field = Field(
        external_id=read_external_id("external_id", external_id)
        if external_id
        else random_text(20),
        type=kind,
        label="",
        datasource=_datasource(kind, params.get("datasource")),
    )
    return change_field(field, params)


def change_field(field: Field, params: Mapping[str, Any]) -> Field:
    """The field after an update request; its external_id, type and datasource stay as they are.

    Raises:
        BadRequest: a value cannot be read or does not go with the others.
    """
    changes: dict[str, Any] = {
        name: parse_boolean(name, params[name])
        for name in _FLAGS
        if params.get(name) not in (None, "")
    }
    if "label" in params:
        changes["label"] = read_text("label", params["label"])
    if "restrictions" in params:
        changes["restrictions"] = _object("restrictions", params["restrictions"])
    if "validation" in params:
        changes["validation"] = _validation(field, params["validation"])
    changed = msgspec.structs.replace(field, **changes)
    default = params.get("default_value", field.default_value)
    changed = msgspec.structs.replace(changed, default_value=read_value(changed, default))
    if changed.mandatory and changed.default_value is None and not changed.default_disabled:
        raise BadRequest("default_value is required for a mandatory field")
    return changed


def read_entries(name: str, value: Any) -> list[Entry]:
    """Entries of `[{"value": …, "external_id": …}]`; a missing external_id is made up.

    Raises:
        BadRequest: it is not such a list, or two of them have the same external_id.
    """
    value = decoded(name, value)
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise invalid(name, value, "It has to be a list of objects with a value")
    if not 1 <= len(value) <= MOST_ENTRIES:
        raise BadRequest(f"A datasource has 1 to {MOST_ENTRIES} values")
    entries = [_entry(each) for each in value]
    if len({entry.external_id for entry in entries}) < len(entries):
        raise BadRequest("Two values of a datasource have the same external_id")
    return entries


def read_ids(value: Any) -> list[str]:
    """The `external_ids` of a request.

    Raises:
        BadRequest: it is not a list of texts, or empty.
    """
    value = decoded("external_ids", value)
    if value in (None, "", []):
        raise _missing("external_ids")
    ids = [value] if isinstance(value, str) else value
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise invalid("external_ids", value)
    return list(dict.fromkeys(ids))


def _entry(value: Mapping[str, Any]) -> Entry:
    external_id = value.get("external_id")
    return Entry(
        external_id=read_external_id("external_id", external_id)
        if external_id
        else random_text(20),
        value=read_text("value", value.get("value")),
    )


def _datasource(kind: str, value: Any) -> list[Entry]:
    value = decoded("datasource", value)
    if kind not in ("enum", "set"):
        if value:
            raise invalid("datasource", value, f"A field of type {kind} has none")
        return []
    if not value:
        raise _missing("datasource")
    if not isinstance(value, Mapping):
        raise invalid("datasource", value, 'It has to be an object, {"values": [...]}')
    return read_entries("datasource", value.get("values"))


def _validation(field: Field, value: Any) -> dict[str, Any] | None:
    rule = _object("validation", value)
    if rule is None:
        return None
    if rule.get("type") != "and":
        return _rule(field, rule)
    rules = rule.get("rules")
    if not isinstance(rules, list) or not 1 <= len(rules) <= _MOST_RULES:
        raise invalid("validation", value, f"and takes 1 to {_MOST_RULES} rules")
    return {"type": "and", "rules": [_rule(field, each) for each in rules]}


def _rule(field: Field, rule: Any) -> dict[str, Any]:
    kind = rule.get("type") if isinstance(rule, Mapping) else None
    if kind not in _RULES[field.type]:
        known = ", ".join((*_RULES[field.type], "and")) if _RULES[field.type] else "none"
        raise invalid("validation", rule, f"Rules of a field of type {field.type}: {known}")
    if kind == "strlen":
        return _length_rule(rule)
    # The bound is a value of the field; no rule is in force while it is read.
    bound = read_value(msgspec.structs.replace(field, validation=None), rule.get("value"))
    if bound is None:
        raise invalid("validation", rule, "A value is missing")
    equals = parse_boolean("equals", rule.get("equals") or False)
    return {"type": kind, "value": bound, "equals": equals}


def _length_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    bounds = {name: rule[name] for name in ("min", "max") if rule.get(name) is not None}
    whole = all(type(each) is int and each >= 0 for each in bounds.values())
    if not bounds or not whole or bounds.get("min", 0) > bounds.get("max", bounds.get("min", 0)):
        raise invalid("validation", rule, "strlen takes min and max, whole numbers from 0")
    return {"type": "strlen", **bounds}


def read_external_id(name: str, value: Any) -> str:
    """The external_id itself, if it may stand in a URL.

    Raises:
        BadRequest: it may not.
    """
    text = read_text(name, value)
    if not _ID.fullmatch(text) or text in _RESERVED:
        raise invalid(name, text, "Use letters, digits and _ - . :")
    return text


def read_text(name: str, value: Any) -> str:
    """A text of 1 to 255 characters.

    Raises:
        BadRequest: it is not one.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise invalid(name, value) if value else _missing(name)
    if len(value) > _MOST_CHARACTERS:
        raise invalid(name, value, f"The greatest length is {_MOST_CHARACTERS}")
    return value


def _object(name: str, value: Any) -> dict[str, Any] | None:
    value = decoded(name, value)
    if value in (None, "", {}):
        return None
    if not isinstance(value, dict):
        raise invalid(name, value, "It has to be an object")
    return value


def decoded(name: str, value: Any) -> Any:
    """What JSON text of a form stands for; anything else as it is.

    Raises:
        BadRequest: it begins like JSON, but is none.
    """
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        raise invalid(name, value, "It is not valid JSON") from None
    check_text(name, found)
    return found


def _missing(name: str) -> BadRequest:
    return BadRequest(f"Missing required parameter - {name}")
