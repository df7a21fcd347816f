"""The environment itself."""

import msgspec
from msgspec import UNSET, UnsetType


class Ping(msgspec.Struct, kw_only=True):
    """The server answers and the credentials are good."""

    status: str


class ConfigSettings(msgspec.Struct, kw_only=True):
    """How an environment is set up. In mode `dynamic`, folders do not touch public ids."""

    folder_mode: str


class ConfigResponse(msgspec.Struct, kw_only=True):
    """An environment. `settings` are there when they were asked for."""

    cloud_name: str
    created_at: str
    settings: ConfigSettings | UnsetType = UNSET


class AmountUsed(msgspec.Struct, kw_only=True):
    """How much of something was used; there are no limits."""

    usage: int


class MediaLimits(msgspec.Struct, kw_only=True):
    """The largest files and images that are accepted."""

    image_max_size_bytes: int
    video_max_size_bytes: int
    raw_max_size_bytes: int
    image_max_px: int
    asset_max_total_px: int


class UsageResponse(msgspec.Struct, kw_only=True):
    """What an environment holds and does. Storage is in bytes."""

    plan: str
    last_updated: str
    date_requested: str | UnsetType = UNSET
    transformations: AmountUsed
    objects: AmountUsed
    bandwidth: AmountUsed
    storage: AmountUsed
    requests: int
    resources: int
    derived_resources: int
    media_limits: MediaLimits
