"""Parameters of a request, however the client encodes them: query, JSON, form or multipart."""

from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException

from app.errors import BadRequest
from app.wire import collect

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
    if content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return params | await _read_form(request)
    body = await request.body()
    # Ruby and curl send JSON under other names; without a type, only an empty body is clear.
    return params | (_read_json(body) if body.strip() else {})


async def _read_form(request: Request[Any, Any, Any]) -> Params:
    try:
        form = await request.form()
    except (ClientException, UnicodeDecodeError, KeyError) as error:
        raise BadRequest("The body is not a valid form") from error
    return collect(form.multi_items())


def _read_json(body: bytes) -> Params:
    try:
        params = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise BadRequest("The body is not valid JSON") from None
    if not isinstance(params, dict):
        raise BadRequest("The body is not a JSON object")
    return params


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


async def close_files(params: Params) -> None:
    """Frees the temporary files of uploaded parts."""
    for value in params.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, UploadFile):
                await each.close()
