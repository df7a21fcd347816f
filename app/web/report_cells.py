"""Values of reports for people and for spreadsheets."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from app.db.reports import Column, Report
from app.web.templates import size

_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_UNITS = {"ms": "ms", "percent": "%"}
_SHOWN = 3  # items of a list
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Cell(msgspec.Struct, frozen=True):
    """A value as text, and where it leads."""

    text: str
    address: str = ""


def is_number(column: Column) -> bool:
    """Whether its values stand one below the other by their last digit."""
    return column.type in _NUMBERS


def label(column: Column) -> str:
    """Its name for people: `total_p95_ms` is Total p95."""
    words = column.name.split("_")
    if words[-1] in (*_UNITS, "at") and len(words) > 1:
        words.pop()
    return " ".join(words).capitalize()


def cell(column: Column, value: Any) -> Cell:
    """A value in a table."""
    return Cell(text(column, value), _address(column, value))


def text(column: Column, value: Any) -> str:
    """A value in words, with its unit."""
    if value is None:
        return "–"
    if column.name.endswith("bytes") and is_number(column):
        return size(int(value))
    unit = _UNITS.get(column.name.rpartition("_")[2], "") if is_number(column) else ""
    return f"{_plain(value)} {unit}".rstrip()


def as_csv(report: Report, rows: Iterable[tuple[Any, ...]]) -> bytes:
    """A report for a spreadsheet, which must not take somebody's file name for a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(column.name for column in report.columns)
    writer.writerows([_csv(value) for value in row] for row in rows)
    return file.getvalue().encode()


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float() | Decimal():
            return f"{value:,.3f}".rstrip("0").rstrip(".")
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
        case list():
            more = f" and {len(value) - _SHOWN} more" if len(value) > _SHOWN else ""
            return ", ".join(map(str, value[:_SHOWN])) + more
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _address(column: Column, value: Any) -> str:
    if isinstance(value, UUID):
        return f"/?{urlencode({'asset': value.hex})}"
    if column.name.endswith("public_id") and value:
        quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
        query = {"mode": "assets", "q": f'public_id="{quoted}"'}
        return f"/?{urlencode(query)}"
    return ""


def _csv(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case list() | dict():
            return json.dumps(value, default=str, ensure_ascii=False)
        case bool():
            return str(value).lower()
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
        case _:
            return value
