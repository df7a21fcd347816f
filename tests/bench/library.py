"""The library that is searched: made once for each size, then found again in the directory."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector

from app.db import api_keys, background, environments
from app.db.migration import migrate
from app.db.pool import open_pool
from app.keyring import load_keyring
from app.runtime import open_model
from app.settings import Settings
from tests.bench import postgres, rows
from tests.bench.recorded import RecordedEncoder
from tests.bench.vectors import CHUNK, Generator, Vectors

CLOUD, KEY, SECRET = "bench", "100000000000001", "a secret of the benchmark only"
TEXTS = 2000
"""Queries by words that a library knows: `text=query 0` and so on."""

M, EF_CONSTRUCTION = 16, 200
"""Of the HNSW index, as in migration 0013."""

_VERSION = 2  # one more with every change of the rows or vectors: caches are made anew
_BUILD_MEMORY = "2GB"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Library:
    """A filled database and the vectors in it, as float32 of what halfvec keeps."""

    url: str
    directory: Path
    size: int
    environment_id: int

    @cached_property
    def vectors(self) -> Vectors:
        """Shape (size, dimension)."""
        return np.load(self.directory / "images.npy").astype(np.float32)

    @cached_property
    def texts(self) -> Vectors:
        """Shape (TEXTS, dimension)."""
        return np.load(self.directory / "texts.npy").astype(np.float32)

    @cached_property
    def masks(self) -> dict[str, rows.Mask]:
        """Which images pass the conditions of known selectivity."""
        return rows.conditions(np.load(self.directory / "topics.npy"))

    @cached_property
    def numbers(self) -> dict[UUID, int]:
        """The row of `vectors` that an asset has."""
        return {rows.asset_id(number): number for number in range(self.size)}

    @property
    def settings(self) -> Settings:
        """Of its servers: the defaults."""
        return settings(self.directory)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """A connection as the application's pool makes it."""
        with psycopg.connect(self.url, autocommit=True, options="-c jit=off") as connection:
            register_vector(connection)
            yield connection

    @contextmanager
    def copied(self) -> Iterator["Library"]:
        """A copy that may be changed."""
        with postgres.copy_of(self.url) as url:
            yield replace(self, url=url)


def settings(directory: Path) -> Settings:
    """The defaults, on a key that everybody knows."""
    return Settings(data_dir=directory, server_key="the key of the benchmark")


def open_library(directory: Path, size: int, progress: Progress) -> Library:
    """The library of that size in a directory, made if it is not there."""
    server_url = postgres.start(directory)
    files = directory / f"library-{size}"
    name = f"bench_v{_VERSION}_{size}"
    if not (files / "complete").exists() or not postgres.exists(server_url, name):
        _make(postgres.create(server_url, name), files, size, progress)
    url = postgres.database_url(server_url, name)
    migrate(url)
    asyncio.run(_measure_background(url, files))
    with psycopg.connect(url) as connection:
        found = connection.execute("select environment_id from library.environment").fetchone()
    assert found is not None
    return Library(url, files, size, found[0])


def _make(url: str, files: Path, size: int, progress: Progress) -> None:
    files.mkdir(parents=True, exist_ok=True)
    progress("making vectors")
    topics = _make_vectors(files, size)
    migrate(url)
    environment_id = asyncio.run(_make_account(url, files))
    with psycopg.connect(url) as connection:
        register_vector(connection)
        progress("copying assets")
        connection.execute("drop index library.embedding_hnsw")
        copy_assets(connection, environment_id, topics, rows.conditions(topics))
        progress("copying embeddings")
        copy_embeddings(connection, environment_id, np.load(files / "images.npy"))
    with psycopg.connect(url, autocommit=True) as connection:
        progress("building the HNSW index")
        build_index(connection, "library.embedding", "embedding_hnsw", "halfvec_cosine_ops")
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")
    (files / "complete").touch()


def _make_vectors(files: Path, size: int) -> NDArray[np.int64]:
    generator = Generator()
    vectors = np.empty((size, generator.dimension), dtype=np.float16)
    topics = np.empty(size, dtype=np.int64)
    for begin in range(0, size, CHUNK):
        end = min(size, begin + CHUNK)
        made = generator.images(begin // CHUNK, end - begin)
        vectors[begin:end], topics[begin:end] = made.vectors, made.topics
    np.save(files / "images.npy", vectors)
    np.save(files / "topics.npy", topics)
    np.save(files / "texts.npy", generator.texts(TEXTS).astype(np.float16))
    return topics


async def _make_account(url: str, files: Path) -> int:
    async with open_pool(url, settings(files)) as pool:
        await open_model(pool, settings(files), RecordedEncoder(files))
        async with pool.connection() as connection:
            environment = await environments.create(connection, CLOUD)
            keyring = load_keyring(settings(files))
            await api_keys.add(connection, keyring, environment, api_key=KEY, secret=SECRET)
    return environment.environment_id


async def _measure_background(url: str, files: Path) -> None:
    """What a worker does once a library has grown: scores are measured by it."""
    async with open_pool(url, settings(files)) as pool, pool.connection() as connection:
        for environment_id in await background.outdated(connection):
            await background.measure(connection, environment_id)


def copy_assets(
    connection: psycopg.Connection,
    environment_id: int,
    topics: NDArray[np.int64],
    masks: dict[str, rows.Mask],
    *,
    first: int = 0,
) -> None:
    """Puts assets, which must have embeddings or wait for them in the same transaction."""
    statement = f"copy library.asset ({', '.join(rows.COLUMNS)}) from stdin (format binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(rows.COLUMNS.values()))
        for row in rows.rows(environment_id, topics, masks, first):
            copy.write_row(row)


def copy_embeddings(
    connection: psycopg.Connection,
    environment_id: int,
    vectors: NDArray[np.floating],
    *,
    first: int = 0,
    table: str = "library.embedding",
) -> None:
    """Puts vectors into a table by COPY, for the assets from number `first` on."""
    statement = f"copy {table} (environment_id, asset_id, vector) from stdin (format binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(["int8", "uuid", "halfvec"])
        for number, vector in enumerate(vectors, first):
            copy.write_row((environment_id, rows.asset_id(number), HalfVector(vector)))


def build_index(connection: psycopg.Connection, table: str, index: str, operators: str) -> None:
    """Builds an HNSW index as migrations do, in memory and in parallel."""
    connection.execute(f"set maintenance_work_mem = '{_BUILD_MEMORY}'")
    connection.execute(
        f"create index {index} on {table} using hnsw (vector {operators})"
        f" with (m = {M}, ef_construction = {EF_CONSTRUCTION})"
    )
