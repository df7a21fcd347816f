"""Structured metadata: what a value of a field may be. Knows nothing of where fields are kept."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from app.contract.wire import check_text
from app.errors import BadRequest

_SHOWN = 100  # characters of a wrong value that an error repeats


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A value that an enum or set may take; assets hold its external_id."""

    external_id: str
    value: str
    state: str = "active"
    position: int = 0


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A structured metadata field. `datasource` has the active entries of an enum or set."""

    external_id: str
    type: str
    label: str
    mandatory: bool = False
    default_value: Any = None
    default_disabled: bool = False
    validation: dict[str, Any] | None = None
    restrictions: dict[str, Any] | None = None
    allow_dynamic_list_values: bool = False
    position: int = 0
    datasource: list[Entry] = []

    @property
    def has_datasource(self) -> bool:
        """Whether its values are those of a list."""
        return self.type in ("enum", "set")


def validate_metadata(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored: text, int, `YYYY-MM-DD`, an entry's id or a list of them.

    An empty value clears its field and becomes None. Fields that are not named keep what they have,
    so what a caller stores is `jsonb_strip_nulls(metadata || values)`.

    Raises:
        BadRequest: there is no such field, it does not take the value, or it must not be empty.
    """
    known = {field.external_id: field for field in fields}
    unknown = [external_id[:_SHOWN] for external_id in values if external_id not in known]
    if unknown:
        raise BadRequest(
            f"Metadata External IDs do not exist: {json.dumps(unknown[:10], ensure_ascii=False)}"
        )
    checked = {}
    for external_id, value in values.items():
        field = known[external_id]
        checked[external_id] = read_value(field, value)
        if checked[external_id] is None and field.mandatory:
            raise BadRequest(f"Metadata field {external_id} is mandatory and cannot be empty")
    return checked


def initial_metadata(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """`validate_metadata` for a new asset: with the defaults, without empty values.

    Raises:
        BadRequest: as there, or a mandatory field has neither a value nor a default.
    """
    checked = validate_metadata(fields, values)
    defaults = {
        field.external_id: field.default_value
        for field in fields
        if field.default_value is not None and not field.default_disabled
    }
    metadata = {name: value for name, value in (defaults | checked).items() if value is not None}
    for field in fields:
        if field.mandatory and field.external_id not in metadata:
            raise BadRequest(f"Metadata field {field.external_id} is mandatory")
    return metadata


def read_value(field: Field, value: Any) -> Any:
    """The value of a field in the form in which it is stored; None of an empty one.

    Raises:
        BadRequest: it is not of the field's type, not in its datasource, or breaks its validation.
    """
    if value is None or value == "" or value == []:
        return None
    read = _READERS[field.type](field, value)
    if read == []:
        return None
    if field.validation is not None:
        _check_rule(field, field.validation, read)
    return read


def refuse(field: Field, value: Any, reason: str) -> BadRequest:
    """The error for a value; `reason` is a sentence without its full stop."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return BadRequest(
        f"Invalid value for metadata field {field.external_id}: {text[:_SHOWN]}. {reason}"
    )


def _read_string(field: Field, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refuse(field, value, "It has to be a text")
    return str(value)


def _read_integer(field: Field, value: Any) -> int:
    text = str(value).strip()
    digits = text.removeprefix("-")
    if isinstance(value, bool) or not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise refuse(field, value, "It has to be a whole number")
    return int(text)


def _read_date(field: Field, value: Any) -> str:
    refusal = refuse(field, value, "It has to be a date, written YYYY-MM-DD")
    try:
        # The standard library reads other spellings too, such as 20260131 and 2026-W05-6.
        if not isinstance(value, str) or date.fromisoformat(value).isoformat() != value:
            raise refusal
    except ValueError:
        raise refusal from None
    return value


def _read_enum(field: Field, value: Any) -> str:
    if value not in [entry.external_id for entry in field.datasource]:
        raise refuse(field, value, "It has to be the external_id of an entry of the datasource")
    return str(value)


def _read_set(field: Field, value: Any) -> list[str]:
    """From a list, `["a","b"]`, `a,b` or a single id."""
    chosen = value
    if isinstance(value, str):
        try:
            chosen = json.loads(value)
        except (ValueError, RecursionError):
            chosen = None
        check_text(field.external_id, chosen)
        if not isinstance(chosen, list):
            chosen = [part.strip() for part in value.split(",")]
    if not isinstance(chosen, list):
        raise refuse(field, value, "It has to be a list of external_ids")
    return list(dict.fromkeys(_read_enum(field, each) for each in chosen))


_READERS = {
    "string": _read_string,
    "integer": _read_integer,
    "date": _read_date,
    "enum": _read_enum,
    "set": _read_set,
}
TYPES = tuple(_READERS)


def _check_rule(field: Field, rule: Mapping[str, Any], value: Any) -> None:
    """Passes a stored value that a checked rule allows. ISO dates compare as texts."""
    kind, bound = rule["type"], rule.get("value")
    if kind == "and":
        for each in rule["rules"]:
            _check_rule(field, each, value)
    elif kind == "strlen":
        minimum, maximum = rule.get("min"), rule.get("max")
        if minimum is not None and len(value) < minimum:
            raise refuse(field, value, f"The shortest length is {minimum}")
        if maximum is not None and len(value) > maximum:
            raise refuse(field, value, f"The greatest length is {maximum}")
    elif not _compares(kind, value, bound, rule.get("equals", False)):
        words = kind.replace("_", " ") + (" or equal to" if rule.get("equals") else "")
        raise refuse(field, value, f"It has to be {words} {bound}")


def _compares(kind: str, value: Any, bound: Any, equals: bool) -> bool:
    if equals and value == bound:
        return True
    return bool(value > bound if kind == "greater_than" else value < bound)
