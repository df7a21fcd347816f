"""Who is asking: API key and secret, a signature, or an unsigned upload preset."""

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
from app.db import api_keys, environments
from app.db.api_keys import ApiKey
from app.db.environments import Environment
from app.db.pool import Connection
from app.errors import Unauthorized
from app.runtime import Runtime


class Access(msgspec.Struct, frozen=True):
    """The environment that a request may use, and with which key; None is an unsigned upload."""

    environment: Environment
    key: ApiKey | None


async def admin_access(request: Request[Any, Any, Any], runtime: Runtime, cloud: str) -> Access:
    """Access by HTTP Basic. It counts as a call of the Admin API.

    Raises:
        Unauthorized: in the words of Cloudinary, which people search for.
        RateLimited: the environment used up its calls of this hour.
    """
    credentials = _basic_credentials(request)
    if credentials is None:
        raise Unauthorized("Missing API key and secret: use HTTP Basic authentication")
    async with runtime.pool.connection() as connection:
        access = await _key_access(connection, runtime, cloud, *credentials)
        await count_call(request, connection, runtime, access.environment)
    return access


async def upload_access(
    request: Request[Any, Any, Any], runtime: Runtime, cloud: str, params: Params, action: str
) -> Access:
    """Access by HTTP Basic, by signature, or without a key where a preset has to allow it.

    Raises:
        Unauthorized: unknown cloud or key, or a signature that does not match.
        BadRequest: the signed timestamp is missing or older than an hour.
    """
    credentials = _basic_credentials(request)
    if credentials is not None:
        async with runtime.pool.connection() as connection:
            return await _key_access(connection, runtime, cloud, *credentials)
    key_name = text_param(params, "api_key")
    signed = bool(key_name or params.get("signature"))
    async with runtime.pool.connection() as connection:
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


def _basic_credentials(request: Request[Any, Any, Any]) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthorized("unknown api_key") from None
    if "\0" in text:  # PostgreSQL could not even look for it
        raise Unauthorized("unknown api_key")
    api_key, _, secret = text.partition(":")
    return api_key, secret
