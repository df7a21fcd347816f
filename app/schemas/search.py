"""Answers of visual search."""

import msgspec
from msgspec import UNSET, UnsetType

from app.schemas.assets import Resource


class Match(Resource, kw_only=True):
    """A result of visual search."""

    score: float
    """From 0 to 1, what `threshold` is compared with: 0.5 is as near to the query as one in a
    thousand images that have nothing to do with it, 0.75 as one in a million.
    """
    match: str
    """same, near_duplicate, similar, related or weak. If all are weak, there is no good match."""
    distance: float
    """Cosine distance between the query's vector and the image's."""
    hidden: int | UnsetType = UNSET
    """With `collapse`, how many near-duplicates of the image match as well and are not shown."""


class Recall(msgspec.Struct):
    """What the last audit of approximate answers in this library found."""

    recall: float
    """Share of the 10 nearest images that approximate answers had, from 0 to 1."""
    low: float
    high: float
    """The bounds of its 95 % confidence interval."""
    queries: int
    audited_at: str


class SearchDetails(msgspec.Struct, kw_only=True):
    """How an answer came about."""

    model: str
    mode: str
    """`exact`: every candidate was compared; `approximate`: the HNSW index answered."""
    complete: bool
    """Whether the page holds as many images as were asked for, or all that match."""
    candidates: int
    """Indexed images that the filters leave."""
    estimated: bool
    """Whether `candidates` and `total_count` are estimates, as they are for filters that leave more
    images than can be counted in the time of a search; `exact` counts them.
    """
    recall: Recall | UnsetType = UNSET
    """Of an approximate answer, once audited (`iris index audit`)."""
    encode_ms: float
    rank_ms: float
    plan: list[str] | UnsetType = UNSET
    """How PostgreSQL ranked, if `explain` was given."""


class SearchResponse(msgspec.Struct, kw_only=True):
    """A page of results, best first. `next_cursor` is absent on the last one."""

    resources: list[Match]
    total_count: int
    time: int
    """Milliseconds."""
    search: SearchDetails
    next_cursor: str | UnsetType = UNSET
    warning: str | UnsetType = UNSET
