"""Words to describe parameters with. They are written once, for queries and bodies alike."""

from dataclasses import replace
from typing import Any

from litestar.openapi.spec import Parameter, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

Parameters = tuple[Parameter, ...]

ANYTHING = Schema(type=OpenAPIType.OBJECT, additional_properties=True)
_TEXT = Schema(type=OpenAPIType.STRING)


def text(name: str, description: str, **rules: Any) -> Parameter:
    """A text; `rules` are those of JSON Schema."""
    return _parameter(name, description, replace(_TEXT, **rules))


def word(name: str, description: str, *words: str, default: str | None = None) -> Parameter:
    """One of some words."""
    return text(name, description, enum=list(words), default=default)


def flag(name: str, description: str, default: bool = False) -> Parameter:
    """True or false, also spelt 1 and 0."""
    return _parameter(name, description, Schema(type=OpenAPIType.BOOLEAN, default=default))


def whole(
    name: str, description: str, least: int, most: int, default: int | None = None
) -> Parameter:
    """A whole number between bounds that belong to the range."""
    schema = Schema(type=OpenAPIType.INTEGER, minimum=least, maximum=most, default=default)
    return _parameter(name, description, schema)


def number(name: str, description: str, least: float, most: float) -> Parameter:
    """A number between bounds that belong to the range."""
    return _parameter(
        name, description, Schema(type=OpenAPIType.NUMBER, minimum=least, maximum=most)
    )


def texts(name: str, description: str, most: int | None = None) -> Parameter:
    """A list of texts, also as `a,b`, `name[]=a` and `name[0]=a`."""
    schema = Schema(type=OpenAPIType.ARRAY, items=_TEXT, max_items=most)
    return _parameter(name, description, schema)


def pairs(name: str, description: str) -> Parameter:
    """Keys and values, as an object or as `k=v|k2=v2`."""
    return _parameter(name, description, Schema(one_of=[_TEXT, ANYTHING]))


def objects(name: str, description: str, most: int | None = None) -> Parameter:
    """A list of objects, as JSON."""
    schema = Schema(type=OpenAPIType.ARRAY, items=ANYTHING, max_items=most)
    return _parameter(name, description, schema)


def an_object(name: str, description: str) -> Parameter:
    """An object, as JSON."""
    return _parameter(name, description, ANYTHING)


def any_value(name: str, description: str) -> Parameter:
    """Something whose type depends on something else."""
    return _parameter(name, description, Schema())


def file(name: str, description: str) -> Parameter:
    """A file: a part of a multipart form, a data URI or a URL."""
    return _parameter(name, description, replace(_TEXT, format=OpenAPIFormat.BINARY))


def required(parameter: Parameter) -> Parameter:
    """The same, where nothing works without it."""
    return replace(parameter, required=True)


def _parameter(name: str, description: str, schema: Schema) -> Parameter:
    return Parameter(name=name, param_in="query", schema=schema, description=description)
