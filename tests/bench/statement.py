"""The search by asset as one SQL statement: what HTTP is compared with, and what pgbench runs."""

from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from pgvector import HalfVector

from app.settings import Settings
from tests.bench.vectors import Vectors

# The ranking and the columns that the application answers with (sql/queries/embeddings.sql). Named
# arguments, so that new ones with defaults do not matter.
_PAGE = """
select
    answer.mode, answer.candidates, answer.total_count, answer.has_more,
    hit.distance, hit.score,
    asset.asset_id, asset.resource_type, asset.type, asset.public_id, asset.version,
    asset.version_id, asset.format, asset.bytes, asset.width, asset.height, asset.pages, asset.etag,
    asset.sha256, asset.asset_folder, asset.display_name, asset.original_filename, asset.tags,
    asset.context, asset.metadata, asset.access_mode, asset.visual_search, asset.created_at,
    asset.updated_at
from search.rank(
    environment => {environment}, query => {query}, max_results => {max_results},
    exact_limit => {exact_limit}, ef_search => {ef_search}
) as answer
cross join lateral unnest(answer.hits) as hit
join library.asset
    on asset.environment_id = {environment} and asset.asset_id = hit.asset_id
order by hit.distance, hit.asset_id
"""
_HITS = """
select hit.asset_id
from search.rank(
    environment => %(environment)s, query => %(query)s, max_results => %(max_results)s,
    exact_limit => %(exact_limit)s, ef_search => %(ef_search)s
) as answer
cross join lateral unnest(answer.hits) as hit
"""
_BY_ASSET = _PAGE.format(
    environment="%(environment)s",
    query="search.vector_of(%(environment)s, %(asset)s)",
    max_results="%(max_results)s",
    exact_limit="%(exact_limit)s",
    ef_search="%(ef_search)s",
)
EVERYTHING = 2_000_000_000
"""An `exact_limit` under which all is ranked exactly."""


def by_asset(
    connection: psycopg.Connection, environment: int, asset: UUID, settings: Settings, page: int
) -> list[Any]:
    """The rows of a page of images like a stored one."""
    values = {
        "environment": environment,
        "asset": asset,
        "max_results": page,
        "exact_limit": settings.exact_limit,
        "ef_search": settings.ef_search,
    }
    return connection.execute(_BY_ASSET, values, prepare=True).fetchall()


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
        "environment": environment,
        "query": HalfVector(query.astype(np.float32)),
        "max_results": page,
        "exact_limit": exact_limit,
        "ef_search": ef_search,
    }
    return [row[0] for row in connection.execute(_HITS, values, prepare=True)]


def pgbench_script(environment: int, size: int, settings: Settings, page: int) -> str:
    """A script that searches by one random asset of the library."""
    statement = _PAGE.format(
        environment=environment,
        query=f"search.vector_of({environment}, md5(:number::text)::uuid)",
        max_results=page,
        exact_limit=settings.exact_limit,
        ef_search=settings.ef_search,
    )
    one_line = " ".join(statement.split())
    return f"\\set number random(0, {size - 1})\n{one_line};\n"
