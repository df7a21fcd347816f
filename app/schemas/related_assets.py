"""Assets that belong together."""

import msgspec
from msgspec import UNSET, UnsetType


class Relation(msgspec.Struct, kw_only=True):
    """What became of one asset of a request; `asset` is as the request names it."""

    asset: str
    code: str
    message: str
    status: int


class Relations(msgspec.Struct, kw_only=True):
    """What became of each asset of a request."""

    failed: list[Relation]
    success: list[Relation]


class RelatedAsset(msgspec.Struct, kw_only=True):
    """An asset that another is related to."""

    asset_id: str
    public_id: str
    format: str | UnsetType = UNSET
    version: int
    resource_type: str
    type: str
    created_at: str
    asset_folder: str
    display_name: str
    url: str
    secure_url: str
