"""Conditions of an expression, and its order, as SQL about `library.folder`.

As in `asset_predicate`, the text of this SQL comes from the constants here alone.
"""

from psycopg import sql

from app.contract.expression.fields import Field
from app.contract.expression.tree import Compare, Condition, Match, Operator
from app.db.asset_order import Order
from app.db.asset_predicate import Predicate

# The column compares byte by byte, and lower() would know ASCII only.
_PATH = sql.SQL("folder.path")
_PATH_IN_ANY_CASE = sql.SQL('(folder.path collate "default")')
_NAME = sql.SQL("folder.name")
_ID = sql.SQL("replace(folder.folder_id::text, '-', '')")
_TIMES = {
    "created_at": sql.SQL("folder.created_at"),
    "updated_at": sql.SQL("folder.updated_at"),
}
_OPERATORS = {operator: sql.SQL(f"{{}} {operator.value} {{}}") for operator in Operator}
_BELOW = sql.SQL("({column} || '/') ^@ ({text}::text || '/')")
_BELOW_IN_ANY_CASE = sql.SQL("(lower({column}) || '/') ^@ (lower({text}::text) || '/')")

_TEXT = sql.SQL("text")
_TIME = sql.SQL("timestamptz")
_SORTED: dict[str, tuple[sql.Composable, sql.SQL]] = {
    "path": (_PATH, _TEXT),
    "name": (sql.SQL('folder.name collate "C"'), _TEXT),
    "created_at": (_TIMES["created_at"], _TIME),
    "updated_at": (_TIMES["updated_at"], _TIME),
    "id": (sql.SQL("folder.folder_id"), sql.SQL("uuid")),
    "asset_id": (sql.SQL("folder.folder_id"), sql.SQL("uuid")),  # what every order ends in
}
SORTABLE = frozenset({*_SORTED, "score"} - {"asset_id"})


class FolderPredicate(Predicate):
    """The predicate of a condition on folders, and its parameters."""

    def _compare(self, condition: Compare) -> sql.Composable:
        column = _TIMES[condition.field.name]
        return _OPERATORS[condition.operator].format(column, self._value(condition.value))

    def _anywhere(self, match: Match) -> sql.Composable:
        return self._part(_PATH_IN_ANY_CASE, match)

    def _text(self, field: Field, match: Match) -> sql.Composable:
        return self._part(_NAME, match)

    def _keyword(self, field: Field, match: Match) -> sql.Composable:
        return self._exactly(_ID, match)

    def _folder(self, field: Field, match: Match) -> sql.Composable:
        path = match.text.strip("/")
        if match.prefix and match.text.endswith("/"):
            if match.exact:
                return _BELOW.format(column=_PATH, text=self._value(path))
            return _BELOW_IN_ANY_CASE.format(column=_PATH_IN_ANY_CASE, text=self._value(path))
        column = _PATH if match.exact else _PATH_IN_ANY_CASE
        named = Match(field, path, exact=match.exact, prefix=match.prefix)
        return self._part(column, named)


class FolderOrder(Order):
    """An order of folders. None fits an expression better than another: `score` is 0 of all."""

    def _key(self, field: str) -> tuple[sql.Composable, sql.SQL]:
        return super()._key(field) if field == "score" else _SORTED[field]

    def _compose_score(self, condition: Condition) -> sql.Composable:
        return sql.SQL("0::float8")
