"""Some thousand clustered vectors, for tests of what the HNSW index finds."""

from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from tests.sql.conftest import Sql, add_environment, text, use_dimension, value

DIMENSION, COUNT, PAGE = 64, 4000, 10
EF_SEARCH = 11  # the least for a page of 10: so few that recall could fall
Floats = NDArray[np.float64]


class Library:
    """Clustered unit vectors in one environment, searched approximately."""

    def __init__(self, sql: Sql) -> None:
        self.sql = sql
        random = np.random.default_rng(11)
        centres = unit(random.normal(size=(40, DIMENSION)))
        near = centres[random.integers(len(centres), size=COUNT + 100)]
        points = unit(near + 0.7 * random.normal(size=near.shape) / np.sqrt(DIMENSION))
        self.queries = points[COUNT:]
        use_dimension(sql, DIMENSION)
        sql.execute("select '[1]'::halfvec")
        self.environment = add_environment(sql, "e")
        self.ids = [
            row[0]
            for row in sql.execute(
                "insert into library.asset (environment_id, public_id, version, format, bytes,"
                " width, height, etag, sha256, display_name)"
                " select %s, number, 1, 'png', 1, 1, 1, repeat('0', 32), '', number"
                " from generate_series(1, %s) as number returning asset_id",
                (self.environment, COUNT),
            )
        ]
        copy = "copy library.embedding (environment_id, asset_id, vector) from stdin"
        with sql.cursor() as cursor, cursor.copy(copy) as rows:
            for asset_id, vector in zip(self.ids, points[:COUNT], strict=True):
                rows.write_row((self.environment, asset_id, text(vector)))
        sql.execute("vacuum (analyze) library.asset, library.embedding")

    def delete(self, share: float) -> set[UUID]:
        gone = self.ids[: round(share * COUNT)]
        self.sql.execute("delete from library.asset where asset_id = any(%s)", (gone,))
        return set(gone)

    def page(self, query: Floats) -> list[UUID]:
        """What the index finds nearest."""
        row = self.sql.execute(
            "select answer.mode, array(select asset_id from unnest(answer.hits)) from search.rank("
            "environment => %s, query => %s, max_results => %s, exact_limit => 0, ef_search => %s)"
            " as answer",
            (self.environment, text(query), PAGE, EF_SEARCH),
        ).fetchone()
        assert row is not None
        assert row[0] == "approximate"
        return list(row[1])

    def recall(self, ef_search: int) -> float:
        """The mean over all queries."""
        statement = "select search.recall_of(%s, %s, %s, %s)"
        found = [
            value(self.sql, statement, self.environment, text(query), PAGE, ef_search)
            for query in self.queries
        ]
        return float(np.mean(found))


def unit(vectors: Floats) -> Floats:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
