"""Who is asking: API key and secret, an access token, a signature, or an unsigned preset."""

import base64
import binascii
import hmac
import time
from typing import Any

import msgspec
from litestar import Request

from app.api.params import Params, text_param
from app.api.rate_limit import count_call
from app.contract.signing import verify_upload
from app.db import access_tokens, api_keys, environments
from app.db.api_keys import ApiKey
from app.db.environments import Environment
from app.db.pool import Connection
from app.errors import Unauthorized
from app.runtime import Runtime


class Access(msgspec.Struct, frozen=True):
    """The environment that a request may use, and with which key; None is an unsigned upload."""

    environment: Environment
    key: ApiKey | None
    """Also what signs the answers to a request with a token: then the environment's first one."""
    token_id: str | None = None
    """The access token of the request, if it has one."""

    @property
    def asked_by(self) -> str | None:
        """The id of the key or token with which the request was made."""
        return self.token_id or (self.key.api_key if self.key else None)


async def admin_access(request: Request[Any, Any, Any], runtime: Runtime, cloud: str) -> Access:
    """Access by HTTP Basic or a token. It counts as a call of the Admin API.

    Raises:
        Unauthorized: in the words of Cloudinary, which people search for.
        RateLimited: the environment used up its calls of this hour.
    """
    async with runtime.pool.connection() as connection:
        access = await _proven_access(request, connection, runtime, cloud)
        if access is None:
            raise Unauthorized("Missing API key and secret: use HTTP Basic authentication")
        await count_call(request, connection, runtime, access.environment)
    return access


async def upload_access(
    request: Request[Any, Any, Any], runtime: Runtime, cloud: str, params: Params, action: str
) -> Access:
    """Access by HTTP Basic, a token, a signature, or without any where a preset has to allow it.

    Raises:
        Unauthorized: unknown cloud, key or token, or a signature that does not match.
        BadRequest: the signed timestamp is missing or older than an hour.
    """
    async with runtime.pool.connection() as connection:
        proven = await _proven_access(request, connection, runtime, cloud)
        if proven is not None:
            return proven
        key_name = text_param(params, "api_key")
        signed = bool(key_name or params.get("signature"))
        environment = await environments.find(connection, cloud)
        found = await api_keys.find(connection, runtime.keyring, key_name) if signed else None
    if environment is None:
        raise Unauthorized(f"Invalid cloud_name {cloud}" if signed else "Unknown API key ")
    if not signed:
        return Access(environment, None)
    if found is None or found[1].environment_id != environment.environment_id:
        raise Unauthorized(f"Unknown API key {key_name}")
    verify_upload(params, found[0].secret, now=time.time(), action=action)
    return Access(environment, found[0])


async def _proven_access(
    request: Request[Any, Any, Any], connection: Connection, runtime: Runtime, cloud: str
) -> Access | None:
    """Access by what the header Authorization says; None when it says nothing that we know."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return await _key_access(connection, runtime, cloud, *_decoded(credentials))
    if scheme.lower() == "bearer":
        return await _token_access(connection, runtime, cloud, credentials.strip())
    return None


async def _token_access(connection: Connection, runtime: Runtime, cloud: str, token: str) -> Access:
    found = await access_tokens.find(connection, token)
    if found is None:
        raise Unauthorized("unknown access token")
    token_id, environment = found
    if environment.cloud_name != cloud:
        raise Unauthorized("cloud_name mismatch")
    key = await api_keys.first_enabled(connection, runtime.keyring, environment)
    return Access(environment, key, token_id)


async def _key_access(
    connection: Connection, runtime: Runtime, cloud: str, api_key: str, secret: str
) -> Access:
    found = await api_keys.find(connection, runtime.keyring, api_key)
    if found is None:
        raise Unauthorized("unknown api_key")
    key, environment = found
    if not hmac.compare_digest(key.secret.encode(), secret.encode()):
        raise Unauthorized("api_secret mismatch")
    if environment.cloud_name != cloud:
        raise Unauthorized("cloud_name mismatch")
    return Access(environment, key)


def _decoded(credentials: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthorized("unknown api_key") from None
    if "\0" in text:  # PostgreSQL could not even look for it
        raise Unauthorized("unknown api_key")
    api_key, _, secret = text.partition(":")
    return api_key, secret
