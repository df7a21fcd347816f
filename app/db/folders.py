"""Folders of an environment. Those that assets lie in are made by a trigger of the database."""

from datetime import datetime

import msgspec
import psycopg

from app.db.pool import Connection, many, one, run, value
from app.db.queries import load
from app.errors import AlreadyExists, BadRequest, NotFound

_SQL = load("folders")


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder; `name` is the last segment of `path`."""

    path: str
    name: str
    external_id: str
    created_at: datetime


class FolderPage(msgspec.Struct, frozen=True):
    """Some of the folders right in one, and how many there are in all."""

    folders: list[Folder]
    total_count: int


async def find(connection: Connection, environment_id: int, path: str) -> Folder | None:
    """The folder of that path, or None."""
    return await one(connection, Folder, _SQL["find"], environment_id=environment_id, path=path)


async def list_page(
    connection: Connection, environment_id: int, parent: str, *, limit: int, after: str = ""
) -> FolderPage:
    """The folders right in `parent` (`` is the root) by name, from the one behind path `after`.

    Raises:
        NotFound: there is no such parent.
    """
    if parent and await find(connection, environment_id, parent) is None:
        raise missing(parent)
    key = {"environment_id": environment_id, "parent": parent}
    folders = await many(connection, Folder, _SQL["list"], **key, limit=limit, after=after)
    return FolderPage(folders, int(await value(connection, _SQL["count"], **key)))


async def hold(connection: Connection, environment_id: int) -> None:
    """Keeps folders where they are until the end of the transaction.

    Comes before the row is locked of an asset that is put into another folder.
    """
    await run(connection, _SQL["hold"], environment_id=environment_id)


async def create(connection: Connection, environment_id: int, path: str) -> Folder:
    """The folder of that path, made with its parents unless it is there."""
    async with connection.transaction():
        await run(connection, _SQL["lock"], environment_id=environment_id)
        await run(connection, _SQL["create"], environment_id=environment_id, path=path)
        folder = await find(connection, environment_id, path)
        assert folder is not None
    return folder


async def move(
    connection: Connection, environment_id: int, path: str, to_path: str
) -> tuple[Folder, Folder]:
    """Gives a folder another path, with all folders and assets under it; it before and after.

    Raises:
        NotFound: there is no such folder.
        AlreadyExists: the new path is taken.
        BadRequest: a path under it would become too long.
    """
    key = {"environment_id": environment_id}
    async with connection.transaction():
        await run(connection, _SQL["lock"], **key)
        before = await find(connection, environment_id, path)
        if before is None:
            raise NotFound("Cannot find source folder")
        if await find(connection, environment_id, to_path) is not None:
            raise AlreadyExists(f"Folder {to_path} already exists")
        parent = to_path.rpartition("/")[0]
        try:
            await run(connection, _SQL["create"], **key, path=parent)
            await run(connection, _SQL["move"], **key, path=path, to_path=to_path)
        except psycopg.errors.CheckViolation:
            raise BadRequest("Invalid value for parameter to_folder: a path is too long") from None
        await run(connection, _SQL["move_assets"], **key, path=path, to_path=to_path)
        after = await find(connection, environment_id, to_path)
        assert after is not None
    return before, after


async def delete(connection: Connection, environment_id: int, path: str) -> list[Folder]:
    """Deletes a folder with the empty ones under it, and answers with what they were.

    Raises:
        NotFound: there is no such folder.
        BadRequest: assets lie in it or under it.
    """
    key = {"environment_id": environment_id, "path": path}
    async with connection.transaction():
        await run(connection, _SQL["lock"], environment_id=environment_id)
        if await find(connection, environment_id, path) is None:
            raise missing(path)
        if await value(connection, _SQL["occupied"], **key):
            raise BadRequest("Folder is not empty")
        return await many(connection, Folder, _SQL["delete"], **key)


def missing(path: str) -> NotFound:
    """The error for a folder that does not exist."""
    return NotFound(f"Can't find folder with path {path}")
