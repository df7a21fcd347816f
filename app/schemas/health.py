"""Probes."""

import msgspec
from msgspec import UNSET, UnsetType


class Health(msgspec.Struct, kw_only=True):
    """Whether this process can serve, and what stands in the way."""

    status: str
    problems: list[str] = []
    model: str | UnsetType = UNSET
