"""Assets in lists, in detail, and what became of deleted ones."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from app.schemas.related_assets import RelatedAsset


class Moderation(msgspec.Struct, kw_only=True):
    """How an asset stands in a queue; `status` is pending, approved or rejected."""

    kind: str
    status: str
    updated_at: str | UnsetType = UNSET
    """When it was decided; absent since the upload."""


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


class ListedResource(msgspec.Struct, kw_only=True):
    """An asset in a list. `fields` and the flags of the request decide what is there."""

    asset_id: str
    public_id: str
    format: str | UnsetType = UNSET
    version: int | UnsetType = UNSET
    resource_type: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    bytes: int | UnsetType = UNSET
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    asset_folder: str | UnsetType = UNSET
    display_name: str | UnsetType = UNSET
    access_mode: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    secure_url: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    context: dict[str, Any] | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    moderation: list[Moderation] | UnsetType = UNSET
    moderation_kind: str | UnsetType = UNSET
    moderation_status: str | UnsetType = UNSET
    etag: str | UnsetType = UNSET
    pages: int | UnsetType = UNSET
    original_filename: str | UnsetType = UNSET


class ResourceList(msgspec.Struct, kw_only=True):
    """A page of assets. `next_cursor` is absent on the last one."""

    resources: list[ListedResource]
    next_cursor: str | UnsetType = UNSET


class ResourceTypes(msgspec.Struct, kw_only=True):
    """The resource types that there are."""

    resource_types: list[str]


class TagList(msgspec.Struct, kw_only=True):
    """A page of tags by name. `next_cursor` is absent on the last one."""

    tags: list[str]
    next_cursor: str | UnsetType = UNSET


class DerivedResource(msgspec.Struct, kw_only=True):
    """A rendition of an asset."""

    transformation: str
    format: str
    bytes: int
    width: int
    height: int
    id: str
    url: str
    secure_url: str


class ExaminedResource(Resource, kw_only=True):
    """An asset with what flags ask for."""

    phash: str | UnsetType = UNSET
    colors: list[list[str | float]] | UnsetType = UNSET
    """`#RRGGBB` and percent, the most frequent first."""
    predominant: dict[str, list[list[str | float]]] | UnsetType = UNSET
    """Names of colours and percent, by `google` and `cloudinary`, whose names they are."""
    quality_analysis: dict[str, float] | UnsetType = UNSET
    """`focus`, from 0 (blurred) to 1 (sharp)."""
    exif: dict[str, str] | UnsetType = UNSET
    image_metadata: dict[str, str] | UnsetType = UNSET
    """EXIF with decimal numbers, and positions in degrees."""
    media_metadata: dict[str, str] | UnsetType = UNSET
    """The same."""


class BackupVersion(msgspec.Struct, kw_only=True):
    """A version of an asset that can be downloaded, and restored."""

    version_id: str
    version: int
    format: str | UnsetType = UNSET
    size: int
    time: str
    """When it became the present one."""
    restorable: bool = True


class ResourceDetails(ExaminedResource, kw_only=True):
    """Everything about one asset. Tags, context and metadata are absent when there are none."""

    etag: str
    derived: list[DerivedResource]
    last_updated: dict[str, str]
    info: dict[str, Any]
    """`visual_search.status`: indexed, pending, failed, off or not_asked."""
    pages: int | UnsetType = UNSET
    moderation: list[Moderation] | UnsetType = UNSET
    moderation_kind: str | UnsetType = UNSET
    moderation_status: str | UnsetType = UNSET
    related_assets: list[RelatedAsset] | UnsetType = UNSET
    related_next_cursor: str | UnsetType = UNSET
    placeholder: bool | UnsetType = UNSET
    """That it was deleted, so that only its backups are left."""
    versions: list[BackupVersion] | UnsetType = UNSET


class RestoredResource(Resource, kw_only=True):
    """An asset that a version was restored of."""

    version_id: str
    etag: str
    placeholder: bool = False
    info: dict[str, Any]
    """As in `ResourceDetails`."""


class RestoreFailure(msgspec.Struct, kw_only=True):
    """Why there is nothing to restore."""

    error: str


class BackupsDeleted(msgspec.Struct, kw_only=True):
    """Versions that are gone for good."""

    asset_id: str
    deleted_version_ids: list[str]


class ResourcesDeleted(msgspec.Struct, kw_only=True):
    """What became of each asset that a deletion was about, by public_id (or asset_id)."""

    deleted: dict[str, str]
    deleted_counts: dict[str, dict[str, int]]
    partial: bool
    """Whether there are others: `next_cursor` goes on with them."""
    next_cursor: str | UnsetType = UNSET
