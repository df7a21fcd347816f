"""Libraries of some thousand vectors, what SQL answers about them, and numpy's opinion of it."""

import random
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from tests.sql.conftest import Sql, text, use_dimension, value

DIMENSION = 64
_CHANCE = random.Random(1)
Floats = NDArray[np.float64]


class VectorLibrary:
    """Clustered unit vectors in a database of one's own; subclasses say whose they are.

    `environment` is the one that is asked unless another is named.
    """

    environment: int

    def __init__(self, sql: Sql, seed: int = 7) -> None:
        self.sql = sql
        self.random = np.random.default_rng(seed)
        self.centres = unit(self.random.normal(size=(50, DIMENSION)))
        use_dimension(sql, DIMENSION)

    def points(self, count: int) -> Floats:
        """Unit vectors around the centres, as float16 holds them."""
        places = self.centres[self.random.integers(len(self.centres), size=count)]
        noise = self.random.normal(size=(count, DIMENSION)) / np.sqrt(DIMENSION)
        return unit(places + 0.7 * noise).astype(np.float16).astype(np.float64)

    def rank(
        self, query: Floats, environment: int | None = None, function: str = "rank", **options: Any
    ) -> dict[str, Any]:
        """What search.rank or search.sorted answers, with hits as id, distance and score.

        `options` are its parameters.
        """
        environment = environment or self.environment
        options = {"environment": environment, "query": text(query), **options}
        arguments = ", ".join(f"{name} => %({name})s" for name in options)
        statement = f"select to_jsonb(answer) from search.{function}({arguments}) as answer"
        found = self.sql.execute(statement, options).fetchone()  # type: ignore[call-overload]
        assert found is not None
        hits = [(UUID(hit["asset_id"]), hit["distance"], hit["score"]) for hit in found[0]["hits"]]
        return {**found[0], "hits": hits, "matches": [hit["match"] for hit in found[0]["hits"]]}

    def scans(self) -> int:
        """How often the HNSW index was used."""
        self.sql.execute("select pg_stat_force_next_flush()")
        return int(
            value(
                self.sql,
                "select idx_scan from pg_stat_user_indexes"
                " where schemaname = 'library' and indexrelname = 'embedding_hnsw'",
            )
        )

    def embed(self, environment: int, ids: Sequence[UUID], vectors: Floats) -> None:
        """Stores the vectors of images, and makes the index anew: that is faster for so many."""
        self.sql.execute("drop index library.embedding_hnsw")
        copy = "copy library.embedding (environment_id, asset_id, vector) from stdin"
        with self.sql.cursor() as cursor, cursor.copy(copy) as rows:
            for asset_id, vector in zip(ids, vectors, strict=True):
                rows.write_row((environment, asset_id, text(vector)))
        self.sql.execute(
            "create index embedding_hnsw on library.embedding"
            " using hnsw (vector halfvec_cosine_ops)"
        )


def add_images(sql: Sql, environment: int, vectors: Floats) -> list[UUID]:
    """The ids of new images with these vectors, in their order."""
    ids = [UUID(int=_CHANCE.getrandbits(128)) for _ in vectors]
    with sql.transaction():
        sql.execute(
            "insert into library.asset (environment_id, asset_id, public_id, version, format,"
            " bytes, width, height, etag, sha256, display_name, visual_search)"
            " select %s, id, id, 1, 'png', 1, 1, 1, md5(id::text), '', id, true"
            " from unnest(%s::uuid[]) as id",
            (environment, ids),
        )
        copy = "copy library.embedding (environment_id, asset_id, vector) from stdin"
        with sql.cursor() as cursor, cursor.copy(copy) as rows:
            for asset_id, vector in zip(ids, vectors, strict=True):
                rows.write_row((environment, asset_id, text(vector)))
    return ids


def unit(vectors: Floats) -> Floats:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def distances(vectors: Floats, query: Floats) -> Floats:
    """The cosine distance of each vector to the query."""
    return 1 - vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's nodes from the top."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def explain(sql: Sql, statement: str, *values: object) -> list[dict[str, Any]]:
    return list(nodes(value(sql, f"explain (format json) {statement}", *values)[0]["Plan"]))
