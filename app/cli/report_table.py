"""Rows of a report as a person reads them: aligned, with units, and line by line if too wide."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from app.cli.command import console, notices
from app.db.reports import Column, Report

_NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}
_TEXTS = {"text", "text[]", "jsonb"}
_ITEMS = 3  # of a list
_NARROWEST = 12  # characters to which a column of longer texts may shrink


def print_table(report: Report, rows: list[tuple[Any, ...]], most: int) -> None:
    """Prints up to `most` rows, and says if there are more."""
    formats = [_format_of(column) for column in report.columns]
    cells = [[show(cell) for show, cell in zip(formats, row, strict=True)] for row in rows[:most]]
    console.print(Text(report.description, style="italic"))
    table = _table(report, cells)
    # Two spaces belong to each column.
    if sum((column.min_width or 0) + 2 for column in table.columns) <= console.width:
        console.print(table)
    else:
        _print_records(report, cells)
    if len(rows) > most:
        notices.print(f"There are more than {most}: --limit, --csv or --json show them.")


def _table(report: Report, cells: list[list[str]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for place, column in enumerate(report.columns):
        words = column.name.split("_")
        longest = max(map(len, [*words, *(row[place] for row in cells)]))
        shrinks = column.type in _TEXTS and longest > _NARROWEST
        table.add_column(
            "\n".join(words),
            justify="right" if column.type in _NUMBERS else "left",
            overflow="fold",
            no_wrap=not shrinks,
            min_width=_NARROWEST if shrinks else longest,
        )
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _print_records(report: Report, rows: list[list[str]]) -> None:
    """What is too wide for a table, a line for each column."""
    width = max(len(column.name) for column in report.columns)
    for row in rows:
        console.print()
        for column, cell in zip(report.columns, row, strict=True):
            console.out(f"{column.name:<{width}}  {cell}", highlight=False)


def _format_of(column: Column) -> Callable[[Any], str]:
    """How a table shows the values of a column."""
    if "bytes" in column.name.split("_") and column.type == "bigint":
        return lambda cell: "" if cell is None else decimal(cell)
    digits = 1 if column.name.endswith("_ms") else 3
    return lambda cell: _readable(cell, digits)


def _readable(cell: Any, digits: int) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case int() | Decimal():
            return f"{cell:,}"
        case float():
            return f"{cell:,.{digits}f}"
        case datetime():
            return f"{cell.astimezone(UTC):%Y-%m-%d %H:%M}"
        case list():
            more = f" … ({len(cell)})" if len(cell) > _ITEMS else ""
            return ", ".join(map(str, cell[:_ITEMS])) + more
        case dict():
            return json.dumps(cell, ensure_ascii=False)
        case _:
            return str(cell)
