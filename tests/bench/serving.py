"""Servers as `iris serve` starts them, but with recorded vectors for an encoder.

`python -m tests.bench.serving URL FILES` is one of them: it prints its port, and serves until its
standard input is closed.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.library import Library, settings
from tests.bench.recorded import RecordedEncoder


@dataclass(frozen=True)
class Server:
    """A running process."""

    port: int
    pid: int

    def processor_time(self) -> float | None:
        """Milliseconds of a processor that it has taken so far; None where there is no /proc."""
        try:
            status = Path(f"/proc/{self.pid}/stat").read_text()
        except OSError:
            return None
        user, system = status.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) * 1000 / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(library: Library, processes: int = 1) -> Iterator[list[Server]]:
    """Running servers of a library, each a process of its own."""
    with ExitStack() as stack:
        started = [
            stack.enter_context(process("tests.bench.serving", library)) for _ in range(processes)
        ]
        yield [Server(int(each.stdout.readline()), each.pid) for each in started if each.stdout]


@contextmanager
def process(module: str, library: Library) -> Iterator[subprocess.Popen[str]]:
    """A module run on a library; the end of its standard input tells it to stop."""
    command = [sys.executable, "-m", module, library.url, str(library.directory)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        yield started
        if started.stdin and not started.stdin.closed:
            started.stdin.close()


async def _serve(url: str, files: Path) -> None:
    from app.asgi import create_app
    from app.cli.serving import listen, make_server
    from app.runtime import open_runtime
    from app.telemetry import configure_logs

    listening = listen("127.0.0.1", 0)
    configure_logs("warning")
    async with open_runtime(settings(files), url, RecordedEncoder(files)) as runtime:
        server = make_server(create_app(runtime), "warning")
        running = asyncio.create_task(server.serve(sockets=[listening]))
        print(listening.getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
        await running


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], Path(sys.argv[2])))
