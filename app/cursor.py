"""Signed cursors: what a page needs to go on, carried by the client, who cannot change it."""

import base64
import binascii
import hashlib
import hmac
import time
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from app.errors import BadRequest
from app.keyring import Keyring

_SIGNATURE = 16
_LIFETIME = 24 * 3600


class Cursor(
    msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag=True, tag_field="cursor"
):
    """What every cursor holds: whose it is and until when (Unix seconds) it is good."""

    environment_id: int
    expires: int = msgspec.field(default_factory=lambda: int(time.time()) + _LIFETIME)


class PresetCursor(Cursor, frozen=True, kw_only=True, array_like=True, tag="preset"):
    """Goes on behind the preset of that time and name."""

    created_at: str
    name: str


class SearchCursor(Cursor, frozen=True, kw_only=True, array_like=True, tag="search"):
    """Goes on behind an image of a ranking. It holds the vector: nothing is encoded twice, and the
    image that was the query may be gone.
    """

    model_id: int
    query: bytes
    """First 8 bytes of the SHA-256 of what was asked, to notice a cursor of another search."""
    vector: bytes
    """float16, little-endian."""
    direction: str
    filter: list[Any]
    """Fields of `app.search.query.Filter`."""
    asked_at: float
    """Unix seconds of the first page: what ages such as `10d` in the filter count from."""
    threshold: float
    exact: bool
    collapse: bool
    sort_by: list[Any] | None
    """Fields of `app.search.query.SortBy`."""
    kept: UUID | None
    """What was kept of an approximate ranking, from its second page on."""
    approximate: bool
    best_distance: float
    farthest: float | None
    """The distance that the threshold was on the first page."""
    total_count: int
    distance: float
    asset_id: UUID
    sort_key: str | None
    skipped: int


class Picture(Cursor, frozen=True, kw_only=True, array_like=True, tag="picture"):
    """The vector of a picture that somebody searched by; the picture itself is not kept."""

    model_id: int
    vector: bytes
    """float16, little-endian."""


class AssetCursor(Cursor, frozen=True, kw_only=True, array_like=True, tag="asset"):
    """Goes on behind an asset of a search by expression."""

    query: bytes
    """First 8 bytes of the SHA-256 of expression and order: another search needs another cursor."""
    asked_at: float
    """Unix seconds of the first page: what ages such as `10d` count from on all of them."""
    after: list[str]
    """The sort keys of that asset, as text."""


class FolderCursor(Cursor, frozen=True, kw_only=True, array_like=True, tag="folder"):
    """Goes on behind the folder of that path, in the one that holds it."""

    path: str


class FolderSearchCursor(Cursor, frozen=True, kw_only=True, array_like=True, tag="folder_search"):
    """Goes on behind a folder of a search by expression; the fields are those of `AssetCursor`."""

    query: bytes
    asked_at: float
    after: list[str]


class TimeCursor(Cursor, frozen=True, kw_only=True, array_like=True, tag="time"):
    """Goes on behind an asset of a list in the order of creation."""

    list: bytes
    """`list_digest` of the list, to notice a cursor of another one."""
    created_at: datetime
    asset_id: UUID


class NameCursor(Cursor, frozen=True, kw_only=True, array_like=True, tag="name"):
    """Goes on behind a public_id (and type) or a tag of a list that is in the order of names."""

    list: bytes
    name: str
    delivery_type: str = ""


def list_digest(*parts: object) -> bytes:
    """Eight bytes that tell a list of assets, its filters and its order from all others."""
    return hashlib.sha256(msgspec.json.encode(parts)).digest()[:8]


AnyCursor = TypeVar("AnyCursor", bound=Cursor)


def seal(keyring: Keyring, cursor: Cursor) -> str:
    """The cursor as URL-safe text."""
    payload = msgspec.msgpack.encode(cursor)
    return base64.urlsafe_b64encode(keyring.sign(payload) + payload).rstrip(b"=").decode()


def unseal(keyring: Keyring, text: str, kind: type[AnyCursor], environment_id: int) -> AnyCursor:
    """The cursor that this server gave out for this kind of list of this environment.

    Raises:
        BadRequest: it is forged, expired, or of another list or environment.
    """
    refusal = BadRequest("Invalid value for parameter next_cursor")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        signature, payload = data[:_SIGNATURE], data[_SIGNATURE:]
        if not hmac.compare_digest(signature, keyring.sign(payload)):
            raise refusal
        cursor = msgspec.msgpack.decode(payload, type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise refusal from None
    if cursor.environment_id != environment_id or cursor.expires < time.time():
        raise refusal
    return cursor
