"""The assets of a made library: folders, tags, formats, dates and sizes as in a real one.

Conditions of known selectivity exist three times: as folders, as tags of images at random
(`any50`, `any10` …), and as tags of whole topics (`near50` …), which an index of vectors finds
hardest: of what is near a query, all or nothing passes.
"""

import hashlib
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

SELECTIVITIES = {"50": 0.5, "10": 0.1, "1": 0.01, "0_1": 0.001, "0_01": 0.0001}
"""Shares of the library by the name that tags and folders have for them."""

KINDS = ("any", "near", "folder")
"""Tags at random, tags of whole topics, folders (at random; no image lies in two)."""

COLUMNS = {
    "environment_id": "int8", "asset_id": "uuid", "public_id": "text", "version": "int8",
    "format": "text", "bytes": "int8", "width": "int4", "height": "int4", "etag": "text",
    "sha256": "bytea", "asset_folder": "text", "display_name": "text", "tags": "text[]",
    "visual_search": "bool", "source": "text", "created_at": "timestamptz",
    "updated_at": "timestamptz",
}  # fmt: skip
"""What `rows` gives of library.asset, with the types that a binary COPY needs."""

_FORMATS = {"jpg": 0.8, "png": 0.12, "webp": 0.06, "gif": 0.02}
_SIZES = ((4032, 3024), (3024, 4032), (1920, 1080), (1200, 1200), (800, 600))
_UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
_YEARS = 5

Mask = NDArray[np.bool_]


def asset_id(number: int) -> UUID:
    """The id of the asset of that number: `md5(number::text)::uuid`, so that SQL can draw one."""
    return UUID(hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest())


def conditions(topics: NDArray[np.int64], seed: int = 1) -> dict[str, Mask]:
    """Which images pass each condition, by its name: `any50`, `near0_01`, `folder10` …

    Every condition lets the rounded-up share of the library pass, so at least one image.
    """
    size = len(topics)
    rng = np.random.default_rng([seed, 5])
    at_random, in_folders = rng.permutation(size), rng.permutation(size)
    # Whole topics, in an order of their own; the last one that is needed is taken in part.
    by_topic = np.argsort(rng.permutation(topics.max() + 1)[topics], kind="stable")
    masks, folders_begin = {}, 0
    for name, share in SELECTIVITIES.items():
        count = math.ceil(share * size)
        masks[f"any{name}"] = _mask(size, at_random[:count])
        masks[f"near{name}"] = _mask(size, by_topic[:count])
        masks[f"folder{name}"] = _mask(size, in_folders[folders_begin : folders_begin + count])
        folders_begin += count
    return masks


def expression(condition: str) -> str:
    """A condition as the Search API writes it."""
    if condition.startswith("folder"):
        return f'folder="bench/{condition}"'
    return f"tags={condition}"


def rows(
    environment_id: int, topics: NDArray[np.int64], masks: dict[str, Mask], first: int = 0
) -> Iterator[tuple[Any, ...]]:
    """A row of library.asset for each image, in the order of COLUMNS; they count from `first`."""
    rng = np.random.default_rng([first, 6])
    size = len(topics)
    formats = rng.choice(list(_FORMATS), size=size, p=list(_FORMATS.values()))
    sizes = rng.integers(len(_SIZES), size=size)
    lengths = np.exp(rng.normal(math.log(400_000), 1, size)).astype(int) + 1000
    for place, topic in enumerate(topics):
        number = first + place
        identity = asset_id(number)
        passed = [name for name, mask in masks.items() if mask[place]]
        folder = next((name for name in passed if name.startswith("folder")), "others")
        created = _UNTIL - timedelta(days=365 * _YEARS * (1 - place / size))
        yield (
            environment_id, identity, f"bench/{folder}/{number:07d}", int(created.timestamp()),
            str(formats[place]), int(lengths[place]), *_SIZES[sizes[place]],
            identity.hex, identity.bytes * 2, f"bench/{folder}", f"{number:07d}",
            [f"topic{topic}", *(name for name in passed if not name.startswith("folder"))],
            True, "bench", created, created,
        )  # fmt: skip


def _mask(size: int, chosen: NDArray[np.int64]) -> Mask:
    mask = np.zeros(size, dtype=bool)
    mask[chosen] = True
    return mask
