"""iris report and iris reporter as a person types them, on a library that was counted by hand."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.database import Databases
from tests.sql.report_library import fill

IRIS = Path(sys.executable).with_name("iris")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def iris(databases: Databases) -> Iterator[Run]:
    """Runs a command on the library."""
    with databases.clone() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            fill(connection)
        environ = {k: v for k, v in os.environ.items() if not k.startswith("IRIS")}
        environ |= {"DATABASE_URL": url, "IRIS_SERVER_KEY": "0" * 32, "COLUMNS": "120"}

        def run(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [IRIS, *arguments],
                env=environ | extra,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

        yield run


def test_without_a_name_it_lists_every_report_with_its_comment(iris: Run) -> None:
    listed = " ".join(iris("report").stdout.replace("│", " ").split())
    assert "Images without any tag, the newest first" in listed
    for name in ("coverage", "searches_by_day", "never_found_images", "storage"):
        assert name in listed


def test_a_table_reads_well(iris: Run) -> None:
    done = iris("report", "library_by_format")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["shop", "image", "jpg", "3", "8.0", "kB", "2.7", "kB", "4.0", "kB"] in lines
    ends = [len(line.rstrip()) for line in done.stdout.splitlines() if " image " in line]
    assert len(set(ends)) == 1  # numbers are aligned at the right


def test_csv_has_raw_numbers_and_times_in_utc(iris: Run) -> None:
    done = iris("report", "library-by-type", "--csv", "--cloud", "shop", PGTZ="Asia/Tokyo")
    assert list(csv.reader(io.StringIO(done.stdout))) == [
        ["cloud_name", "resource_type", "type", "assets", "bytes", "newest_at"],
        ["shop", "image", "upload", "5", "8900", "2024-03-03T12:00:00+00:00"],
        ["shop", "image", "private", "1", "500", "2024-02-01T12:00:00+00:00"],
        ["shop", "raw", "upload", "1", "50", "2024-03-02T12:00:00+00:00"],
    ]


def test_json_has_lists_and_objects(iris: Run) -> None:
    found = json.loads(iris("report", "asset", "--json").stdout)
    assert len(found) == 9
    first = next(row for row in found if row["public_id"] == "a1")
    assert first["tags"] == ["sale", "red"]
    assert first["metadata"] == {"sku": 1, "colour": "red"}
    assert first["created_at"] == "2024-01-10T12:00:00+00:00"
    assert json.loads(iris("report", "failures", "--json", "--cloud", "blog").stdout) == []


def test_a_table_says_that_there_is_more(iris: Run) -> None:
    done = iris("report", "biggest_assets", "--limit", "2")
    assert "a7" in done.stdout
    assert "a2" in done.stdout
    assert "a1" not in done.stdout
    assert "There are more than 2" in done.stderr
    whole = iris("report", "biggest_assets", "--limit", "9")
    assert "a6" in whole.stdout
    assert whole.stderr == ""
    assert len(iris("report", "biggest_assets", "--csv", "--limit", "2").stdout.splitlines()) == 3


def test_what_is_too_wide_is_shown_line_by_line(iris: Run) -> None:
    done = iris("report", "searches", "--cloud", "blog")
    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert ["query", "tree"] in lines
    assert ["total_ms", "20.0"] in lines
    assert ["best_score", "0.500"] in lines


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("report", "serches"),
            "There is no report serches. Did you mean searches, searches_by_day",
        ),
        (("report", "x; drop table y"), "There is no report x; drop table y."),
        (("report", "storage", "--cloud", "shop"), "about the whole database"),
        (("report", "coverage", "--cloud", "nowhere"), "There is no environment nowhere"),
        (("report", "coverage", "--csv", "--json"), "exclude each other"),
        (("reporter", "add", "Not Good"), "cannot be the name of a reporter"),
        (("reporter", "remove", "nobody_at_all"), "There is no reporter nobody_at_all."),
    ],
)
def test_each_error_is_one_sentence(iris: Run, arguments: tuple[str, ...], sentence: str) -> None:
    done = iris(*arguments)
    assert done.returncode in (1, 2)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reporter_is_added_connects_and_is_removed(iris: Run) -> None:
    name = f"reporter_{os.urandom(4).hex()}"
    added = iris("reporter", "add", name)
    if "may not create" in added.stderr:
        pytest.skip("this PostgreSQL's user may not create roles")
    with psycopg.connect(added.stdout.strip()) as connection:
        row = connection.execute("select count(*) from report.asset").fetchone()
        assert row == (9,)
    assert iris("reporter", "remove", name).stdout == f"Reporter {name} is removed.\n"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(added.stdout.strip())
