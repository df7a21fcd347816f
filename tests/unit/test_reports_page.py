"""What the page makes of reports: text for people, CSV for spreadsheets, bars."""

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.db.reports import Column, Report
from app.web.charts import Piece, chart
from app.web.report_cells import as_csv, cell, is_number, label, text


def _column(name: str, type: str = "text") -> Column:
    return Column(name, type, "")


@pytest.mark.parametrize(
    ("name", "type", "value", "shown"),
    [
        ("bytes", "bigint", 1_400_000, "1.4\N{NO-BREAK SPACE}MB"),
        ("total_bytes", "bigint", None, "–"),
        ("total_p95_ms", "numeric", Decimal("1234.5"), "1,234.5 ms"),
        ("share_percent", "numeric", Decimal("100.0"), "100 %"),
        ("searches", "bigint", 1204, "1,204"),
        ("best_score", "double precision", 0.25, "0.25"),
        ("visual_search", "boolean", True, "yes"),
        ("day", "date", date(2026, 5, 3), "2026-05-03"),
        (
            "last_at",
            "timestamp with time zone",
            datetime(2026, 5, 3, 1, 30, tzinfo=timezone(timedelta(hours=2))),
            "2026-05-02 23:30",
        ),
        ("tags", "text[]", ["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
        ("context", "jsonb", {"alt": "ä"}, '{"alt": "ä"}'),
        ("reason", "text", "<b>", "<b>"),
    ],
)
def test_values_are_written_for_people(name: str, type: str, value: Any, shown: str) -> None:
    assert text(_column(name, type), value) == shown


def test_columns_have_names_for_people() -> None:
    names = ["asset_folder", "total_p95_ms", "last_at", "filled_percent", "ms"]
    assert [label(_column(name)) for name in names] == [
        "Asset folder", "Total p95", "Last", "Filled", "Ms",
    ]  # fmt: skip
    assert is_number(_column("a", "bigint"))
    assert not is_number(_column("a", "text"))


def test_images_are_links() -> None:
    assert cell(_column("asset_id", "uuid"), UUID(int=1)).address == f"/?asset={1:032x}"
    quoted = cell(_column("public_id"), 'a"b').address
    assert quoted == "/?mode=assets&q=public_id%3D%22a%5C%22b%22"
    assert cell(_column("query"), "x").address == ""


def test_csv_has_plain_values_and_no_formulas() -> None:
    columns = [_column(name) for name in ("cloud_name", "public_id", "at", "tags", "bytes", "on")]
    report = Report(name="r", description="", columns=columns)
    hostile = '=HYPERLINK("http://evil")'
    row = ("acme", hostile, datetime(2026, 1, 2, tzinfo=UTC), ["a,b", "ü"], -5, False)
    head, line = csv.reader(io.StringIO(as_csv(report, [row]).decode()))
    assert head == ["cloud_name", "public_id", "at", "tags", "bytes", "on"]
    assert line == [
        "acme", f"'{hostile}", "2026-01-02T00:00:00+00:00", '["a,b", "ü"]', "-5", "false",
    ]  # fmt: skip


def test_bars_are_shares_of_the_highest_one() -> None:
    found = chart([("Mon", [6, 2]), ("Tue", [0, 0]), ("Wed", [1, 1])], ["good", "bad"])
    assert found
    assert found.bars[0].pieces == [Piece(25, 75), Piece(0, 25)]
    assert found.bars[1].pieces == [Piece(100, 0), Piece(100, 0)]
    assert found.bars[2].title == "Wed: 1 good, 1 bad"
    assert (found.highest, found.first, found.last) == ("8", "Mon", "Wed")


def test_there_is_no_chart_of_nothing() -> None:
    assert chart([("Mon", [0, 0])], ["a", "b"]) is None
    assert chart([], []) is None
