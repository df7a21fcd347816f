"""Conditions on an asset, as an expression states them."""

from datetime import datetime
from decimal import Decimal
from enum import Enum

import msgspec

from app.contract.expression.fields import Field


class Operator(Enum):
    """How an asset's value is compared with the one given."""

    EQUAL = "="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


class And(msgspec.Struct, frozen=True):
    """All of them hold; without any: always."""

    operands: "tuple[Condition, ...]"


class Or(msgspec.Struct, frozen=True):
    """At least one of them holds."""

    operands: "tuple[Condition, ...]"


class Not(msgspec.Struct, frozen=True):
    """It does not hold, perhaps because there is no value."""

    operand: "Condition"


class Has(msgspec.Struct, frozen=True):
    """The field has a value, or this key."""

    field: Field


class Match(msgspec.Struct, frozen=True):
    """A text has these words next to each other, or is `exact`ly this one.

    `field` None means any text. `prefix`: the last word, or the exact text, may go on.
    """

    field: Field | None
    text: str
    exact: bool
    prefix: bool


class Compare(msgspec.Struct, frozen=True):
    """A number, a time, or (structured metadata only) a text in the order of its code points."""

    field: Field
    operator: Operator
    value: Decimal | datetime | str


Condition = And | Or | Not | Has | Match | Compare

EVERYTHING = And(())
