"""The search by asset as one SQL statement: what HTTP is compared with, and what pgbench runs."""

from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from pgvector import HalfVector

from app.db.queries import load
from app.settings import Settings
from tests.bench.vectors import Vectors

# Named arguments, so that new ones with defaults do not matter.
_RANK = """search.rank(
    environment => %(environment_id)s, query => {query}, max_results => %(max_results)s,
    exact_limit => %(exact_limit)s, ef_search => %(ef_search)s
)"""
_BY_ASSET = (
    "with answer as materialized (select answer.*,"
    " search.recall_of_answers(%(environment_id)s, answer.mode) as recall from "
    + _RANK.format(query="search.vector_of(%(environment_id)s, {asset})")
    + " as answer)\n"
    + load("ranking")["page"]
)
_HITS = f"""
select hit.asset_id
from {_RANK.format(query="%(query)b")} as answer
cross join lateral unnest(answer.hits) as hit
"""
EVERYTHING = 2_000_000_000
"""An `exact_limit` under which all is ranked exactly."""


def by_asset(
    connection: psycopg.Connection, environment: int, asset: UUID, settings: Settings, page: int
) -> list[Any]:
    """The rows of a page of images like a stored one."""
    statement = _BY_ASSET.format(asset="%(asset)s")
    values = {**_values(environment, page, settings), "asset": asset}
    return connection.execute(statement, values, prepare=True).fetchall()


def by_vector(
    connection: psycopg.Connection,
    environment: int,
    query: Vectors,
    *,
    page: int,
    exact_limit: int,
    ef_search: int,
) -> list[UUID]:
    """The assets nearest to a vector; `exact_limit` 0 asks the index whatever the size."""
    values = {
        "environment_id": environment,
        "query": HalfVector(query.astype(np.float32)),
        "max_results": page,
        "exact_limit": exact_limit,
        "ef_search": ef_search,
    }
    return [row[0] for row in connection.execute(_HITS, values, prepare=True)]


def pgbench_script(environment: int, size: int, settings: Settings, page: int) -> str:
    """A script that searches by one random asset of the library."""
    values = _values(environment, page, settings)
    statement = _BY_ASSET.format(asset="md5(:number::text)::uuid") % values
    return f"\\set number random(0, {size - 1})\n{' '.join(statement.split())};\n"


def _values(environment: int, page: int, settings: Settings) -> dict[str, int]:
    return {
        "environment_id": environment,
        "max_results": page,
        "exact_limit": settings.exact_limit,
        "ef_search": settings.ef_search,
    }
