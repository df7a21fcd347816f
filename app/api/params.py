"""Parameters of a request, however the client encodes them: query, JSON, form or multipart."""

from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from app.api.multipart_form import read_multipart
from app.contract.wire import collect, parse_integer
from app.errors import BadRequest

Params = dict[str, Any]

_BODYLESS = frozenset({"GET", "HEAD"})


async def read_params(request: Request[Any, Any, Any]) -> Params:
    """Query and body as one dict; the body wins. Parts with a file name are `UploadFile`.

    GET requests of the Python SDK carry a Content-Type without a body, so theirs is not looked at.

    Raises:
        BadRequest: the body is not what its Content-Type says.
    """
    params: Params = collect(request.query_params.multi_items())
    if request.method in _BODYLESS:
        return params
    content_type = request.content_type[0]
    if content_type == "multipart/form-data":
        return params | await _read_multipart(request)
    if content_type == "application/x-www-form-urlencoded":
        return params | await _read_form(request)
    body = await request.body()
    # Ruby and curl send JSON under other names; without a type, only an empty body is clear.
    return params | (_read_json(body) if body.strip() else {})


async def _read_multipart(request: Request[Any, Any, Any]) -> Params:
    parts = await read_multipart(request)
    try:
        return collect(parts)
    except BadRequest:
        await close_files({"": [value for _, value in parts]})
        raise


async def _read_form(request: Request[Any, Any, Any]) -> Params:
    try:
        form = await request.form()
    except RequestEntityTooLarge:
        raise
    except (ClientException, UnicodeDecodeError, KeyError) as error:
        raise BadRequest("The body is not a valid form") from error
    return collect(form.multi_items())


def _read_json(body: bytes) -> Params:
    try:
        params = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise BadRequest("The body is not valid JSON") from None
    if not isinstance(params, dict):
        raise BadRequest("The body is not a JSON object")
    return collect(params.items())


def text_param(params: Params, name: str) -> str:
    """The text of a parameter, empty when it is missing.

    Raises:
        BadRequest: it is a list, an object or a file.
    """
    value = params.get(name)
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise BadRequest(f"Invalid value for parameter {name}")


def page_size(params: Params, usual: int, most: int) -> int:
    """`max_results`: `usual` unless given, and from 1 to `most`.

    Raises:
        BadRequest: it is no such number.
    """
    value = params.get("max_results")
    return parse_integer("max_results", usual if value in (None, "") else value, 1, most)


async def close_files(params: Params) -> None:
    """Frees the temporary files of uploaded parts."""
    for value in params.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, UploadFile):
                await each.close()
