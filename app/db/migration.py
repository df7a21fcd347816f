"""Brings a database to the current schema: Alembic runs sql/migrations, then functions, views and
grants are made anew, all in one transaction (sql/README.md).
"""

import hashlib
from functools import cache
from pathlib import Path

import psycopg
import sqlalchemy
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.rows import dict_row

from alembic import command
from app.db.pool import Connection
from app.db.queries import SQL, load
from app.errors import Misconfigured

_SQL = load("migration")
_PROJECT = SQL.parent
_OLDEST_POSTGRES = 16
_OLDEST_VECTOR = (0, 8, 4)  # 0.8.3 and 0.8.4 fixed corrupted HNSW indexes after a vacuum


def migrate(url: str) -> bool:
    """Creates or upgrades the schema, and answers whether there was anything to do.

    Raises:
        Misconfigured: the server or its pgvector is too old, somebody's view reads ours, or the
            user may not do what a migration does.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        _require_versions(connection)
        if is_current(connection):
            return False
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(_SQL["lock"])
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except sqlalchemy.exc.DBAPIError as error:
        raise Misconfigured(
            f"The schema could not be brought to this version, and is as it was: {error.orig}"
        ) from error
    finally:
        engine.dispose()
    return True


def is_current(connection: psycopg.Connection) -> bool:
    """Whether the database has this version's schema."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_SQL["applied"]).fetchone()
        if not found or not found["found"]:
            return False
        current = cursor.execute(_SQL["current"]).fetchone()
    return current == _expected()


async def is_current_async(connection: Connection) -> bool:
    """`is_current`, of a running server on one of its connections. False when it has no schema."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        current = await (await cursor.execute(_SQL["current"])).fetchone()
    return current == _expected()


@cache
def _expected() -> dict[str, str | None]:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return {"revision": head, "digest": _digest()}


def run_file(name: str) -> None:
    """Runs a file of sql/ inside the current Alembic migration."""
    from alembic import op

    _run(op.get_bind(), SQL / name)


def drop_replaceable(connection: sqlalchemy.Connection) -> None:
    """Drops functions and views, unless a view of somebody else's reads them."""
    outsiders = [row[0] for row in connection.exec_driver_sql(_SQL["outsiders"])]
    if outsiders:
        raise Misconfigured(
            f"Views outside Iris read its schemas and would be lost: {', '.join(outsiders)}."
            " Drop them, run `iris migrate`, and create them again."
        )
    connection.exec_driver_sql(_SQL["drop_replaceable"])


def create_replaceable(connection: sqlalchemy.Connection) -> None:
    """Creates functions, views and grants as the files have them, and records their digest."""
    for path in _replaceable():
        _run(connection, path)
    connection.exec_driver_sql(_SQL["forget_digest"])
    connection.exec_driver_sql(_SQL["set_digest"], {"digest": _digest()})


def _run(connection: sqlalchemy.Connection, path: Path) -> None:
    # Raw: text() would take ":name" in a comment for a parameter, a plain call would take "%".
    connection.exec_driver_sql(path.read_text(), execution_options={"no_parameters": True})


def _replaceable() -> list[Path]:
    functions, views = sorted(SQL.glob("functions/*.sql")), sorted(SQL.glob("views/*.sql"))
    return [*functions, *views, SQL / "grants.sql"]


def _digest() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in _replaceable())).hexdigest()


def _config() -> Config:
    return Config(toml_file=_PROJECT / "pyproject.toml")


def _require_versions(connection: psycopg.Connection) -> None:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_SQL["server_version"]).fetchone()
    assert found is not None
    if found["postgres"] < _OLDEST_POSTGRES:
        raise Misconfigured(
            f"PostgreSQL {found['postgres']} is too old: Iris needs {_OLDEST_POSTGRES} or later."
        )
    needed = ".".join(map(str, _OLDEST_VECTOR))
    if found["vector"] is None:
        raise Misconfigured(
            f"This PostgreSQL has no pgvector: install the extension, {needed} or later."
        )
    if tuple(map(int, found["vector"].split("."))) < _OLDEST_VECTOR:
        raise Misconfigured(
            f"pgvector {found['vector']} is too old: Iris needs {needed} or later"
            " (install it, then `alter extension vector update`)."
        )
