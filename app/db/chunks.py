"""Files that arrive in chunks, until they are whole."""

from uuid import UUID

import msgspec

from app.db.pool import Connection, many, one, run, value
from app.db.queries import load

_SQL = load("upload_chunks")


class Key(msgspec.Struct, frozen=True):
    """Which upload: nobody but its sender can add to it or finish it."""

    environment_id: int
    sender: str
    upload_id: str


class Opened(msgspec.Struct, frozen=True):
    """An upload as it stands: its size if that was told, and its asset if it is finished."""

    total: int | None
    asset_id: UUID | None


class Progress(msgspec.Struct, frozen=True):
    """Bytes that are there, and where the last of them ends."""

    received: int
    reach: int


class Range(msgspec.Struct, frozen=True):
    """The place of a chunk in its file."""

    first_byte: int
    bytes: int


class _Data(msgspec.Struct, frozen=True):
    data: bytes


async def open(connection: Connection, key: Key, total: int | None) -> Opened:
    """The upload, begun if it is new, and locked until the end of the transaction."""
    opened = await one(connection, Opened, _SQL["open"], **_names(key), total=total)
    assert opened is not None
    return opened


async def is_part_of(
    connection: Connection, environment_id: int, asset_id: UUID, place: Range, sha256: bytes
) -> bool:
    """Whether the bytes of that digest stand at that place of a stored file."""
    return bool(
        await value(
            connection,
            _SQL["is_part_of"],
            environment_id=environment_id,
            asset_id=asset_id,
            first_byte=place.first_byte,
            bytes=place.bytes,
            sha256=sha256,
        )
    )


async def overlapping(connection: Connection, key: Key, place: Range) -> Range | None:
    """A chunk that covers some of the same bytes, but not the same range."""
    return await one(
        connection,
        Range,
        _SQL["overlapping"],
        **_names(key),
        first_byte=place.first_byte,
        bytes=place.bytes,
    )


async def pending_bytes(connection: Connection, key: Key, *, besides: int) -> int:
    """Bytes of all unfinished files of the environment, without this one's chunk at `besides`."""
    names = _names(key)
    return int(await value(connection, _SQL["pending_bytes"], **names, first_byte=besides))


async def store(connection: Connection, key: Key, first_byte: int, data: bytes) -> Progress:
    """Keeps a chunk, in place of the same range sent before."""
    names = _names(key)
    await run(connection, _SQL["store"], **names, first_byte=first_byte, bytes=len(data), data=data)
    progress = await one(connection, Progress, _SQL["progress"], **names)
    assert progress is not None
    return progress


async def read(connection: Connection, key: Key) -> bytes:
    """The chunks, in their order."""
    return b"".join(row.data for row in await many(connection, _Data, _SQL["read"], **_names(key)))


async def finish(connection: Connection, key: Key, asset_id: UUID) -> bool:
    """Forgets the chunks and remembers what they became; False when another request did that."""
    finished = await value(connection, _SQL["finish"], **_names(key), asset_id=asset_id)
    await run(connection, _SQL["forget_chunks"], **_names(key))
    return finished is not None


async def result(connection: Connection, key: Key) -> UUID | None:
    """The asset of a finished upload."""
    asset_id: UUID | None = await value(connection, _SQL["result"], **_names(key))
    return asset_id


async def abandon(connection: Connection, key: Key) -> None:
    """Forgets an upload and its chunks."""
    await run(connection, _SQL["abandon"], **_names(key))


async def delete_abandoned(connection: Connection, *, age: float) -> None:
    """Forgets uploads to which nothing was added for `age` seconds, finished ones too."""
    await run(connection, _SQL["delete_abandoned"], age=age)


def _names(key: Key) -> dict[str, int | str]:
    return {
        "environment_id": key.environment_id,
        "sender": key.sender,
        "upload_id": key.upload_id,
    }
