"""Answers of visual search."""

import msgspec
from msgspec import UNSET, UnsetType

from app.schemas.assets import Resource


class Match(Resource, kw_only=True):
    """A result of visual search."""

    score: float
    """Similarity from 0 to 1: what `threshold` is compared with."""
    distance: float
    """Cosine distance between the query's vector and the image's."""


class SearchResponse(msgspec.Struct, kw_only=True):
    """A page of results, best first. `next_cursor` is absent on the last one."""

    resources: list[Match]
    total_count: int
    time: int
    """Milliseconds."""
    next_cursor: str | UnsetType = UNSET
    warning: str | UnsetType = UNSET
