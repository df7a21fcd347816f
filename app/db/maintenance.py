"""What keeps the vector indexes small and quick after mass deletions."""

import msgspec

from app.db.pool import Connection, many, run, value
from app.db.queries import load

_SQL = load("maintenance")


class VectorIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The HNSW index of a table of embeddings; `wasted` is the share of it that is dead or empty.

    `build_bytes` is the memory in which a build is quick.
    """

    table_name: str
    images: int
    bytes: int
    wasted: float
    build_bytes: int


async def indexes(connection: Connection) -> list[VectorIndex]:
    """The indexes of the active model's embeddings, and of the other's."""
    return await many(connection, VectorIndex, _SQL["indexes"])


async def vacuum(connection: Connection, table_name: str) -> None:
    """Takes dead rows out of a table and its index, and counts anew."""
    await run(connection, _SQL[f"vacuum_{table_name}"])


async def rebuild(connection: Connection, index: VectorIndex, *, most_bytes: int | None) -> None:
    """Builds an index anew beside the one that goes on answering, and puts it in its place.

    Args:
        most_bytes: of memory; by default 1 GiB, or the server's maintenance_work_mem if larger.
    """
    of_server = int(await value(connection, _SQL["server_memory"]))
    memory = min(index.build_bytes, most_bytes or max(of_server, 2**30))
    await run(
        connection,
        _SQL["use_memory"],
        kilobytes=max(memory // 1024, 64 * 1024),
        alone=memory > of_server,
    )
    await run(connection, _SQL[f"drop_leftover_of_{index.table_name}"])
    await run(connection, _SQL[f"rebuild_{index.table_name}"])


async def progress(connection: Connection) -> float | None:
    """The share that is done of the step that runs, or None when none does."""
    found = await value(connection, _SQL["progress"])
    return None if found is None else float(found)
