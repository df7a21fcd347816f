"""Text → conditions."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from luqum import parser as luqum
from luqum import tree as lucene
from luqum.exceptions import ParseError

from app.contract.expression.fields import Field, find_field, find_set
from app.contract.expression.leaf import compare, match, within
from app.contract.expression.lexer import Lexer, Literal, query_error
from app.contract.expression.tree import EVERYTHING, And, Condition, Has, Not, Operator, Or
from app.contract.wire import check_text

DEEPEST = 50

FieldFinder = Callable[[str], Field | None]


class Scope(NamedTuple):
    """The field and operator that a group stands after: `tags=(a OR b)`."""

    field: Field | None = None
    exact: bool = False


def parse(text: str, now: datetime, find: FieldFinder = find_field) -> Condition:
    """The condition that an expression states; an empty one holds for everything.

    Args:
        now: what ages such as `10d` count back from, with a time zone.
        find: the field of a name, or None; those of assets unless something else is searched for.

    Raises:
        BadRequest: it cannot be understood. The message names the position, counted from 1.
    """
    check_text("expression", text)
    if not text.strip():
        return EVERYTHING
    return _Builder(now, find).build(_parse(text), Scope(), 0)


def _parse(text: str) -> lucene.Item:
    lexer = Lexer(text)
    try:
        return luqum.parser.parse(text, lexer=lexer)
    except ParseError:
        raise query_error(lexer.position, _trouble(text, lexer.position)) from None


def _trouble(text: str, position: int) -> str:
    if position >= len(text):
        return "something is missing at the end"
    return f"{text[position]} cannot stand here"


class _Builder:
    """Conditions of luqum's nodes, each within the scope it stands in."""

    def __init__(self, now: datetime, find: FieldFinder) -> None:
        self._now = now
        self._find = find
        self._kinds: dict[type, Callable[[Any, Scope, int], Condition]] = {
            Literal: self._literal,
            lucene.SearchField: self._search_field,
            lucene.Range: self._range,
            lucene.From: self._open_range,
            lucene.To: self._open_range,
            lucene.AndOperation: self._and,
            lucene.UnknownOperation: self._and,
            lucene.OrOperation: self._or,
            lucene.Not: self._not,
            lucene.Prohibit: self._not,
            lucene.Plus: self._inner,
            lucene.Group: self._inner,
            lucene.FieldGroup: self._inner,
        }

    def build(self, node: Any, scope: Scope, depth: int) -> Condition:
        if depth > DEEPEST:
            raise query_error(node.pos, f"more than {DEEPEST} levels of groups and operators")
        return self._kinds[type(node)](node, scope, depth + 1)

    def _all(self, node: Any, scope: Scope, depth: int) -> tuple[Condition, ...]:
        return tuple(self.build(operand, scope, depth) for operand in node.children)

    def _and(self, node: Any, scope: Scope, depth: int) -> Condition:
        return And(self._all(node, scope, depth))

    def _or(self, node: Any, scope: Scope, depth: int) -> Condition:
        return Or(self._all(node, scope, depth))

    def _not(self, node: Any, scope: Scope, depth: int) -> Condition:
        return Not(self.build(node.a, scope, depth))

    def _inner(self, node: Any, scope: Scope, depth: int) -> Condition:
        return self.build(node.children[0], scope, depth)

    def _search_field(self, node: Any, outer: Scope, depth: int) -> Condition:
        name: Literal = node.name
        if outer.field is not None:
            raise query_error(name.pos, "a field cannot stand inside another")
        field = self._find(name.text)
        if field is None:
            raise query_error(name.pos, f"there is no field {name.text[:60]}")
        return self.build(node.expr, Scope(field, name.exact), depth)

    def _literal(self, node: Literal, scope: Scope, _: int) -> Condition:
        if scope.field is None and node.bare and not node.prefix:
            found = find_set(node.text)
            if found is not None and self._find(node.text) is found:
                return Has(found)
        return match(node, scope.field, exact=scope.exact, now=self._now)

    def _range(self, node: Any, scope: Scope, _: int) -> Condition:
        return within(_field(node, scope), node.low, node.high, self._now)

    def _open_range(self, node: Any, scope: Scope, _: int) -> Condition:
        operator = ">" if isinstance(node, lucene.From) else "<"
        operator += "=" * node.include
        return compare(_field(node, scope), Operator(operator), node.a, self._now)


def _field(node: Any, scope: Scope) -> Field:
    if scope.field is None:
        raise query_error(node.pos, "the name of a field is missing")
    return scope.field
