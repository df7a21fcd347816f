"""What an administrator wants to see first: can images be found, and do people find them?"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from app.db import page, reports
from app.db.environments import Environment
from app.db.pool import Connection
from app.db.reports import Report
from app.web.charts import Chart, chart

_DAYS = 30
_KINDS = 7  # of searches in a day, next_cursor included
_MONTHS = 12
_FEW = 8  # rows of a short table
_MANY = 1000  # images that are counted; beyond that "more than"

_PATIENCE = 6.0  # seconds for one report; millions of searches take longer

Row = dict[str, Any]
T = TypeVar("T")


async def overview(connection: Connection, environment: Environment) -> dict[str, Any]:
    """What the template `settings/reports.html` shows of an environment."""
    cloud = environment.cloud_name
    found = {each.name: each for each in await reports.list_all(connection) if each.has_cloud}
    read = _Reader(connection, found, cloud)
    coverage = await read("coverage", 1)
    days = await read("searches_by_day", _DAYS * _KINDS)
    months = await read("library_by_month", 1200)
    duplicates = await read.unless_slow(
        "near_duplicates",
        page.duplicate_groups(connection, environment.environment_id, limit=1),
    )
    return {
        "reports": list(found.values()),
        "coverage": coverage[0] if coverage else None,
        "searches": _searches(days),
        "times": _times(days),
        "growth": _growth(months),
        "in_vain": await read("queries_without_good_match", _FEW),
        "never_found": await read("never_found_images", _MANY + 1),
        "types": await read("library_by_type", 20),
        "duplicates": duplicates[0] if duplicates else None,
        "many": _MANY,
        "slow": read.slow,
    }


class _Reader:
    """Reads reports; those that take too long for a page are in `slow`, and empty."""

    def __init__(self, connection: Connection, found: dict[str, Report], cloud: str) -> None:
        self._connection = connection
        self._found = found
        self._cloud = cloud
        self.slow: set[str] = set()

    async def __call__(self, name: str, limit: int) -> list[Row]:
        """The first rows of a report by column."""
        return await self.unless_slow(name, self._rows(self._found[name], limit))

    async def unless_slow(self, name: str, reading: Awaitable[list[T]]) -> list[T]:
        """What is read, or nothing if that takes too long."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await reading
        except TimeoutError:
            self.slow.add(name)
            return []

    async def _rows(self, report: Report, limit: int) -> list[Row]:
        names = [column.name for column in report.columns]
        async with reports.opened(self._connection, report, cloud=self._cloud, limit=limit) as rows:
            return [dict(zip(names, row, strict=True)) async for row in rows]


def _searches(rows: list[Row]) -> Chart | None:
    by_day: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        in_vain = row["without_result"] + row["weak"]
        by_day[row["day"]][0] += row["searches"] - in_vain
        by_day[row["day"]][1] += in_vain
    return chart(
        [(_words(day), by_day[day]) for day in _days()], ["with a good match", "without one"]
    )


def _times(rows: list[Row]) -> Chart | None:
    """Of the slowest kind of search: quantiles of several kinds have no sum."""
    by_day: dict[date, tuple[float, float]] = {}
    for row in rows:
        slow, before = float(row["total_p95_ms"]), by_day.get(row["day"], (0, 0))
        by_day[row["day"]] = max(before, (slow, float(row["total_p50_ms"])))
    sizes = ((day, by_day.get(day, (0, 0))) for day in _days())
    return chart(
        [(_words(day), [half, slow - half]) for day, (slow, half) in sizes],
        ["half of them within", "more for 95 of 100"],
        lambda number: f"{number:,.0f} ms",
    )


def _growth(rows: list[Row]) -> Chart | None:
    """A month in which nothing came is in no row, and has as many as the one before."""
    columns, rest, total = [], deque(rows), 0
    for month in _months():
        while rest and rest[0]["month"] <= month:
            total = rest.popleft()["total_assets"]
        columns.append((f"{month:%B %Y}", [total]))
    return chart(columns, ["in the library"])


def _months() -> list[date]:
    today = datetime.now(UTC).date()
    last = today.year * 12 + today.month - 1
    return [date(each // 12, each % 12 + 1, 1) for each in range(last - _MONTHS + 1, last + 1)]


def _days() -> list[date]:
    today = datetime.now(UTC).date()
    return [today - timedelta(days=ago) for ago in range(_DAYS - 1, -1, -1)]


def _words(day: date) -> str:
    return f"{day.day} {day:%B}"
