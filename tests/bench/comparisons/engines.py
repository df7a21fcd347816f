"""The 10 nearest by other engines.

The graphs have the same m (16), ef_construction (200) and ef (100) as ours.

Baseline: search.rank through psycopg with the same candidate list. hnswlib and faiss hold float32
vectors in the process that asks, with no rows, no transactions and no other users; numpy and faiss
Flat compare everything, with all cores. They come with the extra `bench`.

No target: it shows what a database costs, and that the graph is as good as theirs.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from tests.bench.bench import Bench
from tests.bench.comparisons.recall import search_all
from tests.bench.library import EF_CONSTRUCTION, M
from tests.bench.results import Line, Missing, Result, percentiles
from tests.bench.statistics import Times, Truth, exact, recall, timed
from tests.bench.vectors import Vectors

EF_SEARCH = 100

NEAREST = 10

Search = Callable[[Vectors], NDArray[np.int64]]


def compare(bench: Bench) -> Iterator[Line]:
    """Recall and time of each engine, in both directions; build times."""
    library, baselines = bench.library, {}
    with library.connect() as connection:
        for direction, truth in bench.directions.items():
            found, times = search_all(connection, library, truth.queries, NEAREST, EF_SEARCH)
            baselines[direction] = recall(library.vectors, truth, found, NEAREST), times
    for name, make in _ENGINES.items():
        bench.progress(name)
        started = time.perf_counter()
        try:
            search = make(library.vectors)
        except ImportError as error:
            yield Missing(name, f"{error}; pip install -e '.[bench]'")
            continue
        built = time.perf_counter() - started
        if built > 1:
            yield Result(f"{name}, build", built, "s")
        for direction, truth in bench.directions.items():
            found, times = _search_all(search, truth)
            share, by_sql = baselines[direction]
            name_here = f"{name}, {direction}"
            own = recall(library.vectors, truth, found, NEAREST)
            yield Result(name_here, own, "recall", share)
            yield from percentiles(name_here, times, by_sql)


def _search_all(search: Search, truth: Truth) -> tuple[list[list[int]], Times]:
    found: list[list[int]] = []
    for query in truth.queries[:10]:
        search(query)
    times = [timed(lambda q=q: found.append(search(q).tolist())) for q in truth.queries]
    return found, Times(tuple(times))


def _numpy(vectors: Vectors) -> Search:
    def search(query: Vectors) -> NDArray[np.int64]:
        return exact(vectors, query[None], NEAREST).numbers[0]

    return search


def _hnswlib(vectors: Vectors) -> Search:
    import hnswlib

    index = hnswlib.Index(space="cosine", dim=vectors.shape[1])
    index.init_index(len(vectors), M=M, ef_construction=EF_CONSTRUCTION, random_seed=1)
    index.add_items(vectors)
    index.set_ef(EF_SEARCH)
    index.set_num_threads(1)
    return lambda query: index.knn_query(query, NEAREST)[0][0].astype(np.int64)


def _faiss_hnsw(vectors: Vectors) -> Search:
    import faiss

    index = faiss.IndexHNSWFlat(vectors.shape[1], M, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = EF_CONSTRUCTION
    index.add(vectors)
    index.hnsw.efSearch = EF_SEARCH
    return lambda query: index.search(query[None], NEAREST)[1][0]


def _faiss_flat(vectors: Vectors) -> Search:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return lambda query: index.search(query[None], NEAREST)[1][0]


_ENGINES = {
    "numpy, exact": _numpy,
    "faiss Flat, exact": _faiss_flat,
    "faiss HNSW": _faiss_hnsw,
    "hnswlib": _hnswlib,
}
