"""How similar images are that have nothing to do with each other: what scores are measured by."""

from app.db.pool import Connection, run
from app.db.queries import load

_SQL = load("background")


async def outdated(connection: Connection) -> list[int]:
    """Environments whose background was never measured, or when they were half as large."""
    rows = await (await connection.execute(_SQL["outdated"])).fetchall()
    return [row[0] for row in rows]


async def measure(connection: Connection, environment_id: int) -> None:
    """Measures random pairs of an environment anew; takes about 0.3 s, whatever its size."""
    await run(connection, _SQL["measure"], environment_id=environment_id)
