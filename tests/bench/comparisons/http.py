"""Search by asset over HTTP.

Baseline: the same statement through psycopg, prepared, on one connection, the rows fetched. The two
take turns, with one client each, and never search by the same image.

Target: the median is at most 1.5 ms above that of the statement. What the server needs without any
search (`/health`) and for access alone (`ping`) stands below, to say where the rest goes; and the
processor time of its process for a search, which other load on the machine hardly changes.
"""

from collections.abc import Callable, Iterator

from tests.bench import statement
from tests.bench.bench import PAGE, Bench
from tests.bench.client import SEARCH, Client
from tests.bench.library import CLOUD
from tests.bench.results import Line, Result, Target, percentiles
from tests.bench.rows import asset_id
from tests.bench.serving import Server, serving
from tests.bench.statistics import interleaved

_TARGET = Target("difference", 1.5)


def compare(bench: Bench) -> Iterator[Line]:
    """Times of the search, of parts of it, and of the statement."""
    library = bench.library
    with (
        serving(library) as [server],
        Client(server.port) as client,
        library.connect() as connection,
    ):
        by_http = _http_calls(client, bench)
        by_sql = (
            lambda number=number: statement.by_asset(
                connection, library.environment_id, asset_id(number), library.settings, PAGE
            )
            for number in bench.draw(bench.calls, 2)
        )
        health = (lambda: client.get("/health") for _ in range(bench.calls))
        ping = (lambda: client.get(f"/v1_1/{CLOUD}/ping") for _ in range(bench.calls))
        http, sql, alive, pinged = interleaved([by_http, by_sql, health, ping], bench.warm_up)
        busy = _processor_time(server, client, bench)
        size = len(client.get(SEARCH, {"image_asset_id": asset_id(0).hex})) / 1000
    yield from percentiles("search by asset", http, sql, p50=_TARGET)
    yield from percentiles("ping: HTTP and access", pinged)
    yield from percentiles("health: HTTP alone", alive)
    if busy is not None:
        yield Result("processor time of the server for a search", busy, note=f"n={bench.samples}")
    yield Result("answer", size, "kB", note=f"{PAGE} results")


def _processor_time(server: Server, client: Client, bench: Bench) -> float | None:
    """Milliseconds for a search by asset."""
    before = server.processor_time()
    for number in bench.draw(bench.samples, 13):
        client.get(SEARCH, {"image_asset_id": asset_id(number).hex})
    after = server.processor_time()
    return None if before is None or after is None else (after - before) / bench.samples


def _http_calls(client: Client, bench: Bench) -> Iterator[Callable[[], object]]:
    for number in bench.draw(bench.calls, 1):
        identity = asset_id(number).hex
        yield lambda identity=identity: client.get(SEARCH, {"image_asset_id": identity})
