"""Loads the named statements of sql/queries. No statement is written anywhere else in `app`."""

import re
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

SQL = Path(__file__).parents[2] / "sql"
_NAME = re.compile(r"^-- name: (\w+) :(one|many|none)$", re.MULTILINE)


@cache
def load(table: str) -> dict[str, LiteralString]:
    """The statements of `sql/queries/<table>.sql` by name.

    Raises:
        ValueError: a name stands twice.
    """
    text = (SQL / "queries" / f"{table}.sql").read_text()
    parts = _NAME.split(text)[1:]
    statements: dict[str, LiteralString] = {}
    for name, statement in zip(parts[::3], parts[2::3], strict=True):
        if name in statements:
            raise ValueError(f"{table}.sql has two statements named {name}")
        # psycopg takes only literal strings, so that client text cannot become SQL. These are our
        # own files, read once; nothing is ever formatted into them.
        statements[name] = cast(LiteralString, statement.strip().rstrip(";"))
    return statements
