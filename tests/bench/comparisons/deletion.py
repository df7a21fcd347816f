"""Deleting 20 % of the library: pages and recall.

Half of what is deleted is drawn at random, half are whole topics. Baseline: the same searches, of
images that stay, before it. Then `vacuum`, which takes the dead out of the graph, then `reindex
concurrently`, which builds it anew while searches go on.

Target: pages stay full, and recall is what it was, without waiting for maintenance.
"""

from collections.abc import Iterator

import numpy as np
import psycopg

from tests.bench.bench import PAGE, Bench
from tests.bench.comparisons.recall import search_all
from tests.bench.library import Library
from tests.bench.results import Line, Result, Target, percentiles
from tests.bench.rows import Mask, asset_id
from tests.bench.statistics import Times, exact, recall, timed

_SHARE = 0.2
_NEAREST = 10
_FULL = Target("value", 1, "at least")
_UNCHANGED = Target("ratio", 0.995, "at least")

Measured = tuple[float, float, Times]


def compare(bench: Bench) -> Iterator[Line]:
    """Full pages, recall and times before, behind and after maintenance."""
    with bench.library.copied() as library, library.connect() as connection:
        # Maintenance comes when its time is measured, not before.
        connection.execute("alter table library.embedding set (autovacuum_enabled = off)")
        stays = ~_deleted(bench, library)
        bench.progress("before")
        before = _measure(bench, connection, library, stays, np.ones_like(stays))
        yield from _lines("before", before, None)
        for name, statements in _steps(library, ~stays):
            bench.progress(name)
            seconds = sum(timed(lambda each=each: connection.execute(*each)) for each in statements)
            yield Result(f"{name}, time", seconds / 1000, "s")
            after = _measure(bench, connection, library, stays, stays)
            yield from _lines(f"after {name}", after, before)


def _deleted(bench: Bench, library: Library) -> Mask:
    """Half of them at random, half the first of those that the tag of whole topics has."""
    rng = np.random.default_rng(11)
    deleted = rng.random(library.size) < _SHARE / 2
    topics = np.flatnonzero(library.masks["near50"] & ~deleted)
    deleted[topics[: int(_SHARE / 2 * library.size)]] = True
    return deleted


def _steps(
    library: Library, deleted: Mask
) -> Iterator[tuple[str, list[tuple[str, list[object] | None]]]]:
    identities = [asset_id(number) for number in np.flatnonzero(deleted)]
    yield "deletion", [("delete from library.asset where asset_id = any(%s)", [identities])]
    yield "vacuum", [("vacuum (analyze) library.embedding", None)]
    yield "reindex", [("reindex index concurrently library.embedding_hnsw", None)]


def _measure(
    bench: Bench, connection: psycopg.Connection, library: Library, stays: Mask, there: Mask
) -> Measured:
    """The share of full pages, recall of the 10 nearest, times; of queries by images that stay."""
    numbers = np.flatnonzero(stays)[bench.draw(bench.samples, 12) % stays.sum()]
    truth = exact(library.vectors, library.vectors[numbers], _NEAREST, there)
    ef_search = library.settings.ef_search
    pages, times = search_all(connection, library, truth.queries, PAGE, ef_search)
    nearest, _ = search_all(connection, library, truth.queries, _NEAREST, ef_search)
    full = float(np.mean([len(page) == PAGE for page in pages]))
    return full, recall(library.vectors, truth, nearest, _NEAREST), times


def _lines(when: str, measured: Measured, before: Measured | None) -> Iterator[Line]:
    full, share, times = measured
    base_full, base_share, base_times = before or (None, None, None)
    target = _UNCHANGED if before else None
    yield Result(f"{when}, share of pages that are full", full, "", base_full, _FULL)
    yield Result(f"{when}, {_NEAREST} nearest", share, "recall", base_share, target)
    yield from percentiles(when, times, base_times)
