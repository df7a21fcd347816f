"""Rows for tests of SQL, without going through uploads."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

from app.runtime import Runtime, open_runtime
from tests.database import Databases
from tests.fake_encoder import FakeEncoder
from tests.server import make_settings

Sql = psycopg.Connection[Any]
_NAMESPACE = UUID(int=1)


@pytest.fixture
def sql(database_url: str) -> Iterator[Sql]:
    """A connection to a migrated database for one test, in autocommit."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def runtime(database_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    """What a server holds, on a database for one test."""
    async with open_runtime(make_settings(tmp_path), database_url, FakeEncoder()) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def reported_url(databases: Databases) -> Iterator[str]:
    """A database with the library that reports are counted of."""
    from tests.sql.report_library import fill

    with databases.clone() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            fill(connection)
        yield url


@pytest.fixture(scope="module")
def reported(reported_url: str) -> Iterator[Sql]:
    """A connection to that library from a place where the day is another one than in UTC."""
    with psycopg.connect(reported_url, autocommit=True) as connection:
        connection.execute("set timezone = 'America/Los_Angeles'")
        yield connection


@pytest.fixture
def roles(sql: Sql) -> None:
    """Skips where the tests' user may not make roles."""
    found = "select count(*) from pg_roles where rolname in ('iris_app', 'iris_report')"
    if value(sql, found) != 2:
        pytest.skip("this PostgreSQL's user may not create roles")


def add_environment(sql: Sql, cloud_name: str) -> int:
    """The id of a new environment."""
    return value(
        sql,
        "insert into library.environment (cloud_name) values (%s) returning environment_id",
        cloud_name,
    )


def add_asset(sql: Sql, environment_id: int, number: int, *, visual_search: bool) -> UUID:
    """The id of a new image, which is the same for the same environment and number."""
    asset_id = uuid5(_NAMESPACE, f"{environment_id}/{number}")
    sql.execute(
        "insert into library.asset (environment_id, asset_id, public_id, version, format, bytes,"
        " width, height, etag, sha256, display_name, visual_search)"
        " values (%s, %s, %s, 1, 'png', 1, 1, 1, repeat('0', 32), '', %s, %s)",
        (environment_id, asset_id, f"n{number}", f"n{number}", visual_search),
    )
    return asset_id


def add_embedding(
    sql: Sql, environment_id: int, asset_id: UUID, vector: NDArray[np.floating]
) -> None:
    """The embedding of an image."""
    sql.execute(
        "insert into library.embedding (environment_id, asset_id, vector) values (%s, %s, %s)",
        (environment_id, asset_id, text(vector)),
    )


def text(vector: NDArray[np.floating]) -> str:
    """A vector as PostgreSQL reads it."""
    return "[" + ",".join(f"{x:.6g}" for x in vector) + "]"


def value(sql: Sql, statement: str, *values: object) -> Any:
    """The one value that a statement gives."""
    row = sql.execute(statement, values).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return row[0]


def use_dimension(sql: Sql, dimension: int) -> None:
    """Empty tables of embeddings for vectors of that dimension."""
    sql.execute("drop table library.embedding, library.embedding_next")
    for table in ("embedding", "embedding_next"):
        sql.execute("select library.create_embedding_table(%s, %s)", (table, dimension))
