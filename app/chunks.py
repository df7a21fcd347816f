"""Use case: a file that comes in chunks, in any order, some of them twice, becomes one file."""

import hashlib
import re
from uuid import UUID

import msgspec

from app.db import chunks
from app.db.chunks import Key, Range
from app.db.pool import Connection
from app.errors import BadRequest, RateLimited
from app.ingest import check_size
from app.runtime import Runtime

MIN_CHUNK = 5_000_000  # bytes of any chunk but the last
ABANDONED_AFTER = 3600.0  # seconds without another chunk
_CONTENT_RANGE = re.compile(r"bytes[ =](\d{1,15})-(\d{1,15})/(\d{1,15}|-1|\*)", re.IGNORECASE)


class Chunk(msgspec.Struct, frozen=True):
    """Where a chunk belongs. `end` is behind its last byte; `total` is None until it is known."""

    start: int
    end: int
    total: int | None

    @property
    def is_whole(self) -> bool:
        """Whether the file consists of this chunk."""
        return self.start == 0 and self.end == self.total


class Received(msgspec.Struct, frozen=True):
    """What there is now: so many bytes, or the whole file, or the asset that it became before."""

    received: int
    data: bytes | None = None
    asset_id: UUID | None = None


class AlreadyFinished(Exception):
    """Another request with the same chunks was faster; it made this asset."""

    def __init__(self, asset_id: UUID) -> None:
        self.asset_id = asset_id


def parse_content_range(text: str) -> Chunk:
    """The place that a `Content-Range` header names: `bytes 0-5999999/12000000`.

    Node's SDK sends `-1` for a total that it will tell with the last chunk.

    Raises:
        BadRequest: it is no such header, or contradicts itself.
    """
    found = _CONTENT_RANGE.fullmatch(text.strip())
    if found is None:
        raise _invalid_range(text)
    first, last = int(found[1]), int(found[2])
    total = int(found[3]) if found[3].isdecimal() else None
    if last < first or (total is not None and last >= total):
        raise _invalid_range(text)
    return Chunk(first, last + 1, total)


def _invalid_range(text: str, reason: str = "") -> BadRequest:
    return BadRequest(f"Invalid Content-Range: {text[:100]}" + (reason and f". {reason}"))


def check_chunk(runtime: Runtime, chunk: Chunk, size: int) -> None:
    """Passes if a chunk of that many bytes may be stored.

    Raises:
        BadRequest: it is too small, too far behind, or not as long as its header says.
    """
    check_size(max(chunk.end, chunk.total or 0), runtime.settings.max_chunked_bytes)
    if size != chunk.end - chunk.start:
        raise _invalid_range(_text(chunk), f"The file part has {size} bytes")
    if size < MIN_CHUNK and chunk.end != chunk.total:
        raise BadRequest("All parts except EOF-chunk must be larger than 5mb")


async def receive(runtime: Runtime, key: Key, chunk: Chunk, data: bytes) -> Received:
    """Stores a chunk, and gives the file if it was the last one missing.

    A chunk of a finished upload is recognised by its bytes; with others, a new file begins.

    Raises:
        BadRequest: it does not fit what was sent before; that stays as it was.
        RateLimited: the environment's unfinished files are as large as they may be together.
    """
    check_chunk(runtime, chunk, len(data))
    async with runtime.pool.connection() as connection, connection.transaction():
        opened = await chunks.open(connection, key, chunk.total)
        if opened.asset_id is not None:
            if await _is_repeated(connection, key, opened.asset_id, chunk, data):
                return Received(opened.total or 0, asset_id=opened.asset_id)
            await chunks.abandon(connection, key)
            opened = await chunks.open(connection, key, chunk.total)
        await _check_fits(connection, key, chunk, opened.total)
        await _check_quota(runtime, connection, key, chunk)
        progress = await chunks.store(connection, key, chunk.start, data)
        if (progress.received, progress.reach) != (opened.total, opened.total):
            return Received(progress.received)
        return Received(progress.received, await chunks.read(connection, key))


async def _is_repeated(
    connection: Connection, key: Key, asset_id: UUID, chunk: Chunk, data: bytes
) -> bool:
    return await chunks.is_part_of(
        connection, key.environment_id, asset_id, _place(chunk), hashlib.sha256(data).digest()
    )


async def _check_fits(connection: Connection, key: Key, chunk: Chunk, total: int | None) -> None:
    if total is not None and (chunk.end > total or chunk.total not in (None, total)):
        raise _invalid_range(_text(chunk), f"The file was said to have {total} bytes")
    other = await chunks.overlapping(connection, key, _place(chunk))
    if other is not None:
        last = other.first_byte + other.bytes - 1
        raise _invalid_range(_text(chunk), f"Bytes {other.first_byte}-{last} were sent before")


async def _check_quota(runtime: Runtime, connection: Connection, key: Key, chunk: Chunk) -> None:
    """Chunks that arrive together do not see each other: they may exceed the quota by themselves.

    Raises:
        RateLimited: the environment holds as many bytes of unfinished files as it may.
    """
    maximum = runtime.settings.max_pending_bytes
    pending = await chunks.pending_bytes(connection, key, besides=chunk.start)
    if pending + chunk.end - chunk.start > maximum:
        raise RateLimited(
            f"Unfinished uploads hold {pending} bytes, and {maximum} is the maximum. Finish them,"
            " or wait: after an hour without another chunk they are forgotten"
        )


def _place(chunk: Chunk) -> Range:
    return Range(chunk.start, chunk.end - chunk.start)


def _text(chunk: Chunk) -> str:
    return f"bytes {chunk.start}-{chunk.end - 1}/{-1 if chunk.total is None else chunk.total}"


async def finish(connection: Connection, key: Key, asset_id: UUID) -> None:
    """Ends an upload in the transaction that stores its asset.

    Raises:
        AlreadyFinished: the transaction is to be given up.
    """
    if await chunks.finish(connection, key, asset_id):
        return
    winner = await chunks.result(connection, key)
    if winner is not None:
        raise AlreadyFinished(winner)


async def abandon(runtime: Runtime, key: Key) -> None:
    """Forgets the chunks of a file that cannot become an asset."""
    async with runtime.pool.connection() as connection:
        await chunks.abandon(connection, key)


async def delete_abandoned(runtime: Runtime) -> None:
    """Forgets what nobody finished within an hour, of all environments."""
    async with runtime.pool.connection() as connection:
        await chunks.delete_abandoned(connection, age=ABANDONED_AFTER)
