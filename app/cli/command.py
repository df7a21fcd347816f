"""What all commands share: --data-dir, a prepared database, errors as one sentence."""

import functools
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn, ParamSpec

import click
import psycopg
import uvloop
from rich.console import Console

from app import settings as settings_module
from app.errors import IrisError
from app.runtime import Runtime, open_runtime, prepare_database
from app.settings import Settings
from app.telemetry import configure_logs

P = ParamSpec("P")

console = Console()
"""Results go here, to standard output."""

notices = Console(stderr=True)
"""Progress and remarks go here, so that output can be piped."""


def data_dir_option(function: Callable[P, None]) -> Callable[P, None]:
    """Adds `--data-dir`; `prepare` and `load_settings` read it from the context."""

    def remember(context: click.Context, _: click.Parameter, value: Path | None) -> None:
        if value is not None:
            context.find_root().obj = value

    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        expose_value=False,
        callback=remember,
        help="Where the embedded PostgreSQL lives [env: IRIS_DATA_DIR].",
    )(function)


def iris_command(
    function: Callable[P, Coroutine[Any, Any, None]],
) -> Callable[P, None]:
    """Makes a command of a coroutine function: --data-dir, logs, and errors as one sentence."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        # Dying at once would leave the embedded PostgreSQL running.
        signal.signal(signal.SIGTERM, _terminate)
        try:
            configure_logs("warning")
            uvloop.run(function(*args, **kwargs))
        except IrisError as error:
            raise click.ClickException(error.message) from error
        except psycopg.OperationalError as error:
            raise click.ClickException(f"The database cannot be reached: {error}") from error
        except KeyboardInterrupt:
            stopped()

    return data_dir_option(run)


def load_settings() -> Settings:
    """Settings of the environment and of --data-dir."""
    return settings_module.load(data_dir=click.get_current_context().find_root().obj)


def prepare() -> tuple[Settings, str]:
    """Settings and the URL of a running, migrated database."""
    settings = load_settings()
    with notices.status("Preparing the database …"):
        return settings, prepare_database(settings)


@asynccontextmanager
async def loaded_runtime(settings: Settings, url: str) -> AsyncIterator[Runtime]:
    """`open_runtime` for commands: loading a model can take a while, and says so."""
    async with AsyncExitStack() as stack:
        with notices.status("Loading the model …"):
            runtime = await stack.enter_async_context(open_runtime(settings, url))
        yield runtime


def _terminate(*_: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def stopped() -> NoReturn:
    """Ends the command as a shell expects it of one that Ctrl-C stopped."""
    notices.print("Stopped.")
    raise SystemExit(130)
