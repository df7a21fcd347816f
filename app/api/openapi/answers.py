"""Headers and errors of answers, each described once and referred to."""

from litestar.openapi.spec import (
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    Reference,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.openapi.spec.responses import Responses

from app.api.openapi.operations import OPERATIONS, Operation
from app.api.rate_limit import EXPOSED_HEADERS
from app.errors import IrisError

_NUMBER, _TEXT = Schema(type=OpenAPIType.INTEGER), Schema(type=OpenAPIType.STRING)
_LIMIT, _REMAINING, _RESET = EXPOSED_HEADERS
HEADERS: dict[str, OpenAPIHeader | Reference] = {
    "X-Request-Id": OpenAPIHeader(_TEXT, description="Leads from a report to the server's log."),
    "X-Cld-Error": OpenAPIHeader(_TEXT, description="The sentence of the error."),
    _LIMIT: OpenAPIHeader(_NUMBER, description="Calls of the Admin API in an hour."),
    _REMAINING: OpenAPIHeader(_NUMBER, description="Those of them that are left."),
    _RESET: OpenAPIHeader(_TEXT, description="When the next hour begins, as an HTTP date."),
}
_MESSAGE = Schema(type=OpenAPIType.OBJECT, properties={"message": _TEXT}, required=["message"])
ENVELOPE = Schema(type=OpenAPIType.OBJECT, properties={"error": _MESSAGE}, required=["error"])
_BYTES = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
_DELIVERED = {
    200: "The bytes.",
    206: "The range of them that was asked for.",
    304: "The client has them already.",
    416: "There is no such range.",
}


def errors() -> dict[str, OpenAPIResponse | Reference]:
    """A description of every error that an operation may answer with."""
    envelope = OpenAPIMediaType(Reference("#/components/schemas/ErrorEnvelope"))
    kinds = {error for operation in OPERATIONS.values() for error in operation.all_errors}
    return {
        error.__name__: OpenAPIResponse(
            description=(error.__doc__ or "").strip(),
            headers=_headers("X-Request-Id", "X-Cld-Error"),
            content={"application/json": envelope},
        )
        for error in sorted(kinds, key=lambda kind: kind.status)
    }


def answers(operation_id: str, operation: Operation, found: Responses) -> Responses:
    """The answer that Litestar found, with its headers, and those that it cannot know."""
    success = found["200"]
    assert isinstance(success, OpenAPIResponse)
    success.description = "What was asked for."
    for content in (success.content or {}).values():
        _loosen(content.schema)
    limited = EXPOSED_HEADERS if operation.access.limited else ()
    success.headers = _headers("X-Request-Id", *limited)
    failed: Responses = {str(error.status): _reference(error) for error in operation.all_errors}
    if operation_id == "ready":
        failed["503"] = OpenAPIResponse("It cannot; `problems` says why.", content=success.content)
    if operation_id.startswith(("deliver", "download")):
        return _delivered(with_body="head" not in operation_id) | failed
    return {"200": success, **failed}


def _loosen(schema: Schema | Reference | None) -> None:
    # What answers a whole upload is also a valid answer to a chunk, and `oneOf` forbids that.
    if isinstance(schema, Schema) and schema.one_of:
        schema.any_of, schema.one_of = schema.one_of, None


def _delivered(with_body: bool) -> Responses:
    return {
        str(status): OpenAPIResponse(
            description,
            headers=_headers("X-Request-Id"),
            content={"*/*": OpenAPIMediaType(_BYTES)} if with_body and status < 300 else None,
        )
        for status, description in _DELIVERED.items()
    }


def _headers(*names: str) -> dict[str, OpenAPIHeader | Reference]:
    return {name: Reference(f"#/components/headers/{name}") for name in names}


def _reference(error: type[IrisError]) -> Reference:
    return Reference(f"#/components/responses/{error.__name__}")
