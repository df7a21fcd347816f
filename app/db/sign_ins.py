"""Failed sign-ins, counted for every process together, and the pauses that they bring."""

from app.db.pool import Connection, run, value
from app.db.queries import load

_SQL = load("sign_ins")


async def seconds_locked(connection: Connection, subjects: list[str]) -> int:
    """How long none of these may try, 0 if all may."""
    return int(await value(connection, _SQL["seconds_locked"], subjects=subjects))


async def note_failure(connection: Connection, subjects: list[str]) -> None:
    """Counts a failure of each; from the fifth on, each doubles a pause that begins at a minute."""
    await run(connection, _SQL["note_failure"], subjects=subjects)


async def forget(connection: Connection, subjects: list[str]) -> None:
    """Somebody got in: their failures do not count any more."""
    await run(connection, _SQL["forget"], subjects=subjects)
