"""The wire shapes: what Cloudinary's clients read, under Cloudinary's names."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class ErrorMessage(msgspec.Struct):
    """One sentence for the user."""

    message: str


class ErrorEnvelope(msgspec.Struct):
    """The one form of every error."""

    error: ErrorMessage


class Resource(msgspec.Struct, kw_only=True):
    """An asset in a list of results. Fields that are UNSET are left out of the JSON."""

    asset_id: str
    public_id: str
    format: str | UnsetType = UNSET
    version: int
    resource_type: str
    type: str
    created_at: str
    bytes: int
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    asset_folder: str
    display_name: str
    access_mode: str
    url: str
    secure_url: str
    tags: list[str] | UnsetType = UNSET
    context: dict[str, Any] | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET


class Match(Resource, kw_only=True):
    """A result of visual search."""

    score: float
    """Similarity from 0 to 1: what `threshold` is compared with."""
    distance: float
    """Cosine distance between the query's vector and the image's."""


class UploadResponse(Resource, kw_only=True):
    """An asset as its upload answers with it."""

    version_id: str
    signature: str
    pages: int
    etag: str
    placeholder: bool
    original_filename: str
    api_key: str | UnsetType = UNSET
    existing: bool | UnsetType = UNSET
    overwritten: bool | UnsetType = UNSET
    info: dict[str, Any] | UnsetType = UNSET


class SearchResponse(msgspec.Struct, kw_only=True):
    """A page of results, best first. `next_cursor` is absent on the last one."""

    resources: list[Match]
    total_count: int
    time: int
    """Milliseconds."""
    next_cursor: str | UnsetType = UNSET
    warning: str | UnsetType = UNSET


class PresetShape(msgspec.Struct, kw_only=True):
    """An upload preset as it reads back."""

    name: str
    unsigned: bool
    settings: dict[str, Any]
    external_id: str


class PresetList(msgspec.Struct, kw_only=True):
    """A page of upload presets, newest first."""

    presets: list[PresetShape]
    next_cursor: str | UnsetType = UNSET


class PresetChange(msgspec.Struct, kw_only=True):
    """What was done to an upload preset."""

    message: str
    name: str | UnsetType = UNSET
    external_id: str


class Health(msgspec.Struct, kw_only=True):
    """Whether this process can serve, and what stands in the way."""

    status: str
    problems: list[str] = []
    model: str | UnsetType = UNSET
