"""Embeddings in a second, with the HNSW index live.

One at a time as workers store them (sql/queries/embeddings.sql), on one connection and on four; and
in bulk by COPY, in one transaction. Baseline: the same without the HNSW index.

No target: it says how long a library takes to import or to re-embed, where the model is fast.
"""

import asyncio
import time
from collections.abc import Callable, Iterator

import numpy as np

from app.db import embeddings, models
from app.db.embeddings import Claimed
from app.db.pool import open_pool
from tests.bench.bench import Bench
from tests.bench.library import Library, copy_assets, copy_embeddings
from tests.bench.results import Line, Result
from tests.bench.rows import asset_id
from tests.bench.vectors import Generator, Vectors

_COUNT = 500  # for each line
_BEYOND = 2_000_000  # a chunk that is in no library

Insert = Callable[[Library, int, Vectors], None]


def compare(bench: Bench) -> Iterator[Line]:
    """Rates of each way with and without the index."""
    with bench.library.copied() as library:
        vectors = Generator().images(_BEYOND, 2 * len(_WAYS) * _COUNT).vectors
        _add_assets(library, len(vectors))
        batches = np.split(vectors, 2 * len(_WAYS))
        live = [_rate(bench, library, place, batches) for place in range(len(_WAYS))]
        with library.connect() as connection:
            connection.execute("drop index library.embedding_hnsw")
        bare = [_rate(bench, library, place, batches) for place in range(len(_WAYS), len(batches))]
    for name, with_index, without in zip(_WAYS, live, bare, strict=True):
        yield Result(name, with_index, "/s", without, note=f"n={_COUNT}")


def _rate(bench: Bench, library: Library, place: int, batches: list[Vectors]) -> float:
    name, insert = list(_WAYS.items())[place % len(_WAYS)]
    bench.progress(name)
    started = time.perf_counter()
    insert(library, library.size + place * _COUNT, batches[place])
    return _COUNT / (time.perf_counter() - started)


def _add_assets(library: Library, count: int) -> None:
    """Assets that wait for their embeddings."""
    with library.connect() as connection, connection.transaction():
        topics = np.zeros(count, dtype=np.int64)
        copy_assets(connection, library.environment_id, topics, {}, first=library.size)
        connection.execute(
            """insert into library.indexing (environment_id, asset_id)
            select environment_id, asset_id
            from library.asset
            left join library.embedding using (environment_id, asset_id)
            where embedding.asset_id is null"""
        )


def _store(connections: int) -> Insert:
    def insert(library: Library, first: int, vectors: Vectors) -> None:
        asyncio.run(_store_all(library, first, vectors, connections))

    return insert


async def _store_all(library: Library, first: int, vectors: Vectors, connections: int) -> None:
    left = iter(enumerate(vectors, first))
    async with open_pool(library.url, library.settings) as pool:

        async def lane() -> None:
            async with pool.connection() as connection:
                model = await models.active(connection)
                assert model is not None
                for number, vector in left:
                    image = _claimed(library, number)
                    stored = await embeddings.store(
                        connection, image, vector, model_id=model.model_id
                    )
                    assert stored

        await asyncio.gather(*(lane() for _ in range(connections)))


def _claimed(library: Library, number: int) -> Claimed:
    identity = asset_id(number)
    return Claimed(
        environment_id=library.environment_id,
        asset_id=identity,
        sha256=identity.bytes * 2,
        bytes=1,
    )


def _copy(library: Library, first: int, vectors: Vectors) -> None:
    with library.connect() as connection, connection.transaction():
        copy_embeddings(connection, library.environment_id, vectors, first=first)


_WAYS: dict[str, Insert] = {
    "stored one by one, 1 connection": _store(1),
    "stored one by one, 4 connections": _store(4),
    "COPY": _copy,
}
