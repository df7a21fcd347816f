"""Completes the document that Litestar makes: handlers read their parameters themselves."""

import re
from dataclasses import replace

from litestar import Litestar
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import (
    OpenAPIMediaType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from app.api.openapi import operations
from app.api.openapi.answers import ENVELOPE, HEADERS, answers, errors
from app.api.openapi.parameter import ANYTHING, Parameters
from app.api.openapi.path_parameters import described

METHODS = ("get", "head", "post", "put", "delete")
_BODYLESS = ("get", "head")
_FIRST_SENTENCE = re.compile(r"(.+?)[.;:](?:\s|$)", re.DOTALL)
_SCHEMES: dict[str, SecurityScheme | Reference] = {
    "basic": SecurityScheme("http", scheme="basic", description="API key and secret."),
    "token": SecurityScheme("http", scheme="bearer", description="An access token."),
    "signature": SecurityScheme(
        "apiKey",
        name="signature",
        security_scheme_in="query",
        description="A signature of the parameters, with `api_key` and `timestamp`; in the query"
        " or in the body.",
    ),
}

Schemas = dict[str, Schema]


async def complete(app: Litestar) -> None:
    """A hook for the start of the application."""
    document = app.openapi_schema
    for item in (document.paths or {}).values():
        for method in METHODS:
            operation = getattr(item, method)
            if operation is not None:
                _complete(operation, method, document.components.schemas)
    document.components.schemas["ErrorEnvelope"] = ENVELOPE
    document.components.responses = errors()
    document.components.headers = HEADERS
    document.components.security_schemes = _SCHEMES


def _complete(operation: Operation, method: str, schemas: Schemas) -> None:
    name = operation.operation_id or ""
    known = operations.find(name)
    operation.summary = _summary(operation.description or "")
    operation.parameters = [
        described(name, each) for each in operation.parameters or [] if isinstance(each, Parameter)
    ]
    if method in _BODYLESS:
        operation.parameters += map(_in_query, known.parameters)
    elif known.parameters:
        operation.request_body = _body(name, known.parameters, schemas)
    operation.responses = answers(name, known, operation.responses or {})
    operation.security = [{scheme: []} if scheme else {} for scheme in known.access.schemes]


def _summary(description: str) -> str:
    found = _FIRST_SENTENCE.match(description)
    return " ".join((found[1] if found else description).split())


def _in_query(parameter: Parameter) -> Parameter:
    """Objects are JSON text there, and files are other texts."""
    schema = _without_files(parameter)
    if schema.items == ANYTHING:
        as_json = RequestEncodingType.JSON.value
        schema = Schema(type=OpenAPIType.STRING, content_media_type=as_json)
    return replace(parameter, schema=schema)


def _body(name: str, parameters: Parameters, schemas: Schemas) -> RequestBody:
    """The same parameters as JSON and as both kinds of form; only a multipart one has files."""
    title = "".join(part.capitalize() for part in name.split("_"))
    plain = _register(schemas, f"{title}Parameters", parameters, files=False)
    form = plain
    if any(_is_file(parameter) for parameter in parameters):
        form = _register(schemas, f"{title}Form", parameters, files=True)
    return RequestBody(
        content={
            RequestEncodingType.JSON.value: OpenAPIMediaType(plain),
            RequestEncodingType.URL_ENCODED.value: OpenAPIMediaType(plain),
            RequestEncodingType.MULTI_PART.value: OpenAPIMediaType(form),
        },
        required=any(parameter.required for parameter in parameters),
    )


def _register(schemas: Schemas, name: str, parameters: Parameters, *, files: bool) -> Reference:
    properties = {
        parameter.name: replace(
            _schema(parameter) if files else _without_files(parameter),
            description=parameter.description,
        )
        for parameter in parameters
    }
    required = [parameter.name for parameter in parameters if parameter.required]
    schemas[name] = Schema(
        type=OpenAPIType.OBJECT, properties=dict(properties), required=required or None
    )
    return Reference(f"#/components/schemas/{name}")


def _schema(parameter: Parameter) -> Schema:
    assert isinstance(parameter.schema, Schema)
    return parameter.schema


def _is_file(parameter: Parameter) -> bool:
    return _schema(parameter).format == OpenAPIFormat.BINARY


def _without_files(parameter: Parameter) -> Schema:
    schema = _schema(parameter)
    return replace(schema, format=None) if _is_file(parameter) else schema
