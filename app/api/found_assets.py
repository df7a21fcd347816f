"""Assets as the Search API answers with them: `context` is flat, and extra fields are asked for."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from app.api.shapes import Shaper, timestamp
from app.contract.moderation import KIND
from app.db.asset_search import FoundAsset

_ALWAYS = (
    "public_id",
    "asset_id",
    "asset_folder",
    "created_at",
    "status",
    "type",
    "resource_type",
)
_ON_REQUEST = (
    "tags", "context", "metadata", "image_metadata", "image_analysis", "last_updated",
    "moderation_kind", "moderation_status",
)  # fmt: skip
_HUNDREDTH = Decimal("0.01")


class AssetSearchResponse(msgspec.Struct, kw_only=True):
    """A page of a search by expression. `next_cursor` is absent on the last one."""

    total_count: int
    time: int
    """Milliseconds."""
    aggregations: dict[str, dict[str, int]] | UnsetType = UNSET
    resources: list[dict[str, Any]]
    next_cursor: str | UnsetType = UNSET


class Selection:
    """Which fields of an asset an answer has; `fields` wins over `with_field`.

    Fields that an asset does not have, and names that are none, are left out.
    """

    def __init__(self, fields: list[str], with_field: list[str]) -> None:
        self._only = {*_ALWAYS, *map(_family, fields)} if fields else None
        self._left_out = set() if fields else {*_ON_REQUEST} - {*map(_family, with_field)}

    def shape(self, asset: FoundAsset, shaper: Shaper) -> dict[str, Any]:
        """The asset with the selected fields."""
        return {
            name: value
            for name, value in _every_field(asset, shaper.url(asset)).items()
            if name not in self._left_out and (self._only is None or name in self._only)
        }


def _family(name: str) -> str:
    """`metadata` of `metadata.color`; assets of dynamic folders have no other `folder`."""
    family = name.partition(".")[0]
    return "asset_folder" if family == "folder" else family


def _every_field(asset: FoundAsset, url: str) -> dict[str, Any]:
    return {
        "asset_id": asset.asset_id.hex,
        "public_id": asset.public_id,
        "asset_folder": asset.asset_folder,
        "filename": asset.public_id.rpartition("/")[2],
        "display_name": asset.display_name,
        "format": asset.format or "",  # the CLI reads it of raw files too
        "version": asset.version,
        "resource_type": asset.resource_type,
        "type": asset.type,
        "created_at": timestamp(asset.created_at),
        "uploaded_at": timestamp(asset.uploaded_at),
        "bytes": asset.bytes,
        "backup_bytes": asset.backup_bytes,
        **_dimensions(asset),
        "url": url,
        "secure_url": url,
        "status": "active",
        "access_mode": asset.access_mode,
        "access_control": None,
        "etag": asset.etag,
        "created_by": {"access_key": asset.created_by},
        "uploaded_by": {"access_key": asset.created_by},
        "tags": asset.tags,
        "context": asset.context,
        "metadata": asset.metadata,
        # There is nothing of these, but whoever asks for them reads the key.
        "image_metadata": {},
        "image_analysis": {},
        "last_updated": _last_updated(asset),
        **_moderation(asset),
    }


def _moderation(asset: FoundAsset) -> dict[str, str]:
    status = asset.moderation_status
    return {"moderation_kind": KIND, "moderation_status": status} if status else {}


def _dimensions(asset: FoundAsset) -> dict[str, Any]:
    if not asset.width or not asset.height:
        return {}
    # Rounded as the database does it for `aspect_ratio=1.78`.
    ratio = (Decimal(asset.width) / asset.height).quantize(_HUNDREDTH, ROUND_HALF_UP)
    return {
        "width": asset.width,
        "height": asset.height,
        "aspect_ratio": float(ratio),
        "pixels": asset.width * asset.height,
    }


def _last_updated(asset: FoundAsset) -> dict[str, str]:
    times = {
        "updated_at": asset.updated_at,
        "public_id_updated_at": asset.public_id_updated_at,
        "tags_updated_at": asset.tags_updated_at,
        "context_updated_at": asset.context_updated_at,
        "metadata_updated_at": asset.metadata_updated_at,
    }
    return {name: timestamp(time) for name, time in times.items() if time is not None}
