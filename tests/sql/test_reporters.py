"""Who logs in as a reporter reads reports and scores, under limits, and reaches nothing else."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from app.db import reporters
from app.db.pool import Pool, open_pool
from app.errors import AlreadyExists, BadRequest, NotFound
from tests.server import make_settings
from tests.sql.conftest import Sql, value
from tests.sql.test_reports import EXPECTED, rows

DENIED = psycopg.errors.InsufficientPrivilege

pytestmark = pytest.mark.usefixtures("roles")


@pytest.fixture
async def admin(reported_url: str, tmp_path: Path) -> AsyncIterator[Pool]:
    """The app's pool on the library that was counted by hand."""
    async with open_pool(reported_url, make_settings(tmp_path)) as pool:
        yield pool


@pytest.fixture
def name() -> str:
    """Roles belong to the server, which other tests share."""
    return f"reporter_{os.urandom(4).hex()}"


@pytest.fixture
async def url(admin: Pool, name: str, reported_url: str) -> AsyncIterator[str]:
    """The URL that a new reporter was given."""
    async with admin.connection() as connection:
        password = await reporters.add(connection, name)
    yield reporters.url_of(reported_url, name, password)
    async with admin.connection() as connection:
        with contextlib.suppress(NotFound):
            await reporters.remove(connection, name)


@pytest.fixture
def reporter(url: str) -> Iterator[Sql]:
    """A connection as the reporter."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("view", ["asset", "searches", "storage", *EXPECTED])
def test_a_reporter_reads_every_report(reporter: Sql, view: str) -> None:
    assert rows(reporter, view)


RELATIONS = """
    select oid::regclass::text
    from pg_class
    where relnamespace::regnamespace::text in ('library', 'procrastinate') and relkind in ('r', 'S')
    union all
    select 'public.alembic_version'
"""


def test_a_reporter_reads_no_table(reporter: Sql, reported: Sql) -> None:
    tables = [row[0] for row in reported.execute(RELATIONS)]
    assert {"library.original", "library.api_key", "library.embedding"} <= set(tables)
    for table in tables:
        with pytest.raises(DENIED):
            reporter.execute(f"select count(*) from {table}")  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "statement",
    [
        "select library.normal('x')",
        "select library.remake_next_table(3)",
        "select procrastinate.procrastinate_prune_stalled_workers_v1(0)",
        "select search.vector_of(1, gen_random_uuid())",
        "select search.rank(1, null)",
        "select search.environment_of('shop')",
        "select pg_read_file('PG_VERSION')",
        "select pg_ls_dir('.')",
        "copy (select 1) to program 'true'",
        "set role iris_app",
        "create schema mine",
        "create table public.mine (x integer)",
        "create table report.mine (x integer)",
        "create function public.mine() returns integer language sql return 1",
        "create role another",
        "delete from report.asset",
        "update report.searches set query = ''",
    ],
)
def test_a_reporter_does_nothing_else_even_with_the_right_to_write(
    reporter: Sql, statement: str
) -> None:
    reporter.execute("set default_transaction_read_only = off")
    # Views of several tables cannot be written by anybody.
    with pytest.raises((DENIED, psycopg.errors.ObjectNotInPrerequisiteState)):
        reporter.execute(statement)  # type: ignore[call-overload]


def test_statistics_of_columns_do_not_tell_a_reporter_what_is_in_them(
    reporter: Sql, reported: Sql
) -> None:
    reported.execute("analyze library.api_key, library.asset")
    known = "select count(*) from pg_stats where schemaname = 'library'"
    assert value(reported, known) > 0
    assert value(reporter, known) == 0


def test_a_reporter_ranks_and_compares_by_name(reporter: Sql) -> None:
    found = reporter.execute(
        "select public_id, score from search.by_asset('shop', 'a1')"
    ).fetchall()
    assert sorted(found) == [("a1", 1), ("a2", 1), ("a7", 1)]  # they have the same vector
    assert value(reporter, "select search.similarity('shop', 'a1', 'a2')") == pytest.approx(1)


FUNCTIONS = """
    select pg_proc.oid::regprocedure::text, prosecdef, provolatile, proconfig
    from pg_proc
    where pronamespace::regnamespace::text in ('library', 'search', 'procrastinate')
        and has_function_privilege(%s, pg_proc.oid, 'execute')
