"""Building the HNSW index, for `halfvec` and for `vector`.

The same vectors in two tables, m 16, ef_construction 200, the graph in memory, as many processes as
PostgreSQL gives by default. Baseline of the lines for `halfvec`: those for `vector`.

No target: it says what the smaller type saves.
"""

from collections.abc import Iterator

import psycopg

from tests.bench.bench import Bench
from tests.bench.library import build_index
from tests.bench.results import Line, Result
from tests.bench.statistics import timed

_MEGABYTE = 1 << 20


def compare(bench: Bench) -> Iterator[Line]:
    """Time and size of both."""
    with bench.library.copied() as library, library.connect() as connection:
        connection.execute("drop index library.embedding_hnsw")
        dimension = library.vectors.shape[1]
        measured = {}
        for kind in ("vector", "halfvec"):
            bench.progress(kind)
            connection.execute(f"create table made_{kind} (vector {kind}({dimension}) not null)")
            connection.execute(f"alter table made_{kind} alter vector set storage plain")
            connection.execute(
                f"insert into made_{kind} select vector::{kind}({dimension}) from library.embedding"
            )
            measured[kind] = _build(connection, kind)
    seconds, index, table = measured["vector"]
    yield Result("vector, build", seconds, "s")
    yield Result("vector, index", index, "MB")
    yield Result("vector, table", table, "MB")
    half_seconds, half_index, half_table = measured["halfvec"]
    yield Result("halfvec, build", half_seconds, "s", seconds)
    yield Result("halfvec, index", half_index, "MB", index)
    yield Result("halfvec, table", half_table, "MB", table)


def _build(connection: psycopg.Connection, kind: str) -> tuple[float, float, float]:
    """Seconds, and megabytes of the index and of the table."""
    name = f"made_{kind}_hnsw"
    seconds = (
        timed(lambda: build_index(connection, f"made_{kind}", name, f"{kind}_cosine_ops")) / 1000
    )
    sizes = connection.execute(
        "select pg_relation_size(%s), pg_table_size(%s)", [name, f"made_{kind}"]
    ).fetchone()
    assert sizes is not None
    return seconds, sizes[0] / _MEGABYTE, sizes[1] / _MEGABYTE
