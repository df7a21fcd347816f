"""`migrate`: creates, upgrades, does nothing twice, and never leaves half a schema."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.db import embedded, migration
from app.db.migration import is_current, migrate
from app.errors import Misconfigured
from tests.database import Databases
from tests.sql.conftest import Sql, value


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of sql/ that `migrate` uses instead, and that a test may edit."""
    copy = tmp_path / "sql"
    shutil.copytree(migration.SQL, copy)
    monkeypatch.setattr(migration, "SQL", copy)
    yield copy
    migration._expected.cache_clear()


def edited() -> None:
    """What a new process would do: look at the files again."""
    migration._expected.cache_clear()


def test_the_oldest_postgresql_that_we_accept(tmp_path: Path) -> None:
    """16, which the wheel carries too. It refuses, for one, to use a new enum value at once."""
    server = embedded.import_wheel()(
        tmp_path / "postgres", cleanup_mode="delete", postgres_version=16
    )
    try:
        assert migrate(server.get_uri()) is True
        with psycopg.connect(server.get_uri()) as connection:
            assert connection.info.server_version // 10000 == 16
            assert value(
                connection, "select (search.rank(1, array_fill(1, array[640])::halfvec)).mode"
            )
    finally:
        server.cleanup()


def test_an_empty_database_gets_the_whole_schema(databases: Databases) -> None:
    with databases.empty() as url:
        with psycopg.connect(url) as connection:
            assert not is_current(connection)
        assert migrate(url) is True
        with psycopg.connect(url) as connection:
            assert is_current(connection)
            assert value(connection, "select count(*) from report.coverage") == 0


def test_a_second_time_there_is_nothing_to_do(database_url: str, sql: Sql) -> None:
    made = "select oid from pg_proc where proname = 'rank'"
    before = value(sql, made)
    assert migrate(database_url) is False
    assert value(sql, made) == before


def test_two_at_once_queue(databases: Databases) -> None:
    with databases.empty() as url:
        answers: list[bool] = []
        threads = [threading.Thread(target=lambda: answers.append(migrate(url))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert answers.count(True) >= 1
        assert len(answers) == 2
        with psycopg.connect(url) as connection:
            assert is_current(connection)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("functions/10_score.sql", "\n-- a remark\n"),
        ("views/10_coverage.sql", "\n-- a remark\n"),
        ("grants.sql", "\n-- a remark\n"),
        ("views/99_new.sql", "create view report.extra as select 1 as one;"),
    ],
)
def test_editing_a_replaceable_file_is_noticed_and_applied(
    database_url: str, sql: Sql, files: Path, file: str, text: str
) -> None:
    digest = value(sql, "select digest from library.replaceable")
    path = files / file
    path.write_text((path.read_text() if path.exists() else "") + text)
    edited()
    assert not is_current(sql)
    assert migrate(database_url) is True
    assert is_current(sql)
    assert value(sql, "select digest from library.replaceable") != digest
    assert value(sql, "select count(*) from library.replaceable") == 1


def test_an_edited_function_replaces_the_old_one_and_data_stay(
    database_url: str, sql: Sql, files: Path
) -> None:
    sql.execute("insert into library.environment (cloud_name) values ('kept')")
    (files / "functions/99_new.sql").write_text(
        "create function search.answer() returns integer language sql return 42;"
    )
    edited()
    migrate(database_url)
    assert value(sql, "select search.answer()") == 42
    assert value(sql, "select cloud_name from library.environment") == "kept"


def test_a_broken_file_leaves_everything_as_it_was(
    database_url: str, sql: Sql, files: Path
) -> None:
    (files / "views/99_new.sql").write_text("create view report.extra as select nonsense;")
    edited()
    with pytest.raises(Exception, match="nonsense"):
        migrate(database_url)
    assert value(sql, "select count(*) from report.coverage") == 0
    (files / "views/99_new.sql").unlink()
    edited()
    assert is_current(sql)


def test_a_view_of_somebody_elses_is_not_dropped_with_ours(
    database_url: str, sql: Sql, files: Path
) -> None:
    sql.execute("create view public.mine as select cloud_name from report.coverage")
    sql.execute("create view public.scores as select search.closeness(0.5) as score")
    (files / "views/99_new.sql").write_text("create view report.extra as select 1 as one;")
    edited()
    with pytest.raises(Misconfigured, match=r"public\.mine, public\.scores") as refused:
        migrate(database_url)
    assert "iris migrate" in refused.value.message
    assert value(sql, "select count(*) from public.mine") == 0
    sql.execute("drop view public.mine, public.scores")
    assert migrate(database_url) is True


def test_a_server_without_pgvector_is_told_so(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration, "_OLDEST_POSTGRES", 99)
    with pytest.raises(Misconfigured, match=r"PostgreSQL \d+ is too old: Iris needs 99 or later"):
        migrate(database_url)
    monkeypatch.setattr(migration, "_OLDEST_POSTGRES", 16)
    monkeypatch.setattr(migration, "_OLDEST_VECTOR", (99, 0))
    with pytest.raises(Misconfigured, match=r"pgvector .* is too old: Iris needs 99\.0 or later"):
        migrate(database_url)
