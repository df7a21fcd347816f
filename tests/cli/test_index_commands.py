"""`iris duplicates` and `iris index` as a person reads them, on a library made of numbers."""

import csv
import io
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.cli.command import console
from tests.sql.album import DIMENSION, Album
from tests.sql.conftest import Sql, add_asset, use_dimension

Iris = Callable[..., Result]


@pytest.fixture
def sql(database_url: str) -> Iterator[Sql]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def iris(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Iris]:
    """Runs a command on the test's database."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("IRIS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(console, "width", 160)  # it may have learnt another one from pytest
    before = signal.getsignal(signal.SIGTERM)
    yield lambda *arguments: CliRunner().invoke(main, arguments)
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def album(sql: Sql) -> Album:
    """24 images that are alone, and a picture with two copies, the second of which is largest."""
    use_dimension(sql, DIMENSION)
    album = Album(sql, "shop")
    album.fill()
    vector, phash = album.direction(), album.hash()
    for name, file in (("small", b"a"), ("small again", b"a"), ("large", b"b")):
        album.add(name, album.near(vector, 0.01), phash=phash, sha256=file)
    sql.execute("update library.asset set width = 1600, bytes = 9000 where public_id = 'large'")
    sql.execute("update library.asset set bytes = 1000 where public_id ~ 'small'")
    return album


def test_duplicates(album: Album, iris: Iris) -> None:
    """The command itself looks at what no worker has looked at."""
    done = iris("duplicates", "shop")
    assert done.exit_code == 0, done.output
    assert "same file" in done.stdout
    (best,) = [line for line in done.stdout.splitlines() if line.rstrip(" │").endswith("best")]
    assert "large" in best
    assert "2.0 kB to be won back" in done.stdout
    assert "other" not in done.stdout


def test_duplicates_as_csv(album: Album, iris: Iris) -> None:
    rows = list(csv.DictReader(io.StringIO(iris("duplicates", "shop", "--csv").stdout)))
    assert [(row["leader_public_id"], row["public_id"]) for row in rows] == [
        ("small", "large"),
        ("small", "small again"),
    ]
    assert [row["bytes_to_win_back"] for row in rows] == ["1000", "1000"]
    assert {row["best_public_id"] for row in rows} == {"large"}


def test_a_library_without_duplicates(sql: Sql, iris: Iris) -> None:
    use_dimension(sql, DIMENSION)
    Album(sql, "shop").fill(3)
    done = iris("duplicates", "shop")
    assert "No two indexed images are near-identical." in done.stderr
    assert iris("duplicates", "nobody").exit_code == 1


def test_status_and_retry(album: Album, sql: Sql, iris: Iris) -> None:
    for number, (state, reason) in enumerate(
        [("failed", "It is broken."), ("failed", "It is broken."), ("failed", "Too dark"),
         ("pending", None)]
    ):  # fmt: skip
        with sql.transaction():
            asset_id = add_asset(sql, album.environment, 100 + number, visual_search=True)
            sql.execute(
                "insert into library.indexing (environment_id, asset_id, state, reason)"
                " values (%s, %s, %s, %s)",
                (album.environment, asset_id, state, reason),
            )
    shown = iris("index", "status", "shop").stdout
    (row,) = [line for line in shown.splitlines() if "shop" in line and "UTC" in line]
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells[:4] + cells[5:8] == ["shop", "31", "27", "1", "3", "0", "27"]
    reasons = [line for line in shown.splitlines() if "failed" in line][1:]
    assert ["broken" in line for line in reasons] == [True, False]

    assert "2 failed images" in iris("index", "retry", "shop", "--reason", "BROKEN").stdout
    assert "0 failed images" in iris("index", "retry", "shop", "--reason", "100%").stdout
    assert "1 failed images" in iris("index", "retry").stdout
    assert "failed" not in iris("index", "status").stdout.split("recall")[1]
    assert iris("index", "status", "nobody").exit_code == 1


@pytest.mark.parametrize("options", [[], ["--force"], ["--force", "--memory", "64"]])
def test_maintain(album: Album, iris: Iris, options: list[str]) -> None:
    done = iris("index", "maintain", *options)
    assert done.exit_code == 0, done.output
    assert "embedding_next" in done.stdout


def test_audit(album: Album, sql: Sql, iris: Iris) -> None:
    sql.execute(
        "insert into library.model (name, fingerprint, dimension, state)"
        " values ('m', 'f', 64, 'active')"
    )
    done = iris("index", "audit")
    assert done.exit_code == 0, done.output
    assert "1.0000" in done.stdout
    assert "1.000 (at least 0.9" in iris("index", "status").stdout
