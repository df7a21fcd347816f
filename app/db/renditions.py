"""Renditions: pictures made from originals, cached as rows, each built by one process only."""

import hashlib
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
from psycopg.errors import ForeignKeyViolation

from app.db.pool import Connection, many, one, run, value
from app.db.queries import load
from app.errors import NotFound, RateLimited

_SQL = load("renditions")


class Key(msgspec.Struct, frozen=True):
    """What a rendition is of. `transformation` is canonical."""

    environment_id: int
    asset_id: UUID
    transformation: str
    format: str


class Rendition(msgspec.Struct, frozen=True, kw_only=True):
    """A stored rendition, without its bytes."""

    rendition_id: UUID
    transformation: str
    format: str
    width: int
    height: int
    bytes: int
    etag: str
    created_at: datetime

    @property
    def id(self) -> str:
        """The id under which `derived` lists it: 32 hex characters."""
        return self.rendition_id.hex


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What the renditions of an environment come to."""

    renditions: int
    bytes: int


class Claim(msgspec.Struct, frozen=True):
    """The right to build a rendition, until it expires."""

    key: Key
    token: UUID


async def find(connection: Connection, key: Key) -> Rendition | None:
    """The rendition, or None while there is none."""
    return await one(connection, Rendition, _SQL["find"], **msgspec.structs.asdict(key))


async def list_derived(
    connection: Connection, environment_id: int, asset_id: UUID
) -> list[Rendition]:
    """Every rendition of an asset, oldest first."""
    return await many(
        connection, Rendition, _SQL["list"], environment_id=environment_id, asset_id=asset_id
    )


async def read(
    connection: Connection,
    environment_id: int,
    asset_id: UUID,
    rendition_id: UUID,
    *,
    start: int,
    length: int,
) -> bytes | None:
    """`length` bytes from offset `start` (from 0); None when it is gone by now."""
    data = await value(
        connection,
        _SQL["read"],
        environment_id=environment_id,
        asset_id=asset_id,
        rendition_id=rendition_id,
        start=start + 1,
        length=length,
    )
    return None if data is None else bytes(data)


async def claim(
    connection: Connection, key: Key, *, lease: float, limit: int | None
) -> Claim | None:
    """The right to build a rendition; None if it is there or somebody else is building it.

    Args:
        lease: seconds after which somebody else may try.
        limit: how many renditions the asset may have; None for any number.

    Raises:
        RateLimited: the asset has as many as it may have.
        NotFound: the asset is gone.
    """
    values = msgspec.structs.asdict(key)
    of_asset = {"environment_id": key.environment_id, "asset_id": key.asset_id}
    try:
        async with connection.transaction():
            await run(connection, _SQL["lock_asset"], **of_asset)
            await run(connection, _SQL["forget_expired_claims"], **of_asset)
            before = await value(connection, _SQL["count_of_asset"], **of_asset)
            token = await value(connection, _SQL["claim"], **values, token=uuid4(), lease=lease)
            if token is not None and limit is not None and before >= limit:
                # Raised in here, it takes the claim back.
                raise RateLimited(f"This asset has {before} renditions, which is the maximum")
    except ForeignKeyViolation:
        raise NotFound from None
    return None if token is None else Claim(key, token)


async def store(
    connection: Connection, claim: Claim, sha256: bytes, data: bytes, *, width: int, height: int
) -> bool:
    """Stores what was built and gives the claim back. False: the asset was overwritten meanwhile.

    Args:
        sha256: of the original that it was built from.
    """
    key = msgspec.structs.asdict(claim.key)
    etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
    async with connection.transaction():
        await run(
            connection,
            _SQL["lock_asset"],
            environment_id=claim.key.environment_id,
            asset_id=claim.key.asset_id,
        )
        stored = await value(
            connection,
            _SQL["store"],
            **key,
            sha256=sha256,
            width=width,
            height=height,
            bytes=len(data),
            etag=etag,
            data=data,
        )
        await release(connection, claim)
    return stored is not None


async def release(connection: Connection, claim: Claim) -> None:
    """Gives a claim back, whether something was built or not."""
    key = msgspec.structs.asdict(claim.key)
    await run(connection, _SQL["release"], **key, token=claim.token)


async def forget(connection: Connection, environment_id: int, asset_id: UUID) -> None:
    """Deletes every rendition of an asset."""
    await run(connection, _SQL["forget"], environment_id=environment_id, asset_id=asset_id)


async def usage(connection: Connection, environment_id: int) -> Usage:
    """How many renditions an environment has, and how large they are together."""
    found = await one(connection, Usage, _SQL["usage"], environment_id=environment_id)
    assert found is not None
    return found


async def existing_names(
    connection: Connection,
    environment_id: int,
    resource_type: str,
    type: str,
    names: list[str],
) -> set[str]:
    """Those of the names that are the public_id of an asset."""
    cursor = await connection.execute(
        _SQL["existing_names"],
        {
            "environment_id": environment_id,
            "resource_type": resource_type,
            "type": type,
            "names": names,
        },
    )
    return {row[0] for row in await cursor.fetchall()}
