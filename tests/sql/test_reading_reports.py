"""app.db.reports: which reports there are, and their rows under the limits of a reporter."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.db import reports
from app.db.pool import Connection, Pool, open_pool
from app.errors import BadRequest, NotFound
from tests.server import make_settings
from tests.sql.conftest import Sql

SESSION = """
    select
        current_user,
        current_setting('transaction_read_only'),
        current_setting('statement_timeout')
"""


@pytest.fixture
async def connection(reported_url: str, tmp_path: Path) -> AsyncIterator[Connection]:
    async with (
        open_pool(reported_url, make_settings(tmp_path)) as pool,
        pool.connection() as connection,
    ):
        yield connection


async def read(connection: Connection, name: str, **selected: Any) -> list[tuple[Any, ...]]:
    report = await reports.find(connection, name)
    async with reports.opened(connection, report, **selected) as rows:
        return [row async for row in rows]


async def test_reports_describe_themselves(connection: Connection) -> None:
    found = {report.name: report for report in await reports.list_all(connection)}
    assert list(found) == sorted(found)
    formats = found["library_by_format"]
    assert formats.description == "Assets and bytes by file format"
    assert [(column.name, column.type) for column in formats.columns[2:5]] == [
        ("format", "text"),
        ("assets", "bigint"),
        ("bytes", "bigint"),
    ]
    assert formats.columns[4].description == "Originals, without renditions"
    assert formats.has_cloud
    assert not found["storage"].has_cloud


async def test_rows_come_in_order_of_one_cloud_and_up_to_a_limit(connection: Connection) -> None:
    months = await read(connection, "library_by_month", cloud="shop")
    assert [row[2] for row in months] == [2, 2, 3]
    assert await read(connection, "library_by_month", cloud="shop", limit=2) == months[:2]
    assert await read(connection, "library_by_month", cloud="'; drop table x") == []
    with pytest.raises(BadRequest, match="whole database"):
        await read(connection, "models", cloud="shop")


@pytest.mark.parametrize(
    ("name", "near"),
    [("searchs", "searches"), ("folder", "library_by_folder"), ("cover", "coverage")],
)
async def test_an_unknown_name_is_refused_with_those_near_it(
    connection: Connection, name: str, near: str
) -> None:
    with pytest.raises(NotFound, match=f"no report {name}. Did you mean .*{near}"):
        await reports.find(connection, name)


async def test_a_name_like_no_other_is_refused_too(connection: Connection) -> None:
    for name in ("", "zzz", "pg_class", 'coverage"; drop table x'):
        with pytest.raises(NotFound, match="`iris report` lists all"):
            await reports.find(connection, name)


@pytest.mark.usefixtures("roles")
async def test_the_session_is_a_reporters_while_rows_are_read(connection: Connection) -> None:
    async def session() -> Any:
        return await (await connection.execute(SESSION)).fetchone()

    before = await session()
    report = await reports.find(connection, "coverage")
    async with reports.opened(connection, report):
        assert await session() == ("iris_report", "on", "1min")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with connection.transaction():
                await connection.execute("select data from library.original")
    assert await session() == before


async def test_what_takes_too_long_is_one_sentence(connection: Connection) -> None:
    report = await reports.find(connection, "coverage")

    async def take_long() -> None:
        async with reports.opened(connection, report):
            await connection.execute("select set_config('statement_timeout', '50ms', true)")
            await connection.execute("select pg_sleep(20)")

    with pytest.raises(BadRequest, match="coverage took longer than a reporter may"):
        await take_long()


async def test_a_database_without_the_roles_has_the_limits_all_the_same(
    pool: Pool, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the user of DATABASE_URL may not create roles."""
    kept = {**reports._SQL}
    for name in ("limit_as_reporter", "become_reporter"):
        kept[name] = kept[name].replace("iris_report", "iris_nobody")
    monkeypatch.setattr(reports, "_SQL", kept)
    async with pool.connection() as connection:
        report = await reports.find(connection, "coverage")
        async with reports.opened(connection, report):
            user, read_only, timeout = (await (await connection.execute(SESSION)).fetchone()) or ()
    assert (read_only, timeout) == ("on", "1min")
    assert user == sql.info.user
