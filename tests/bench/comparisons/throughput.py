"""Searches by asset in a second, by clients.

Baseline: pgbench with as many clients, running the same statement prepared; each of its clients has
a PostgreSQL process of its own, as each connection of the server's pool has.

Target: at least 0.8 of pgbench. A Python process uses one core, so the line with a server process
for each core is the one to compare; the load comes from threads that hardly parse the answers, and
from pgbench, both on the same machine.
"""

import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator

from tests.bench import statement
from tests.bench.bench import PAGE, Bench
from tests.bench.client import SEARCH, Client
from tests.bench.results import Line, Missing, Result, Target
from tests.bench.rows import asset_id
from tests.bench.serving import Server, serving

CLIENTS = (1, 4, 16)
_TARGET = Target("ratio", 0.8, "at least")
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


def compare(bench: Bench) -> Iterator[Line]:
    """Rates for each number of clients, by one server process and by one for each core."""
    try:
        baselines = {clients: _pgbench(bench, clients) for clients in CLIENTS}
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        yield Missing("pgbench", str(error))
        return
    cores = os.cpu_count() or 1
    for processes in sorted({1, cores}):
        with serving(bench.library, processes) as servers:
            for clients in CLIENTS:
                bench.progress(f"{clients} clients, {processes} server processes")
                name = f"{clients} clients, {processes} server process{'es'[: 2 * (processes > 1)]}"
                rate = _load(bench, servers, clients)
                target = _TARGET if processes == cores else None
                yield Result(name, rate, "/s", baselines[clients], target, f"{bench.seconds:g} s")


def _load(bench: Bench, servers: list[Server], clients: int) -> float:
    """Searches in a second that clients get, spread evenly over the servers."""
    stop, measure = threading.Event(), threading.Event()
    counts, failures = [0] * clients, []

    def search(number: int) -> None:
        try:
            with Client(servers[number % len(servers)].port) as client:
                for each in bench.draw(1_000_000, 1000 + number):
                    client.get(SEARCH, {"image_asset_id": asset_id(each).hex})
                    counts[number] += measure.is_set()
                    if stop.is_set():
                        return
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    time.sleep(bench.seconds / 5)  # pools open their connections, PostgreSQL plans
    measure.set()
    time.sleep(bench.seconds)
    stop.set()
    done = sum(counts)
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return done / bench.seconds


def _pgbench(bench: Bench, clients: int) -> float:
    """Transactions in a second of pgbench, after as much warm-up as `_load` has."""
    library = bench.library
    script = statement.pgbench_script(library.environment_id, library.size, library.settings, PAGE)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        for seconds in (bench.seconds / 5, bench.seconds):
            bench.progress(f"pgbench, {clients} clients")
            output = subprocess.run(
                [
                    *("pgbench", "--no-vacuum", "--protocol=prepared", f"--file={file.name}"),
                    *(f"--client={clients}", f"--jobs={min(clients, os.cpu_count() or 1)}"),
                    *(f"--time={max(1, round(seconds))}", library.url),
                ],
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ, "PGOPTIONS": "-c jit=off"},
            ).stdout
    found = _TPS.search(output)
    assert found is not None
    return float(found[1])
