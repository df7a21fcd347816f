"""Folders: list, create, move, delete."""

from typing import Any

from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.access import Access, admin_access
from app.api.listing import flag
from app.api.params import Params, page_size, read_params, text_param
from app.api.shapes import timestamp
from app.contract.naming import normalize_folder
from app.cursor import FolderCursor, seal, unseal
from app.db import folders
from app.db.folders import Folder
from app.errors import BadRequest
from app.runtime import Runtime
from app.schemas.folders import (
    FolderCreated,
    FolderList,
    FolderMoved,
    FolderName,
    FoldersDeleted,
    FolderShape,
)

MOST_FOLDERS = 500


class FolderController(Controller):
    """`/v1_1/:cloud/folders`. A path may hold spaces and any depth of slashes."""

    path = "/v1_1/{cloud:str}/folders"
    tags = ("Folders",)

    @get("/", operation_id="list_root_folders")
    async def list_root_folders(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> FolderList:
        """The top-level folders by name; `max_results` is 500 unless given, and at most."""
        return await _list(request, runtime, cloud, "")

    @get("/{folder:path}", operation_id="list_subfolders")
    async def list_subfolders(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        folder: FromPath[str],
    ) -> FolderList:
        """The folders right in one, by name; `max_results` is 500 unless given, and at most."""
        return await _list(request, runtime, cloud, folder)

    @post("/{folder:path}", status_code=200, operation_id="create_folder")
    async def create_folder(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        folder: FromPath[str],
    ) -> FolderCreated:
        """Creates a folder with its parents; one that is there stays as it is."""
        access = await admin_access(request, runtime, cloud)
        async with runtime.pool.connection() as connection:
            created = await folders.create(
                connection, access.environment.environment_id, _path(folder)
            )
        return FolderCreated(
            success=True, path=created.path, name=created.name, external_id=created.external_id
        )

    @put("/{folder:path}", operation_id="move_folder")
    async def move_folder(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        folder: FromPath[str],
    ) -> FolderMoved:
        """Renames or moves a folder to the path `to_folder`, with folders and assets under it."""
        access = await admin_access(request, runtime, cloud)
        path, to_path = _path(folder), _target(await read_params(request))
        if to_path.startswith(f"{path}/"):
            raise BadRequest("Invalid value for parameter to_folder: a folder cannot hold itself")
        async with runtime.pool.connection() as connection:
            before, after = await folders.move(
                connection, access.environment.environment_id, path, to_path
            )
        return FolderMoved(
            from_=FolderName(name=before.name, path=before.path),
            to=FolderName(name=after.name, path=after.path),
        )

    @delete("/{folder:path}", status_code=200, operation_id="delete_folder")
    async def delete_folder(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        folder: FromPath[str],
    ) -> FoldersDeleted:
        """Deletes a folder that holds no assets, and the empty folders under it."""
        access = await admin_access(request, runtime, cloud)
        # Read, so that a wrong value is noticed: an empty folder holds nothing to keep.
        flag(await read_params(request), "skip_backup")
        async with runtime.pool.connection() as connection:
            deleted = await folders.delete(
                connection, access.environment.environment_id, _path(folder)
            )
        return FoldersDeleted(deleted=[each.path for each in deleted])


def shape(folder: Folder) -> FolderShape:
    """A folder in a list of results."""
    return FolderShape(
        name=folder.name,
        path=folder.path,
        external_id=folder.external_id,
        created_at=timestamp(folder.created_at),
    )


async def _list(
    request: Request[Any, Any, Any], runtime: Runtime, cloud: str, folder: str
) -> FolderList:
    access = await admin_access(request, runtime, cloud)
    params = await read_params(request)
    limit = page_size(params, 500, MOST_FOLDERS)
    parent = normalize_folder(folder)
    after = _after(runtime, access, parent, text_param(params, "next_cursor"))
    async with runtime.pool.connection() as connection:
        found = await folders.list_page(
            connection, access.environment.environment_id, parent, limit=limit + 1, after=after
        )
    page = found.folders[:limit]
    more = len(found.folders) > limit
    return FolderList(
        folders=[shape(each) for each in page],
        next_cursor=_cursor(runtime, access, page[-1]) if more else None,
        total_count=found.total_count,
    )


def _path(folder: str) -> str:
    path = normalize_folder(folder)
    if not path:
        raise BadRequest("Missing required parameter - folder")
    return path


def _target(params: Params) -> str:
    to_path = normalize_folder(text_param(params, "to_folder"), "to_folder")
    if not to_path:
        raise BadRequest("Missing required parameter - to_folder")
    return to_path


def _cursor(runtime: Runtime, access: Access, last: Folder) -> str:
    cursor = FolderCursor(environment_id=access.environment.environment_id, path=last.path)
    return seal(runtime.keyring, cursor)


def _after(runtime: Runtime, access: Access, parent: str, text: str) -> str:
    if not text:
        return ""
    cursor = unseal(runtime.keyring, text, FolderCursor, access.environment.environment_id)
    if cursor.path.rpartition("/")[0] != parent:
        raise BadRequest("Invalid value for parameter next_cursor")
    return cursor.path