"""


def test_nobody_executes_a_function_without_being_named(reported: Sql) -> None:
    assert reported.execute(FUNCTIONS, ("public",)).fetchall() == []


def test_public_functions_are_of_search_and_reach_tables_in_a_safe_way_only(reported: Sql) -> None:
    found = reported.execute(FUNCTIONS, ("iris_report",)).fetchall()
    assert found
    for function, runs_as_owner, volatility, settings in found:
        assert function.startswith("search.")
        if runs_as_owner:
            paths = [each for each in settings or [] if each.startswith("search_path=")]
            assert [path.endswith(", pg_temp") for path in paths] == [True], function
        else:
            assert volatility == "i", function


def test_a_reporter_cannot_have_its_own_code_run_with_the_rights_of_the_owner(
    reporter: Sql, name: str
) -> None:
    """By a type of its own with the name of one that the public functions use."""
    reporter.execute("set default_transaction_read_only = off")
    reporter.execute(
        "create function pg_temp.spy(x public.halfvec) returns boolean language plpgsql as"
        " $$ begin raise notice '%', current_user; return true; end $$"
    )
    reporter.execute("create domain pg_temp.halfvec as public.halfvec check (pg_temp.spy(value))")
    ran_as: list[str | None] = []
    reporter.add_notice_handler(lambda notice: ran_as.append(notice.message_primary))
    assert value(reporter, "select '[1]'::pg_temp.halfvec") is not None
    assert ran_as == [name]
    assert rows_of_search(reporter) == 3
    assert ran_as == [name]


def rows_of_search(sql: Sql) -> int:
    count = "select count(*) from search.by_asset('shop', 'a1')"
    words = "select count(*) from search.by_text('shop', 'a')"
    assert value(sql, count) == value(sql, words)
    return int(value(sql, count))


# Limits -------------------------------------------------------------------------------------------


def test_a_reporter_has_the_limits_of_the_role_at_once(reporter: Sql, name: str) -> None:
    assert value(reporter, "show statement_timeout") == "1min"
    assert value(reporter, "show idle_in_transaction_session_timeout") == "1min"
    assert value(reporter, "show default_transaction_read_only") == "on"
    limit = "select rolconnlimit from pg_roles where rolname = %s"
    assert value(reporter, limit, name) == value(reporter, limit, "iris_report") == 5


def test_a_query_that_takes_too_long_is_ended(url: str, reported: Sql, name: str) -> None:
    reported.execute(f"alter role {name} set statement_timeout = '100ms'")  # type: ignore[call-overload]
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("select pg_sleep(20)")


def test_a_reporter_does_not_take_all_connections(url: str) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(psycopg.connect(url))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            psycopg.connect(url)


# Coming and going ---------------------------------------------------------------------------------


async def test_a_reporter_that_is_removed_is_gone_at_once(
    admin: Pool, url: str, reporter: Sql, name: str
) -> None:
    async with admin.connection() as connection:
        await reporters.remove(connection, name)
    with pytest.raises(psycopg.OperationalError):
        reporter.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


async def test_only_reporters_are_removed(admin: Pool) -> None:
    async with admin.connection() as connection:
        own = (await (await connection.execute("select current_user")).fetchone() or [""])[0]
        for role in (own, "iris_report", "iris_app", "nobody_at_all"):
            with pytest.raises(NotFound):
                await reporters.remove(connection, role)


@pytest.mark.parametrize("bad", ["", "Upper", "a b", 'a"b', "pg_mine", "1st", "a" * 64])
async def test_a_name_that_cannot_be_is_refused(admin: Pool, bad: str) -> None:
    async with admin.connection() as connection:
        with pytest.raises(BadRequest, match="cannot be the name of a reporter"):
            await reporters.add(connection, bad)


async def test_a_role_that_exists_is_left_alone(admin: Pool, url: str, name: str) -> None:
    async with admin.connection() as connection:
        with pytest.raises(AlreadyExists, match=f"There is a database role {name} already"):
            await reporters.add(connection, name)
    with psycopg.connect(url):
        pass


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        (
            "postgresql://iris:x@db.example.com:5433/media?sslmode=require",
            "postgresql://bob:pw@db.example.com:5433/media?sslmode=require",
        ),
        ("postgresql://iris:x@db/media", "postgresql://bob:pw@db/media"),
        (
            "postgresql://postgres:@/postgres?host=/run/iris",
            "postgresql://bob:pw@/postgres?host=/run/iris",
        ),
        ("host=db user=iris dbname=media", "postgresql://bob:pw@db/media"),
    ],
)
def test_the_url_of_a_reporter_is_that_of_the_database(database: str, expected: str) -> None:
    assert reporters.url_of(database, "bob", "pw") == expected
