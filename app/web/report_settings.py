"""Reports: what an administrator wants to see first, and every view of schema `report`.

An environment sees its own rows; reports on the whole database are for `iris report`.
"""

from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from app.db import reports
from app.db.pool import Connection
from app.db.reports import Report
from app.errors import NotFound
from app.runtime import Runtime
from app.web import report_cells
from app.web.report_overview import overview
from app.web.session import Visitor

_SHOWN = 200  # rows on the page
_IN_FILE = 100_000  # rows of a download; `iris report` gives all


class ReportSettingsController(Controller):
    """`/-/settings/reports`."""

    path = "/-/settings/reports"

    @get("/")
    async def show_overview(
        self, runtime: NamedDependency[Runtime], visitor: NamedDependency[Visitor]
    ) -> Template:
        """Charts and short tables, then the list of all reports."""
        async with runtime.pool.connection() as connection:
            context = await overview(connection, visitor.environment)
        return Template(
            "settings/reports.html", context=context | {"visitor": visitor, "tab": "reports"}
        )

    @get("/{name:str}")
    async def show(
        self,
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
        name: FromPath[str],
    ) -> Template:
        """The first rows of a report."""
        async with runtime.pool.connection() as connection:
            report = await _find(connection, name)
            rows = await _rows(connection, visitor, report, _SHOWN + 1)
        # The first column is the environment, the same in every row.
        columns = report.columns[1:]
        shown = [
            [report_cells.cell(column, value) for column, value in zip(columns, row, strict=True)]
            for row in (row[1:] for row in rows[:_SHOWN])
        ]
        context = {
            "visitor": visitor,
            "tab": "reports",
            "report": report,
            "columns": [(report_cells.label(each), each) for each in columns],
            "numbers": [report_cells.is_number(each) for each in columns],
            "rows": shown,
            "most": _SHOWN,
            "more": len(rows) > _SHOWN,
        }
        return Template("settings/report.html", context=context)

    @get("/{name:str}/csv")
    async def download(
        self,
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
        name: FromPath[str],
    ) -> Response[bytes]:
        """A report as CSV."""
        async with runtime.pool.connection() as connection:
            report = await _find(connection, name)
            rows = await _rows(connection, visitor, report, _IN_FILE)
        file = f"{report.name}-{visitor.environment.cloud_name}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{file}"'}
        content = report_cells.as_csv(report, rows)
        return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


async def _find(connection: Connection, name: str) -> Report:
    report = await reports.find(connection, name)
    if not report.has_cloud:
        raise NotFound("This report is about the whole server. `iris report` prints it.")
    return report


async def _rows(
    connection: Connection, who: Visitor, report: Report, limit: int
) -> list[tuple[Any, ...]]:
    cloud = who.environment.cloud_name
    async with reports.opened(connection, report, cloud=cloud, limit=limit) as rows:
        return [row async for row in rows]
