"""Stored bytes over HTTP: whole, a range of them, or only the news that they have not changed."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response import Stream

from app.errors import NotFound

_SLICE = 4 * 1024 * 1024  # bytes read from the database at a time
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)
_ETAG = re.compile(r'(?:W/)?("[^"]*")')

Answer = Response[Any]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """What is delivered. `read` gives so many bytes from an offset; None when they are gone."""

    name: str
    content_type: str
    size: int
    etag: str
    """Without quotation marks."""

    modified: datetime
    read: Callable[[int, int], Awaitable[bytes | None]]


def answer(request: Request[Any, Any, Any], file: File, headers: dict[str, str]) -> Answer:
    """The file as RFC 9110 has it: conditions first, then the range, then the bytes."""
    headers = headers | {
        "ETag": f'"{file.etag}"',
        "Accept-Ranges": "bytes",
        "Last-Modified": _date(file.modified),
    }
    if _unchanged(request, file):
        return Response(b"", status_code=304, headers=headers, media_type=file.content_type)
    span = _span(request, file)
    start, end = span or (0, file.size)
    if start >= end:
        headers["Content-Range"] = f"bytes */{file.size}"
        return Response(b"", status_code=416, headers=headers, media_type=file.content_type)
    status = 200
    if span:
        status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{file.size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(b"", status_code=status, headers=headers, media_type=file.content_type)
    body = _slices(file, start, end)
    return Stream(body, status_code=status, headers=headers, media_type=file.content_type)


def _date(time: datetime) -> str:
    return format_datetime(time.astimezone(UTC).replace(microsecond=0), usegmt=True)


def _unchanged(request: Request[Any, Any, Any], file: File) -> bool:
    """Whether the client has these bytes. Its entity tags, if it sends any, overrule its date."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or f'"{file.etag}"' in _ETAG.findall(known)
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return since.tzinfo is not None and file.modified.replace(microsecond=0) <= since


def _span(request: Request[Any, Any, Any], file: File) -> tuple[int, int] | None:
    """Start and end (exclusive) of the bytes asked for, empty if there are none such; None is all.

    A range that cannot be read, or several, may be answered with the whole.
    """
    found = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or found.groups() == ("", "") or request.method != "GET":
        return None
    # Only a strong tag counts: dates do not tell bytes of the same second apart.
    if request.headers.get("if-range", f'"{file.etag}"') != f'"{file.etag}"':
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, file.size - int(last)), file.size
    else:
        start, end = int(first), min(int(last) + 1, file.size) if last else file.size
    return None if (start, end) == (0, file.size) else (start, end)


async def _slices(file: File, start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes in slices, so that neither memory nor a connection is held by a slow client."""
    for position in range(start, end, _SLICE):
        # A client that leaves cancels this at every await, psycopg's own cancelling included, and
        # the connection would be lost to the pool. The read takes milliseconds: let it end.
        data = await asyncio.shield(file.read(position, min(_SLICE, end - position)))
        if data is None:
            # Overwritten while it was sent: breaking off is honest, mixing two files is not.
            raise NotFound(f"Resource not found - {file.name}")
        yield data
