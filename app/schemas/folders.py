"""Folders."""

import msgspec
from msgspec import UNSET, UnsetType


class FolderShape(msgspec.Struct, kw_only=True):
    """A folder in a list of results."""

    name: str
    path: str
    external_id: str
    created_at: str


class FolderList(msgspec.Struct, kw_only=True):
    """A page of the folders right in one. Here alone `next_cursor` is null on the last page."""

    folders: list[FolderShape]
    next_cursor: str | None
    total_count: int


class FolderCreated(msgspec.Struct, kw_only=True):
    """A folder that was made, or was there."""

    success: bool
    path: str
    name: str
    external_id: str


class FolderName(msgspec.Struct, kw_only=True):
    """Where a folder lies."""

    name: str
    path: str


class FolderMoved(msgspec.Struct, kw_only=True, rename={"from_": "from"}):
    """A folder before and after it was moved."""

    from_: FolderName
    to: FolderName


class FoldersDeleted(msgspec.Struct, kw_only=True):
    """The paths of the folders that were deleted."""

    deleted: list[str]


class FolderSearchResponse(msgspec.Struct, kw_only=True):
    """A page of the folders that were searched for. `next_cursor` is absent on the last one."""

    total_count: int
    time: int
    """Milliseconds."""
    folders: list[FolderShape]
    next_cursor: str | UnsetType = UNSET
