"""Conditions of an expression as a predicate on `library.asset`.

An expression has no fixed shape, so this SQL cannot lie in sql/queries. Its text comes from the
constants of this module and of `asset_columns` alone; what the client wrote is only ever a
parameter. `tests/sql/test_asset_search.py` walks the result to prove it.

A leaf may be null where an asset has no value. And and Or keep null apart from true, and Not is
written `is not true`, so the whole is true exactly where it should be.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from psycopg import sql

from app.contract.expression.fields import Field, Kind
from app.contract.expression.tree import And, Compare, Condition, Has, Match, Not, Operator, Or
from app.db import asset_columns as columns

_TRUE = sql.SQL("true")
_FALSE = sql.SQL("false")
_AND = sql.SQL(" and ")
_OR = sql.SQL(" or ")
_GROUP = sql.SQL("({})")
_NOT = sql.SQL("({}) is not true")
_HAS = {
    "tags": sql.SQL("asset.tags <> '{}'"),
    "context": sql.SQL("asset.context <> '{}'"),
    "metadata": sql.SQL("asset.metadata <> '{}'"),
}
_HAS_KEY = {
    "context": sql.SQL("asset.context ? {}::text"),
    "metadata": sql.SQL("asset.metadata ? {}::text"),
}
_OPERATORS = {
    Operator.EQUAL: sql.SQL("{} = {}"),
    Operator.LESS: sql.SQL("{} < {}"),
    Operator.LESS_OR_EQUAL: sql.SQL("{} <= {}"),
    Operator.GREATER: sql.SQL("{} > {}"),
    Operator.GREATER_OR_EQUAL: sql.SQL("{} >= {}"),
}

# Of a text: exactly this; beginning so; having these words next to each other.
_EQUAL = sql.SQL("{column} = {text}::text")
_BEGINS = sql.SQL("{column} ^@ {text}::text")
_NEAR = sql.SQL("strpos(library.normal({column}), library.needle({text}::text, {prefix})) > 0")
# The index on names comes below these nine kinds, which are all that there are.
_OF_ANY_KIND = sql.SQL(
    "(asset.resource_type = any('{{image,raw,video}}')"
    " and asset.type = any('{{upload,private,authenticated}}')"
    " and {})"
)
_EQUAL_ANY_CASE = sql.SQL("lower({column}) = lower({text}::text)")
_BEGINS_ANY_CASE = sql.SQL("lower({column}) ^@ lower({text}::text)")

# The index over all words of an asset answers first; what follows looks at the one column.
_WORDS = sql.SQL("asset.words @@ library.words_query({text}::text, {prefix})")
_NEAR_ANYWHERE = sql.SQL(
    "strpos(library.searchable(asset.public_id, asset.asset_folder, asset.display_name,"
    " asset.format, asset.tags, asset.context, asset.metadata),"
    " library.needle({text}::text, {prefix})) > 0"
)
_ANY_TAG = sql.SQL("exists (select from unnest(asset.tags) as item where {})")
_TAGGED = sql.SQL("asset.tags @> array[{text}::text]")
_ANY_METADATA = sql.SQL(
    "exists (select from jsonb_path_query(asset.metadata -> {}::text, '$[*]') as found,"
    " lateral (select found #>> '{{}}' as item) as text where {})"
)
_ITEM = sql.SQL("item")
_NUMBER_ITEM = sql.SQL(r"case when item ~ '^-?[0-9]{1,15}(\.[0-9]{1,9})?$' then item::numeric end")
_TEXT_ITEM = sql.SQL('item collate "C"')

# Range operators that the index on the folder knows, with a slash at the end of both sides.
_IN_FOLDER = sql.SQL("(lower(asset.asset_folder) || '/') = (lower({text}::text) || '/')")
_BELOW_FOLDER = sql.SQL(
    "((lower(asset.asset_folder) || '/') ~>=~ (lower({text}::text) || '/')"
    " and (lower(asset.asset_folder) || '/') ~<~ (lower({text}::text) || '0'))"
)
_BELOW_FOLDER_EXACTLY = sql.SQL("(asset.asset_folder || '/') ^@ ({text}::text || '/')")
_FOLDER_BEGINS = sql.SQL("(lower(asset.asset_folder) || '/') ^@ lower({text}::text)")

_SURELY_WORDS = re.compile(r"[A-Za-z0-9]")
_SURELY_ONE_WORD = re.compile(r"[A-Za-z0-9]+")


class Predicate:
    """The predicate of a condition, and its parameters."""

    def __init__(self, condition: Condition) -> None:
        self.values: dict[str, Any] = {}
        self._leaves: dict[Kind, Callable[[Field, Match], sql.Composable]] = {
            Kind.WORDS: self._text,
            Kind.KEYWORD: self._keyword,
            Kind.FOLDER: self._folder,
            Kind.ID: self._asset_id,
            Kind.METADATA: self._metadata,
        }
        self.sql = self._compose(condition)

    def _value(self, value: Any) -> sql.Composable:
        name = f"value{len(self.values)}"
        self.values[name] = value
        return sql.Placeholder(name)

    def _compose(self, condition: Condition) -> sql.Composable:
        match condition:
            case And(operands):
                return self._join(_AND, operands, _TRUE)
            case Or(operands):
                return self._join(_OR, operands, _FALSE)
            case Not(operand):
                return _NOT.format(self._compose(operand))
            case Has(field):
                key = _HAS_KEY[field.name].format(self._value(field.key)) if field.key else None
                return key or _HAS[field.name]
            case Compare():
                return self._compare(condition)
            case Match():
                if condition.field is None:
                    return self._anywhere(condition)
                return self._leaves[condition.field.kind](condition.field, condition)

    def _join(
        self, word: sql.SQL, operands: tuple[Condition, ...], nothing: sql.SQL
    ) -> sql.Composable:
        parts = [self._compose(operand) for operand in operands]
        return _GROUP.format(word.join(parts)) if parts else nothing

    def _compare(self, condition: Compare) -> sql.Composable:
        operator, value = _OPERATORS[condition.operator], condition.value
        if condition.field.kind is not Kind.METADATA:
            column = columns.ORDERED[condition.field.name]
            return operator.format(column, self._value(value))
        item = _TEXT_ITEM if isinstance(value, str) else _NUMBER_ITEM
        return _ANY_METADATA.format(
            self._value(condition.field.key), operator.format(item, self._value(value))
        )

    def _anywhere(self, match: Match) -> sql.Composable:
        words = self._fill(_WORDS, match.text, match.prefix)
        if _SURELY_ONE_WORD.fullmatch(match.text):
            return words
        return self._all(words, self._fill(_NEAR_ANYWHERE, match.text, match.prefix))

    def _text(self, field: Field, match: Match) -> sql.Composable:
        if field.name == "tags":
            return self._tags(match)
        if field.name == "public_id" and match.exact:  # there is an index on names
            return _OF_ANY_KIND.format(self._exactly(columns.NAME, match))
        column: sql.Composable
        if field.name == "context":
            column = columns.CONTEXT_VALUE.format(self._value(field.key))
        else:
            column = columns.TEXTS[field.name]
        return self._with_words(match, self._part(column, match))

    def _tags(self, match: Match) -> sql.Composable:
        if match.exact and not match.prefix:
            return _TAGGED.format(text=self._value(match.text))
        return self._with_words(match, _ANY_TAG.format(self._part(_ITEM, match)))

    def _metadata(self, field: Field, match: Match) -> sql.Composable:
        part = _ANY_METADATA.format(self._value(field.key), self._part(_ITEM, match))
        return self._with_words(match, part)

    def _keyword(self, field: Field, match: Match) -> sql.Composable:
        column = columns.TEXTS[field.name]
        if match.exact:
            return self._exactly(column, match)
        shape = _BEGINS_ANY_CASE if match.prefix else _EQUAL_ANY_CASE
        return shape.format(column=column, text=self._value(match.text))

    def _folder(self, field: Field, match: Match) -> sql.Composable:
        column, path = columns.TEXTS[field.name], match.text.strip("/")
        if match.prefix and match.text.endswith("/"):
            below = self._fill(_BELOW_FOLDER, path)
            return self._all(below, self._fill(_BELOW_FOLDER_EXACTLY, path), match.exact)
        if match.prefix:
            begins = self._fill(_FOLDER_BEGINS, path)
            exactly = _BEGINS.format(column=column, text=self._value(path))
            return self._all(begins, exactly, match.exact)
        if match.exact or not path:
            same = _EQUAL.format(column=column, text=self._value(path))
            return self._all(self._fill(_IN_FOLDER, path), same)
        return self._with_words(match, self._part(column, match))

    def _asset_id(self, _: Field, match: Match) -> sql.Composable:
        text = match.text if match.exact else match.text.lower()
        if match.prefix:
            return _BEGINS.format(column=columns.ASSET_ID_TEXT, text=self._value(text))
        if not re.fullmatch("[0-9a-f]{32}", text):
            return _FALSE
        return _OPERATORS[Operator.EQUAL].format(columns.ASSET_ID, self._value(UUID(text)))

    def _part(self, column: sql.Composable, match: Match) -> sql.Composable:
        if match.exact:
            return self._exactly(column, match)
        return _NEAR.format(
            column=column, text=self._value(match.text), prefix=self._value(match.prefix)
        )

    def _exactly(self, column: sql.Composable, match: Match) -> sql.Composable:
        shape = _BEGINS if match.prefix else _EQUAL
        return shape.format(column=column, text=self._value(match.text))

    def _with_words(self, match: Match, part: sql.Composable) -> sql.Composable:
        """An exact text may have no words, and then the index has nothing to say."""
        if match.exact and not _SURELY_WORDS.search(match.text):
            return part
        return self._all(self._fill(_WORDS, match.text, match.prefix), part)

    def _all(
        self, first: sql.Composable, second: sql.Composable, wanted: bool = True
    ) -> sql.Composable:
        return _GROUP.format(_AND.join([first, second])) if wanted else first

    def _fill(self, shape: sql.SQL, text: str, prefix: bool = False) -> sql.Composed:
        return shape.format(text=self._value(text), prefix=self._value(prefix))


class Filter(Predicate):
    """A predicate as text for the functions of schema `search`; they get its `values` as $1."""

    _TYPES: ClassVar = {
        str: sql.SQL("text"),
        bool: sql.SQL("boolean"),
        Decimal: sql.SQL("numeric"),
        datetime: sql.SQL("timestamptz"),
        UUID: sql.SQL("uuid"),
    }
    _VALUE = sql.SQL("($1 ->> {name})::{type}")

    def _value(self, value: Any) -> sql.Composable:
        name = f"value{len(self.values)}"
        self.values[name] = value if isinstance(value, bool) else str(value)
        return self._VALUE.format(name=sql.Literal(name), type=self._TYPES[type(value)])

    @property
    def text(self) -> str:
        """The predicate; only names of values stand in it, which are `value0`, `value1` …"""
        return self.sql.as_string()
