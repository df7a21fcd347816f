"""Conditions on one field, according to its kind."""

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from app.contract.expression.fields import Field, Kind
from app.contract.expression.lexer import Literal, query_error
from app.contract.expression.tree import EVERYTHING, And, Compare, Condition, Has, Match, Operator
from app.contract.expression.values import parse_number, parse_period, parse_ratio, parse_size
from app.errors import BadRequest

_NUMBERS: dict[Kind, Callable[[str], Decimal | None]] = {
    Kind.NUMBER: parse_number,
    Kind.RATIO: parse_ratio,
    Kind.SIZE: parse_size,
}
_ORDERED = frozenset({*_NUMBERS, Kind.DATE, Kind.METADATA})
_HUNDREDTH = Decimal("0.01")


def match(node: Literal, field: Field | None, *, exact: bool, now: datetime) -> Condition:
    """The condition of a value after `field:` or `field=`, or (None) of a term that stands alone.

    Raises:
        BadRequest: the field takes no such value.
    """
    if node.prefix and not node.text.strip("/"):
        if field is not None and field.kind is Kind.FOLDER:
            return EVERYTHING  # what the CLI asks for when it syncs the root
        raise query_error(node.pos, "* cannot stand at the beginning")
    if field is None:
        return Match(None, node.text, exact=False, prefix=node.prefix)
    if field.kind is Kind.SET:
        return _has_key(node, field)
    if field.kind in _NUMBERS or field.kind is Kind.DATE:
        return _equal(node, field, now)
    return Match(field, node.text, exact=exact, prefix=node.prefix)


def compare(field: Field, operator: Operator, node: Literal, now: datetime) -> Condition:
    """`field > value` and the like. Later than a day is after all of it.

    Raises:
        BadRequest: the field has no order, or the value is none of its kind.
    """
    if field.kind not in _ORDERED:
        raise query_error(node.pos, f"{_shown(field)} cannot be compared with < or >")
    if field.kind is Kind.DATE:
        start, end = _period(node, field, now)
        if end > start and operator is Operator.GREATER:
            return Compare(field, Operator.GREATER_OR_EQUAL, end)
        if end > start and operator is Operator.LESS_OR_EQUAL:
            return Compare(field, Operator.LESS, end)
        return Compare(field, operator, start)
    return Compare(field, operator, _ordered_value(node, field, now))


def within(field: Field, low: Literal, high: Literal, now: datetime) -> Condition:
    """`[low TO high]`: from low on and before high.

    Raises:
        BadRequest: the field has no order, or a value is none of its kind.
    """
    return And(
        (
            compare(field, Operator.GREATER_OR_EQUAL, low, now),
            compare(field, Operator.LESS, high, now),
        )
    )


def _has_key(node: Literal, field: Field) -> Condition:
    if node.prefix or not node.text:
        raise query_error(node.pos, f"{field.name} takes a whole key")
    return Has(Field(field.name, field.kind, node.text))


def _equal(node: Literal, field: Field, now: datetime) -> Condition:
    if field.kind is Kind.DATE:
        start, end = _period(node, field, now)
        if start == end:
            raise query_error(node.pos, f"compare {_shown(field)} with < or > to an age")
        return And(
            (
                Compare(field, Operator.GREATER_OR_EQUAL, start),
                Compare(field, Operator.LESS, end),
            )
        )
    value = _ordered_value(node, field, now)
    if field.kind is Kind.RATIO and isinstance(value, Decimal):
        value = value.quantize(_HUNDREDTH, ROUND_HALF_UP)
    return Compare(field, Operator.EQUAL, value)


def _ordered_value(node: Literal, field: Field, now: datetime) -> Decimal | str:
    """A number; of metadata also a date, which is kept as text such as 2024-05-31."""
    if not node.prefix:
        number = _NUMBERS.get(field.kind, parse_number)(node.text)
        if number is not None:
            return number
        if field.kind is Kind.METADATA and parse_period(node.text, now):
            return node.text
    raise _wrong(node, field)


def _period(node: Literal, field: Field, now: datetime) -> tuple[datetime, datetime]:
    period = None if node.prefix else parse_period(node.text, now)
    if period is None:
        raise _wrong(node, field)
    return period


def _wrong(node: Literal, field: Field) -> BadRequest:
    takes = "number or date" if field.kind is Kind.METADATA else field.kind.value
    return query_error(node.pos, f"{_shown(field)} takes a {takes}")


def _shown(field: Field) -> str:
    return f"{field.name}.{field.key[:60]}" if field.key else field.name
