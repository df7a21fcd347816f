"""Access tokens: what `Authorization: Bearer` carries. They are shown once and kept as hashes."""

import hashlib
import hmac
import secrets
from datetime import datetime

import msgspec

from app.contract.naming import random_text
from app.db.environments import Environment
from app.db.pool import Connection, many, one
from app.db.queries import load
from app.errors import NotFound

_SQL = load("access_tokens")
_PREFIX = "iris"  # so that whoever finds one in a log or a repository knows what it opens


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its secret."""

    token_id: str
    label: str
    created_at: datetime


class _TokenWithEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    token_id: str
    secret_hash: bytes
    label: str
    environment_id: int
    cloud_name: str
    visual_search: bool
    library_preset: str | None
    api_preset: str | None
    created_at: datetime


async def find(connection: Connection, token: str) -> tuple[str, Environment] | None:
    """The id of a token and the environment that it opens, or None."""
    token_id, _, secret = token.removeprefix(f"{_PREFIX}_").partition("_")
    if "\0" in token_id:  # PostgreSQL could not even look for it
        return None
    row = await one(connection, _TokenWithEnvironment, _SQL["find"], token_id=token_id)
    if row is None or not hmac.compare_digest(row.secret_hash, _hash(secret)):
        return None
    return row.token_id, msgspec.convert(row, Environment, from_attributes=True)


async def list_all(connection: Connection, environment: Environment) -> list[AccessToken]:
    """The tokens of an environment, oldest first."""
    return await many(
        connection, AccessToken, _SQL["list"], environment_id=environment.environment_id
    )


async def add(
    connection: Connection, environment: Environment, *, label: str = ""
) -> tuple[AccessToken, str]:
    """A new token, and its text, which nobody can read again."""
    token_id, secret = random_text(12), secrets.token_urlsafe(32)
    added = await one(
        connection,
        AccessToken,
        _SQL["add"],
        token_id=token_id,
        environment_id=environment.environment_id,
        secret_hash=_hash(secret),
        label=label,
    )
    assert added is not None
    return added, f"{_PREFIX}_{token_id}_{secret}"


async def revoke(connection: Connection, environment: Environment, token_id: str) -> None:
    """Forgets a token: it opens nothing any more.

    Raises:
        NotFound: the environment has no such token.
    """
    revoked = await one(
        connection,
        AccessToken,
        _SQL["revoke"],
        environment_id=environment.environment_id,
        token_id=token_id,
    )
    if revoked is None:
        raise NotFound(f"Environment {environment.cloud_name} has no access token {token_id}.")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
