"""Cloudinary's signatures: of upload requests, of answers and of delivery URLs.

They are plain hashes of a text followed by the secret, not HMACs, because clients compute them so.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from app.contract.wire import invalid
from app.errors import BadRequest, Unauthorized

Algorithm = Literal["sha1", "sha256"]

VALID_FOR = 3600.0  # seconds that a signed request may be old, or ahead of our clock

_NEVER_SIGNED = frozenset({"file", "cloud_name", "resource_type", "api_key", "signature"})
_UNSIGNED_BY_ACTION = dict.fromkeys(
    ("tags", "context", "metadata"), frozenset({"notification_url", "batch_id"})
)
_BY_LENGTH: dict[int, Algorithm] = {40: "sha1", 64: "sha256"}
# A signature does not say what it is for, and a URL to download with is given to other people. With
# one of these parameters, which no other action has, they can do nothing else with it.
_DOWNLOADS = ("download", "download_backup")
_OF_DOWNLOADS = frozenset({"expires_at", "attachment", "version_id"})
_PARAMETER = re.compile(r"\w+=.+", re.DOTALL)
_SHORT, _LONG = 8, 32  # characters of a delivery signature
_WRAPPED = re.compile(rf"s--(.{{{_SHORT}}}|.{{{_LONG}}})--")


def string_to_sign(params: Mapping[str, Any], version: int = 2) -> str:
    """The text that the client hashed: `k=v` joined with `&`, sorted, empty values left out.

    Lists are joined with commas. Version 2 writes `&` inside a pair as `%26`; version 1 does not.
    """
    pairs = (f"{k}={_value(v)}" for k, v in params.items() if v and k not in _NEVER_SIGNED)
    return "&".join(sorted(p.replace("&", "%26") if version >= 2 else p for p in pairs))


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def sign(
    params: Mapping[str, Any], secret: str, *, algorithm: Algorithm = "sha1", version: int = 2
) -> str:
    """Hex digest of the string to sign and the secret."""
    return _digest(string_to_sign(params, version) + secret, algorithm).hex()


def verify_upload(
    params: Mapping[str, str | list[str]], secret: str, *, now: float, action: str
) -> None:
    """Passes if the collected parameters of an upload action carry a valid, fresh signature.

    SHA-1 and SHA-256 are told apart by length; both signature versions count.

    Args:
        now: Unix time in seconds.
        action: last segment of the path, such as `upload` or `tags`.

    Raises:
        BadRequest: the signature or the timestamp is missing, unreadable or stale.
        Unauthorized: the signature does not fit; the message shows what should have been signed. Or
            it is that of a download, or one that has expired.
    """
    signature = _single(params, "signature").strip()
    reported = _single(params, "timestamp").strip()
    if not re.fullmatch(r"[0-9]{1,11}", reported):
        raise invalid("timestamp", reported, "Unix time in whole seconds is expected")
    omitted = _UNSIGNED_BY_ACTION.get(action, frozenset())
    signed = {name: value for name, value in params.items() if name not in omitted}
    if action not in _DOWNLOADS and not _OF_DOWNLOADS.isdisjoint(params):
        raise Unauthorized("The signature is that of a download")
    if not _matches(signature, _signable(signed), secret):
        raise Unauthorized(
            f"Invalid Signature {signature[:128]}. String to sign - '{string_to_sign(signed)}'."
        )
    expires = params.get("expires_at")
    if action in _DOWNLOADS and expires:
        _check_expiry(_single(params, "expires_at").strip(), now)
    else:
        _check_age(int(reported), now)


def _single(params: Mapping[str, str | list[str]], name: str) -> str:
    value = params.get(name)
    if not value:
        raise BadRequest(f"Missing required parameter - {name}")
    if isinstance(value, list):
        raise invalid(name, value)
    return str(value)


def _signable(params: Mapping[str, Any]) -> list[str]:
    """Texts whose hash is a valid signature.

    In a version 1 text a value may hide a parameter: `{a: "1&b=2"}` reads like `{a: "1", b: "2"}`,
    so a signature made for the second would pass for the first. Such texts count in version 2 only.
    """
    current, old = string_to_sign(params, 2), string_to_sign(params, 1)
    pieces = old.split("&")
    ambiguous = pieces == sorted(pieces) and all(map(_PARAMETER.fullmatch, pieces))
    return [current] if ambiguous else [current, old]


def _matches(signature: str, texts: Iterable[str], secret: str) -> bool:
    algorithm = _BY_LENGTH.get(len(signature))
    if algorithm is None:
        return False
    given = signature.lower().encode()
    # a list, not a generator: the time must not tell which of the texts fitted
    fits = [
        hmac.compare_digest(given, _digest(text + secret, algorithm).hex().encode())
        for text in texts
    ]
    return any(fits)


def _check_expiry(expires: str, now: float) -> None:
    if not re.fullmatch(r"[0-9]{1,11}", expires):
        raise invalid("expires_at", expires, "Unix time in whole seconds is expected")
    if now > int(expires):
        raise Unauthorized(f"This URL expired at {_utc(int(expires))}")


def _check_age(reported: int, now: float) -> None:
    if abs(now - reported) <= VALID_FOR:
        return
    where = "ago" if reported < now else "in the future"
    raise BadRequest(
        f"Stale request - reported time is {_utc(reported)} which is more than 1 hour {where}"
    )


def _utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S +0000")


def response_signature(
    public_id: str, version: int, secret: str, algorithm: Algorithm = "sha1"
) -> str:
    """The `signature` of an upload answer. Clients verify it by the rules of version 1."""
    params = {"public_id": public_id, "version": version}
    return sign(params, secret, algorithm=algorithm, version=1)


def notification_signature(
    body: str, timestamp: int, secret: str, algorithm: Algorithm = "sha1"
) -> str:
    """The `X-Cld-Signature` of a webhook that is sent at that time (Unix seconds)."""
    return _digest(f"{body}{timestamp}{secret}", algorithm).hex()


def delivery_signature(
    to_sign: str, secret: str, *, long: bool = False, algorithm: Algorithm = "sha1"
) -> str:
    """What stands between `s--` and `--` in a signed delivery URL: 8 characters, or 32 if `long`.

    Args:
        to_sign: transformation and source joined with `/`, escaped as in the URL, no version.
        algorithm: of a short signature; long ones are always SHA-256.
    """
    digest = _digest(to_sign + secret, "sha256" if long else algorithm)
    return base64.urlsafe_b64encode(digest).decode()[: _LONG if long else _SHORT]


def verify_delivery(signature: str, to_sign: str, secret: str) -> bool:
    """Whether a short (either algorithm) or long signature, bare or as `s--…--`, fits."""
    wrapped = _WRAPPED.fullmatch(signature)  # a bare one may end with "--", too
    given = (wrapped[1] if wrapped else signature).encode()
    expected = [
        delivery_signature(to_sign, secret),
        delivery_signature(to_sign, secret, algorithm="sha256"),
        delivery_signature(to_sign, secret, long=True),
    ]
    return any([hmac.compare_digest(given, each.encode()) for each in expected])


def _digest(text: str, algorithm: Algorithm) -> bytes:
    return hashlib.new(algorithm, text.encode(), usedforsecurity=False).digest()
