"""Bytes for a client that leaves."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from app.api.file_answer import File, _slices


async def test_a_read_ends_although_the_client_is_gone() -> None:
    """Cancelled within a statement, psycopg closes the connection, and the pool loses it."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def read(start: int, length: int) -> bytes:
        begun.set()
        await asyncio.sleep(0.01)
        ended.set()
        return b"x" * length

    file = File(
        name="a", content_type="image/png", size=9, etag="e", modified=datetime.now(UTC), read=read
    )
    slices = asyncio.ensure_future(anext(_slices(file, 0, 9)))
    await begun.wait()
    slices.cancel()
    with suppress(asyncio.CancelledError):
        await slices
    assert slices.cancelled()
    await asyncio.wait_for(ended.wait(), 5)
