"""iris report: a view of schema report as a table, CSV or JSON."""

import csv
import itertools
import json
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from app.cli.command import console, iris_command, prepare
from app.cli.report_table import print_table
from app.db import environments, reports
from app.db.pool import open_pool
from app.db.reports import Report, Rows

_ROWS = 50  # of a table, unless asked for more


@click.command()
@click.argument("name", required=False)
@click.option("--cloud", help="Only the rows of this environment.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table: every row.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table: every row.")
@click.option("--limit", type=click.IntRange(1), help=f"Rows to print; of a table {_ROWS}.")
@iris_command
async def report(
    name: str | None, cloud: str | None, as_csv: bool, as_json: bool, limit: int | None
) -> None:
    """Print the report NAME, or, without a name, what reports there are."""
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other.")
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        if name is None:
            _list(await reports.list_all(connection))
            return
        found = await reports.find(connection, name.replace("-", "_"))
        if cloud is not None:
            await environments.get(connection, cloud)
        as_table = not (as_csv or as_json)
        # One more than is shown, to know whether there are more.
        wanted = (limit or _ROWS) + 1 if as_table else limit
        async with reports.opened(connection, found, cloud=cloud, limit=wanted) as rows:
            if as_csv:
                await _print_csv(found, rows)
            elif as_json:
                await _print_json(found, rows)
            else:
                print_table(found, [row async for row in rows], limit or _ROWS)


def _list(found: list[Report]) -> None:
    table = Table("report", "what it shows")
    for each in found:
        table.add_row(each.name, Text(each.description))
    console.print(table)


async def _print_csv(report: Report, rows: Rows) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(column.name for column in report.columns)
    async for row in rows:
        writer.writerow(_plain(cell) for cell in row)


async def _print_json(report: Report, rows: Rows) -> None:
    """A list with one object on each line, written as it comes."""
    names = [column.name for column in report.columns]
    starts = itertools.chain(["[\n"], itertools.repeat(",\n"))
    async for row in rows:
        cells = dict(zip(names, row, strict=True))
        sys.stdout.write(next(starts) + json.dumps(cells, default=_json_plain, ensure_ascii=False))
    sys.stdout.write("\n]\n" if next(starts) != "[\n" else "[]\n")


def _json_plain(cell: Any) -> Any:
    return float(cell) if isinstance(cell, Decimal) else _plain(cell)


def _plain(cell: Any) -> Any:
    """A value as CSV has it: numbers as they are, times in UTC, lists and objects as JSON."""
    match cell:
        case datetime():
            return cell.astimezone(UTC).isoformat()
        case date():
            return cell.isoformat()
        case list() | dict():
            return json.dumps(cell, default=str, ensure_ascii=False)
        case bool():
            return "true" if cell else "false"
        case None | int() | float() | Decimal():
            return cell
        case _:
            return str(cell)
