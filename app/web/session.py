"""Who is at the page: a signed cookie that names an API key, good while that key is.

The cookie holds no secret, and every request looks the key up: revoking it ends its sessions.
"""

import base64
import binascii
import hmac
import secrets
import time
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from app.db import api_keys
from app.db.api_keys import ApiKey
from app.db.environments import Environment
from app.errors import Unauthorized
from app.keyring import Keyring
from app.runtime import Runtime

COOKIE = "iris_session"
_LIFETIME = 14 * 24 * 3600
_SIGNATURE = 16


class SignedOut(Unauthorized):
    """You are not signed in any more. Sign in again."""


class Session(msgspec.Struct, frozen=True, array_like=True):
    """What the cookie says: the key, until when (Unix seconds), and a number nobody can guess."""

    api_key: str
    expires: int
    nonce: bytes


class Visitor(msgspec.Struct, frozen=True):
    """Somebody who is signed in. `csrf` has to come back with every change."""

    environment: Environment
    key: ApiKey
    csrf: str


async def visitor(request: Request[Any, Any, Any], runtime: NamedDependency[Runtime]) -> Visitor:
    """The dependency of every route behind the sign-in.

    Raises:
        SignedOut: there is no session, it is over, or its key was revoked.
    """
    session = read(request, runtime.keyring)
    if session is None:
        raise SignedOut
    async with runtime.pool.connection() as connection:
        found = await api_keys.find(connection, runtime.keyring, session.api_key)
    if found is None:
        raise SignedOut
    return Visitor(found[1], found[0], csrf_token(session, runtime.keyring))


def read(request: Request[Any, Any, Any], keyring: Keyring) -> Session | None:
    """The session of a request, or None if it has none that is good."""
    text = request.cookies.get(COOKIE, "")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        signature, payload = data[:_SIGNATURE], data[_SIGNATURE:]
        if not hmac.compare_digest(signature, _sign(keyring, b"session", payload)):
            return None
        session = msgspec.msgpack.decode(payload, type=Session)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
    return session if session.expires > time.time() else None


def begin(
    response: Response[Any], request: Request[Any, Any, Any], keyring: Keyring, api_key: str
) -> None:
    """Signs somebody in: sets the cookie, for TLS alone where the page came over TLS."""
    session = Session(api_key, int(time.time()) + _LIFETIME, secrets.token_bytes(16))
    payload = msgspec.msgpack.encode(session)
    text = base64.urlsafe_b64encode(_sign(keyring, b"session", payload) + payload)
    response.cookies.append(_cookie(request, text.rstrip(b"=").decode(), _LIFETIME))


def end(response: Response[Any], request: Request[Any, Any, Any]) -> None:
    """Signs somebody out."""
    response.cookies.append(_cookie(request, "", 0))


def csrf_token(session: Session, keyring: Keyring) -> str:
    """What a page of this session sends back to prove that it is ours."""
    return _sign(keyring, b"csrf", session.nonce).hex()


def _sign(keyring: Keyring, purpose: bytes, payload: bytes) -> bytes:
    return keyring.sign(b"page " + purpose + b"\0" + payload)


def _over_tls(request: Request[Any, Any, Any]) -> bool:
    runtime: Runtime = request.app.state.runtime
    return request.url.scheme == "https" or runtime.settings.public_url.startswith("https:")


def _cookie(request: Request[Any, Any, Any], value: str, max_age: int) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=value,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=_over_tls(request),
    )
