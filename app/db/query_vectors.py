"""Cache of the vectors of searched words, shared by all processes."""

from pgvector import HalfVector

from app.db.embeddings import Vector
from app.db.pool import Connection, one_vector, run
from app.db.queries import load

_SQL = load("query_vectors")
_KEEP = 100_000  # some 130 MB at 640 dimensions


async def find(connection: Connection, model_id: int, query: str) -> Vector | None:
    """The vector of these words under a model, float32, or None."""
    return await one_vector(connection, _SQL["find"], model_id=model_id, query=query)


async def store(connection: Connection, model_id: int, query: str, vector: Vector) -> None:
    """Remembers the vector of these words."""
    await run(connection, _SQL["store"], model_id=model_id, query=query, vector=HalfVector(vector))


async def trim(connection: Connection) -> None:
    """Forgets the oldest beyond 100,000."""
    await run(connection, _SQL["trim"], keep=_KEEP)
