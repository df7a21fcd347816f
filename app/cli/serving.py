"""iris serve, worker, migrate: the processes of an installation."""

import socket

import click
import uvicorn

from app.asgi import create_app
from app.cli.command import console, iris_command, loaded_runtime, notices, prepare
from app.telemetry import configure_logs
from app.worker import work


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@iris_command
async def serve(host: str, port: int) -> None:
    """Serve the API and the page until Ctrl-C."""
    listening = listen(host, port)
    settings, url = prepare()
    configure_logs(settings.log_level)
    async with loaded_runtime(settings, url) as runtime:
        notices.print(f"Iris listens on {address(listening)} - stop it with Ctrl-C.")
        await make_server(create_app(runtime), settings.log_level).serve(sockets=[listening])


@click.command()
@iris_command
async def worker() -> None:
    """Embed what lacks an embedding, group near-duplicates, send webhooks, until Ctrl-C.

    Any number of workers may run.
    """
    settings, url = prepare()
    configure_logs(settings.log_level)
    done = 0

    def progress(embedded: int) -> None:
        nonlocal done
        done += embedded
        if embedded:
            notices.print(f"{done} images embedded")

    async with loaded_runtime(settings, url) as runtime:
        notices.print("Waiting for images - stop with Ctrl-C.")
        await work(runtime, progress=progress)


@click.command()
@iris_command
async def migrate() -> None:
    """Create the database's schema, or bring it to this version's."""
    prepare()
    console.print("The database is up to date.")


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, taken before anything slow: a port in use is said at once.

    Raises:
        click.ClickException: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named: without it every
    # answer on a kept connection waits 40 ms for the client's delayed acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)  # so that a client can wait while the model loads
    except OSError as error:
        listening.close()
        raise click.ClickException(
            f"Cannot listen on {host}:{port} ({error.strerror}): choose another with --port."
        ) from error
    return listening


def address(listening: socket.socket) -> str:
    """The URL under which a listening socket is reached."""
    host, port = listening.getsockname()[:2]
    name = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def make_server(app: object, log_level: str) -> uvicorn.Server:
    """A uvicorn server for a socket that is bound already."""
    return uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]
            log_config=None,
            access_log=log_level == "debug",
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    )
