"""Upload presets."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


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
