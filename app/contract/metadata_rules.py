"""Conditional metadata: what the values of an asset are and may be, given its other values.

A field with rules that enable it takes values only while one of them holds; one with rules that
disable it takes none while one holds. Of values to choose from, those are active that the rules
that hold name; all of them while none does. Rules count in their order; later ones overrule.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from app.contract.metadata import Field
from app.errors import BadRequest

Values = dict[str, Any]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of a metadata field. `condition` and `result` are as the API reads them back."""

    external_id: str
    metadata_field_id: str
    name: str
    condition: dict[str, Any]
    result: dict[str, Any]
    state: str = "active"
    position: int = 0


class Rules:
    """The fields and rules of an environment."""

    def __init__(self, fields: Sequence[Field], rules: Sequence[Rule]) -> None:
        self._fields = {field.external_id: field for field in fields}
        self._rules = [
            rule
            for rule in rules
            if rule.state == "active" and rule.metadata_field_id in self._fields
        ]

    def __bool__(self) -> bool:
        return bool(self._rules)

    def complete(self, metadata: Mapping[str, Any], *, clear: Collection[str] = ()) -> Values:
        """The metadata of an asset with the values that rules apply.

        Args:
            metadata: checked values of all fields that have one.
            clear: fields whose values are left out, not refused, where rules do not allow them.

        Raises:
            BadRequest: a rule does not allow a value, or wants one that is not there.
        """
        values = dict(metadata)
        # What one rule applies or clears may be what another one waits for. A chain is no longer
        # than there are rules; two that contradict each other end here too.
        for _ in self._rules:
            before = dict(values)
            self._drop_invalid(values, clear)
            self._apply(values)
            if values == before:
                break
        self._drop_invalid(values, clear=())
        self._check_mandatory(values)
        return values

    def _holding(self, field: Field, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The results of the field's rules whose conditions hold."""
        return [
            rule.result
            for rule in self._rules
            if rule.metadata_field_id == field.external_id and holds(rule.condition, values)
        ]

    def _is_enabled(self, field: Field, values: Mapping[str, Any]) -> bool:
        said = [each["enable"] for each in self._holding(field, values) if "enable" in each]
        waits = any(
            rule.metadata_field_id == field.external_id and rule.result.get("enable")
            for rule in self._rules
        )
        return said[-1] if said else not waits

    def _active(self, field: Field, values: Mapping[str, Any]) -> set[str] | None:
        """The values of a datasource that may be chosen; None is all of them."""
        active: set[str] | None = None
        for result in self._holding(field, values):
            named = result.get("activate_values")
            if named == "all":
                active = {entry.external_id for entry in field.datasource}
            elif named is not None:
                kept = active or set() if named["mode"] == "append" else set()
                active = kept | set(named["external_ids"])
        return active

    def _drop_invalid(self, values: Values, clear: Collection[str]) -> None:
        for field in self._ruled():
            if field.external_id not in values:
                continue
            if not self._is_enabled(field, values):
                if field.external_id not in clear:
                    raise BadRequest(
                        f"Metadata field {field.external_id} is disabled by a metadata rule."
                        " It cannot have a value"
                    )
                del values[field.external_id]
                continue
            self._drop_inactive(field, values, clear=field.external_id in clear)

    def _drop_inactive(self, field: Field, values: Values, clear: bool) -> None:
        active = self._active(field, values)
        if active is None:
            return
        value = values[field.external_id]
        chosen = value if isinstance(value, list) else [value]
        kept = [each for each in chosen if each in active]
        if len(kept) < len(chosen) and not clear:
            wrong = next(each for each in chosen if each not in active)
            raise BadRequest(
                f"'{str(wrong)[:100]}' is not valid for field '{field.external_id}': a metadata"
                " rule does not activate it"
            )
        if not kept:
            del values[field.external_id]
        elif isinstance(value, list):
            values[field.external_id] = kept

    def _apply(self, values: Values) -> None:
        for field in self._ruled():
            for result in self._holding(field, values):
                applied = result.get("apply_value")
                if applied is not None and self._is_enabled(field, values):
                    _put(field, applied, values)

    def _check_mandatory(self, values: Mapping[str, Any]) -> None:
        for field in self._ruled():
            said = [
                each["set_mandatory"]
                for each in self._holding(field, values)
                if "set_mandatory" in each
            ]
            missing = field.external_id not in values
            if said and said[-1] and missing and self._is_enabled(field, values):
                raise BadRequest(
                    f"Metadata field {field.external_id} is mandatory by a metadata rule"
                )

    def _ruled(self) -> list[Field]:
        ruled = {rule.metadata_field_id for rule in self._rules}
        return [field for field in self._fields.values() if field.external_id in ruled]


class MetadataChange(msgspec.Struct, frozen=True):
    """Checked values to set; None clears a field. Where there are rules, what becomes of an asset
    depends on what it has.
    """

    values: Values
    rules: Rules
    clear_invalid: bool = False

    def of(self, current: Mapping[str, Any]) -> Values:
        """What changes of the metadata that an asset has now; None clears a field.

        Raises:
            BadRequest: a rule does not allow it.
        """
        merged = {**current, **self.values}
        wanted = {name: value for name, value in merged.items() if value is not None}
        completed = self.rules.complete(wanted, clear=wanted if self.clear_invalid else ())
        cleared = dict.fromkeys(merged.keys() - completed.keys())
        return cleared | {
            name: value for name, value in completed.items() if current.get(name) != value
        }


def holds(condition: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a condition, as it was read, holds for values as they are stored."""
    if "and" in condition:
        return all(holds(each, values) for each in condition["and"])
    if "or" in condition:
        return any(holds(each, values) for each in condition["or"])
    value = values.get(condition["metadata_field_id"])
    if "populated" in condition:
        return bool((value is not None) == condition["populated"])
    if "includes" in condition:
        return set(condition["includes"]) <= set(value or [])
    wanted = condition["equals"]
    if isinstance(wanted, list) and isinstance(value, list):
        return set(wanted) == set(value)
    return bool(value == wanted)


def _put(field: Field, applied: Mapping[str, Any], values: Values) -> None:
    """Gives a field a value that it lacks, or a set the entries that it lacks."""
    value, now = applied["value"], values.get(field.external_id)
    if field.has_datasource:
        # Entries may have been deleted since the rule was made.
        known = {entry.external_id for entry in field.datasource}
        value = [each for each in value if each in known] if isinstance(value, list) else value
        if not value or (isinstance(value, str) and value not in known):
            return
    if now is None:
        values[field.external_id] = value
    elif applied["mode"] == "append":
        values[field.external_id] = list(dict.fromkeys([*now, *value]))
