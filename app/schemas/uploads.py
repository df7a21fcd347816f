"""Answers of the Upload API."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from app.schemas.assets import ExaminedResource, Moderation


class UploadResponse(ExaminedResource, kw_only=True):
    """An asset as its upload answers with it."""

    version_id: str
    signature: str
    pages: int | UnsetType = UNSET
    etag: str
    placeholder: bool
    original_filename: str
    api_key: str | UnsetType = UNSET
    existing: bool | UnsetType = UNSET
    overwritten: bool | UnsetType = UNSET
    info: dict[str, Any] | UnsetType = UNSET
    moderation: list[Moderation] | UnsetType = UNSET
    eager: list[dict[str, Any]] | UnsetType = UNSET
    """Renditions, as `DerivedResource` or with the `reason` why there is none."""
    delete_token: str | UnsetType = UNSET


class ChunkReceived(msgspec.Struct, kw_only=True):
    """The answer to a chunk while others are missing."""

    done: bool = False
    bytes: int
    """Of the file that have arrived so far."""
    kind: str = "upload"
    resource_type: str
    public_id: str | UnsetType = UNSET
    """The one asked for: Python's SDK sends what it finds here with the next chunk."""


class PendingUpload(msgspec.Struct, kw_only=True):
    """The answer to an upload with `async`. It is sent when the work is done all the same."""

    status: str = "pending"
    resource_type: str
    type: str
    public_id: str
    batch_id: str


class Destroyed(msgspec.Struct, kw_only=True):
    """`ok` or `not found`."""

    result: str


class PublicIds(msgspec.Struct, kw_only=True):
    """The assets that were changed."""

    public_ids: list[str]
