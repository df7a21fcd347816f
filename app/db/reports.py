"""The views of schema `report`: which there are, and their rows under the limits of a reporter."""

import difflib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from psycopg import sql
from psycopg.errors import QueryCanceled

from app.db.pool import Connection, many, run
from app.db.queries import load
from app.errors import BadRequest, NotFound

_SQL = load("reports")
_COMMA = sql.SQL(", ")

Rows = AsyncIterator[tuple[Any, ...]]


class Column(msgspec.Struct, frozen=True):
    """A column of a report. `type` is PostgreSQL's name; `description` is empty where the name says
    all. A bigint with `bytes` in its name counts bytes; names that end in `_ms` are milliseconds.
    """

    name: str
    type: str
    description: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A view of schema `report`."""

    name: str
    description: str
    columns: list[Column]

    @property
    def has_cloud(self) -> bool:
        """Whether its rows belong to single environments, not to the whole database."""
        return self.columns[0].name == "cloud_name"


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    description: str
    columns: list[dict[str, str]]


async def list_all(connection: Connection) -> list[Report]:
    """Every report by name."""
    rows = await many(connection, _Row, _SQL["list"])
    return [msgspec.convert(msgspec.structs.asdict(row), Report) for row in rows]


async def find(connection: Connection, name: str) -> Report:
    """The report of that name.

    Raises:
        NotFound: there is none; the sentence has the names nearest to it.
    """
    by_name = {report.name: report for report in await list_all(connection)}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, by_name, cutoff=0.5)
    near += [each for each in by_name if name and name in each and each not in near]
    meant = f" Did you mean {', '.join(near)}?" if near else ""
    raise NotFound(f"There is no report {name}.{meant} `iris report` lists all.")


@asynccontextmanager
async def opened(
    connection: Connection, report: Report, *, cloud: str | None = None, limit: int | None = None
) -> AsyncIterator[Rows]:
    """The rows of a report in its own order, fetched as they are read; `cloud` selects those of one
    environment, and `limit` the first ones. Nothing can be written while it is open.

    Raises:
        BadRequest: the report is not about environments, or took longer than a reporter may.
    """
    if cloud is not None and not report.has_cloud:
        raise BadRequest(
            f"The report {report.name} is about the whole database, not about a cloud."
        )
    statement = sql.SQL(_SQL["rows"]).format(
        columns=_COMMA.join(sql.Identifier(column.name) for column in report.columns),
        report=sql.Identifier(report.name),
        condition=sql.SQL("true" if cloud is None else "cloud_name = %(cloud)s"),
        limit=sql.SQL("all" if limit is None else "%(limit)s"),
    )
    try:
        async with connection.transaction():
            for each in ("restrain", "limit_as_reporter", "become_reporter"):
                await run(connection, _SQL[each])
            async with connection.cursor(name="report") as cursor:
                cursor.itersize = 1000
                await cursor.execute(statement, {"cloud": cloud, "limit": limit})
                yield aiter(cursor)
    except QueryCanceled:
        raise BadRequest(
            f"The report {report.name} took longer than a reporter may."
            " Ask for one cloud, or in SQL for a part of it."
        ) from None
