"""API keys. Secrets leave this module decrypted and are never logged."""

import secrets
from datetime import datetime

import msgspec

from app.db.environments import Environment
from app.db.pool import Connection, many, one
from app.db.queries import load
from app.errors import AlreadyExists, NotFound
from app.keyring import Keyring

_SQL = load("api_keys")


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with its secret in clear."""

    api_key: str
    secret: str
    label: str = ""
    enabled: bool = True


class _KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    api_key: str
    encrypted_secret: bytes
    label: str
    enabled: bool
    created_at: datetime


class _KeyWithEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    api_key: str
    encrypted_secret: bytes
    enabled: bool
    environment_id: int
    cloud_name: str
    visual_search: bool
    library_preset: str | None
    api_preset: str | None
    created_at: datetime


class _Key(msgspec.Struct, frozen=True):
    api_key: str


async def find(
    connection: Connection, keyring: Keyring, api_key: str
) -> tuple[ApiKey, Environment] | None:
    """An enabled key and the environment that it opens, or None."""
    row = await one(connection, _KeyWithEnvironment, _SQL["find"], api_key=api_key)
    if row is None or not row.enabled:
        return None
    key = ApiKey(api_key=row.api_key, secret=keyring.decrypt(row.encrypted_secret))
    return key, msgspec.convert(row, Environment, from_attributes=True)


async def list_all(
    connection: Connection, keyring: Keyring, environment: Environment
) -> list[ApiKey]:
    """The keys of an environment, oldest first."""
    rows = await many(connection, _KeyRow, _SQL["list"], environment_id=environment.environment_id)
    return [
        ApiKey(
            api_key=row.api_key,
            secret=keyring.decrypt(row.encrypted_secret),
            label=row.label,
            enabled=row.enabled,
        )
        for row in rows
    ]


async def first_enabled(
    connection: Connection, keyring: Keyring, environment: Environment
) -> ApiKey:
    """The key with which the server itself signs for an environment.

    Raises:
        NotFound: every key was revoked.
    """
    for key in await list_all(connection, keyring, environment):
        if key.enabled:
            return key
    raise NotFound(
        f"Environment {environment.cloud_name} has no API key:"
        f" `iris key add {environment.cloud_name}`"
    )


async def add(
    connection: Connection,
    keyring: Keyring,
    environment: Environment,
    *,
    api_key: str | None = None,
    secret: str | None = None,
    label: str = "",
) -> ApiKey:
    """A new key; what is not given is made at random.

    Raises:
        AlreadyExists: the key is in use, here or in another environment.
    """
    key = ApiKey(
        # Cloudinary's keys are 15 digits, its secrets 27 URL-safe characters.
        api_key=api_key or "".join(secrets.choice("0123456789") for _ in range(15)),
        secret=secret or secrets.token_urlsafe(20),
        label=label,
    )
    added = await one(
        connection,
        _Key,
        _SQL["add"],
        api_key=key.api_key,
        environment_id=environment.environment_id,
        encrypted_secret=keyring.encrypt(key.secret),
        label=label,
    )
    if added is None:
        raise AlreadyExists(f"API key {key.api_key} is already in use.")
    return key


async def revoke(connection: Connection, environment: Environment, api_key: str) -> None:
    """Disables a key at once.

    Raises:
        NotFound: the environment has no such enabled key.
    """
    revoked = await one(
        connection,
        _Key,
        _SQL["revoke"],
        environment_id=environment.environment_id,
        api_key=api_key,
    )
    if revoked is None:
        raise NotFound(f"Environment {environment.cloud_name} has no enabled API key {api_key}.")
