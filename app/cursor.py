"""Signed cursors: what a page needs to go on, carried by the client, who cannot change it."""

import base64
import binascii
import hmac
import time
from typing import TypeVar
from uuid import UUID

import msgspec

from app.errors import BadRequest
from app.keyring import Keyring

_SIGNATURE = 16
_LIFETIME = 24 * 3600


class Cursor(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag=True):
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
    threshold: float
    distance: float
    asset_id: UUID
    skipped: int


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
