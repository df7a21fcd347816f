"""The order of a search and where a page begins, as SQL composed from constants."""

from typing import Any

import msgspec
from psycopg import sql

from app.contract.expression.tree import And, Condition, Match, Or
from app.db.asset_columns import SORTED

SORTABLE = frozenset({*SORTED, "score"})

_COMMA = sql.SQL(", ")
_AND = sql.SQL(" and ")
_OR = sql.SQL(" or ")
_GROUP = sql.SQL("({})")
_ROW = sql.SQL("row({})")
_TRUE = sql.SQL("true")
_DIRECTIONS = {True: sql.SQL("{} desc"), False: sql.SQL("{} asc")}
_BEYOND = {True: sql.SQL("{} < {}"), False: sql.SQL("{} > {}")}
_EQUAL = sql.SQL("{} = {}")
_AS_TEXT = sql.SQL("({})::text")
_CAST = sql.SQL("{}::text::{}")
_DOUBLE = sql.SQL("float8")
_NO_SCORE = sql.SQL("0::float8")
_SCORE = sql.SQL("ts_rank(asset.words, {})::float8")
_QUERY = sql.SQL("coalesce(library.words_query({}::text, {}), '''-'''::tsquery)")
_EITHER_QUERY = sql.SQL(" || ")


class Sort(msgspec.Struct, frozen=True):
    """One key of an order; `field` is one of `SORTABLE`."""

    field: str
    descending: bool


class Order:
    """An order that ends in asset_id, so that no two assets are equal, and its parameters.

    `after` are the sort keys, as text, of the asset before the page; empty: the page is the first.
    """

    def __init__(self, sorts: list[Sort], condition: Condition, after: list[str]) -> None:
        self.values: dict[str, Any] = {}
        self._score = self._compose_score(condition)
        if all(sort.field != "asset_id" for sort in sorts):
            sorts = [*sorts, Sort("asset_id", sorts[-1].descending)]
        self._keys = [(*self._key(sort.field), sort.descending) for sort in sorts]
        self.sort_keys = _COMMA.join(_AS_TEXT.format(key) for key, _, _ in self._keys)
        self.order = _COMMA.join(_DIRECTIONS[desc].format(key) for key, _, desc in self._keys)
        self.after = self._compose_after(after) if after else _TRUE

    def _key(self, field: str) -> tuple[sql.Composable, sql.SQL]:
        return (self._score, _DOUBLE) if field == "score" else SORTED[field]

    def _value(self, value: Any) -> sql.Placeholder:
        name = f"order{len(self.values)}"
        self.values[name] = value
        return sql.Placeholder(name)

    def _compose_score(self, condition: Condition) -> sql.Composable:
        """How many of the words asked for an asset has, and how rarely they repeat."""
        queries = [
            _QUERY.format(self._value(match.text), self._value(match.prefix))
            for match in _wanted(condition)
        ]
        return _SCORE.format(_GROUP.format(_EITHER_QUERY.join(queries))) if queries else _NO_SCORE

    def _compose_after(self, after: list[str]) -> sql.Composable:
        places = [
            _CAST.format(self._value(text), cast)
            for text, (_, cast, _) in zip(after, self._keys, strict=True)
        ]
        directions = {descending for _, _, descending in self._keys}
        if len(directions) == 1:  # a comparison of rows, which an index can begin at
            keys = _ROW.format(_COMMA.join(key for key, _, _ in self._keys))
            return _BEYOND[directions.pop()].format(keys, _ROW.format(_COMMA.join(places)))
        return self._compose_mixed(places)

    def _compose_mixed(self, places: list[sql.Composed]) -> sql.Composable:
        """Beyond by the first key, or equal in it and beyond by the second, and so on."""
        equals: list[sql.Composable] = []
        ways = []
        for (key, _, descending), place in zip(self._keys, places, strict=True):
            ways.append(_GROUP.format(_AND.join([*equals, _BEYOND[descending].format(key, place)])))
            equals.append(_EQUAL.format(key, place))
        return _GROUP.format(_OR.join(ways))


def _wanted(condition: Condition) -> list[Match]:
    """The words that an asset may be found by; those after NOT are none."""
    match condition:
        case And(operands) | Or(operands):
            return [match for operand in operands for match in _wanted(operand)]
        case Match():
            return [condition]
        case _:
            return []
