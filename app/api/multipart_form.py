"""Multipart forms with file names in UTF-8 or, as Node's SDK sends them, in Latin-1.

Litestar's own reader has the same parser underneath, but refuses a form with such a name.
"""

from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from app.errors import BadRequest

Parts = list[tuple[str, str | UploadFile]]


async def read_multipart(request: Request[Any, Any, Any]) -> Parts:
    """The parts of the body in their order; those with a file name are `UploadFile`.

    Raises:
        BadRequest: the body is no such form.
    """
    parts: Parts = []
    try:
        await _read(request, parts)
    except BaseException as error:
        for _, value in parts:
            if isinstance(value, UploadFile):
                await value.close()
        if isinstance(error, MultipartError | UnicodeDecodeError | LookupError):  # of a charset
            raise BadRequest("The body is not a valid form") from error
        raise
    return parts


async def _read(request: Request[Any, Any, Any], parts: Parts) -> None:
    parser = PushMultipartParser(
        request.content_type[1].get("boundary", ""),
        max_segment_count=request.app.multipart_form_part_limit,
        header_charset="latin-1",  # any bytes are
    )
    segment, file, text, empty = None, None, bytearray(), True
    async for chunk in request.stream():
        empty = empty and not chunk
        for event in parser.parse(chunk) if chunk else ():
            if isinstance(event, MultipartSegment):
                segment, file, text = event, _begin(event, parts), bytearray()
            elif event is None:
                await _end(segment, file, text, parts)
            elif file is not None:
                await file.write(event)
            else:
                text += event
        if parser.closed:
            return
    if not empty:
        parser.close()  # which notices what is missing


def _begin(segment: MultipartSegment, parts: Parts) -> UploadFile | None:
    if not segment.filename:
        return None
    file = UploadFile(
        content_type=segment.content_type or "text/plain",
        filename=_file_name(segment.filename),
        headers=dict(segment.headerlist),
    )
    parts.append((_utf8(segment.name), file))
    return file


async def _end(
    segment: MultipartSegment | None, file: UploadFile | None, text: bytearray, parts: Parts
) -> None:
    if file is not None:
        await file.seek(0)
    elif segment is not None:
        parts.append((_utf8(segment.name), text.decode(segment.charset or "utf-8")))


def _utf8(text: str | None) -> str:
    return (text or "").encode("latin-1").decode()


def _file_name(text: str) -> str:
    try:
        return _utf8(text)
    except UnicodeDecodeError:
        return text
