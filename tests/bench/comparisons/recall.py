"""Recall of the 10 and the 50 nearest, by image and by words.

The index with three sizes of its candidate list, through search.rank, beside the exact ranking of
the same function: recall is counted against exact arithmetic in numpy, time against the exact scan.
Queries by words are out of distribution: nothing in the library is near to them.

Target: 0.98 of the 10 nearest with the default candidate list, in both directions.
"""

from collections.abc import Iterator

import psycopg

from tests.bench import statement
from tests.bench.bench import PAGE, Bench
from tests.bench.library import Library
from tests.bench.results import Line, Result, Target, percentiles
from tests.bench.statistics import Times, recall, timed
from tests.bench.vectors import Vectors

EF_SEARCH = (40, 100, 200)
SIZES = (10, PAGE)
_TARGET = Target("value", 0.98, "at least")
_EXACT_SAMPLES = 50  # each is a scan of everything


def compare(bench: Bench) -> Iterator[Line]:
    """Recall and time of every candidate list, for pages of both sizes."""
    library = bench.library
    default = library.settings.ef_search
    with library.connect() as connection:
        for direction, truth in bench.directions.items():
            for page in SIZES:
                some = truth.queries[:_EXACT_SAMPLES]
                _, slow = search_all(connection, library, some, page, None)
                yield from percentiles(f"{direction}, {page} nearest, exact", slow)
                for ef in EF_SEARCH:
                    bench.progress(f"{direction}, {page} nearest, ef_search {ef}")
                    found, times = search_all(connection, library, truth.queries, page, ef)
                    target = _TARGET if (page, ef) == (SIZES[0], default) else None
                    name = f"{direction}, {page} nearest, ef_search {ef}"
                    share = recall(library.vectors, truth, found, page)
                    yield Result(name, share, "recall", 1.0, target)
                    yield from percentiles(name, times, slow)


def search_all(
    connection: psycopg.Connection,
    library: Library,
    queries: Vectors,
    page: int,
    ef_search: int | None,
) -> tuple[list[list[int]], Times]:
    """What the index finds for each query, or without `ef_search` the exact scan, and how fast."""
    found: list[list[int]] = []

    def search(query: Vectors) -> None:
        identities = statement.by_vector(
            connection,
            library.environment_id,
            query,
            page=page,
            exact_limit=statement.EVERYTHING if ef_search is None else 0,
            ef_search=ef_search or 1,
        )
        found.append([library.numbers[identity] for identity in identities])

    for query in queries[:10]:  # a warm-up
        search(query)
    found.clear()
    return found, Times(tuple(timed(lambda query=query: search(query)) for query in queries))
