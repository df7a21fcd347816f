"""The page at `/openapi`: the OpenAPI document for people, without a script or another host."""

from typing import Any

from litestar import Request, Response, Router
from litestar.exceptions import NotFoundException
from litestar.openapi.plugins import OpenAPIRenderPlugin

from app.web import csp

_METHODS = ("get", "head", "post", "put", "delete")
_SCHEMES = {"basic": "API key and secret", "token": "access token", "signature": "signature"}

Document = dict[str, Any]


class ReferencePage(OpenAPIRenderPlugin):
    """Renders the document with a template of this server's page."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """The page."""
        assert request.app.template_engine is not None
        template = request.app.template_engine.get_template("reference.html")
        page = template.render(info=openapi_schema["info"], groups=_groups(openapi_schema))
        return str(page).encode()


def reference_router() -> Router:
    """Where the page and the document are served; they load what the other pages may load."""
    return Router("/openapi", route_handlers=[], after_request=_finish, include_in_schema=False)


def _finish(response: Response[Any]) -> Response[Any]:
    if response.status_code == 404:  # Litestar's own page, but every error is in the envelope
        raise NotFoundException
    return csp.add_headers(response)


def _groups(document: Document) -> list[Document]:
    """Operations by their tag, in the order of tags."""
    groups = [tag | {"operations": []} for tag in document["tags"]]
    by_name = {group["name"]: group["operations"] for group in groups}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = _operation(document, path, method, item[method])
                by_name[item[method]["tags"][0]].append(operation)
    return groups


def _operation(document: Document, path: str, method: str, operation: Document) -> Document:
    content = operation.get("requestBody", {}).get("content", {})
    body = _resolved(document, content["multipart/form-data"]["schema"]) if content else {}
    required = body.get("required", ())
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation["description"].split("\n\n"),
        "access": [_SCHEMES[name] for scheme in operation["security"] for name in scheme],
        "open": {} in operation["security"],
        "parameters": [
            *(_row(each, _schema_of(each), each["in"]) for each in operation["parameters"]),
            *(
                _row({"name": name, "required": name in required}, schema, "body")
                for name, schema in body.get("properties", {}).items()
            ),
        ],
        "answers": {
            status: _resolved(document, answer)["description"]
            for status, answer in operation["responses"].items()
        },
    }


def _row(parameter: Document, schema: Document, place: str) -> Document:
    return {
        "name": parameter["name"],
        "place": place,
        "required": parameter.get("required", False),
        "description": parameter.get("description") or schema.get("description", ""),
        "rules": ", ".join(_rules(schema)),
    }


def _rules(schema: Document) -> list[str]:
    """What a value has to be, in words."""
    kind = schema.get("type", "key=value pairs" if "oneOf" in schema else "any value")
    rules = ["file, data URI or URL" if schema.get("format") == "binary" else f"{kind}"]
    if "enum" in schema:
        rules = [" | ".join(schema["enum"])]
    if "minimum" in schema:
        rules.append(f"{schema['minimum']} to {schema['maximum']}")
    if "maxItems" in schema:
        rules.append(f"at most {schema['maxItems']}")
    if "maxLength" in schema:
        rules.append(f"at most {schema['maxLength']} characters")
    if "default" in schema:
        rules.append(f"{str(schema['default']).lower()} unless given")
    return rules


def _schema_of(parameter: Document) -> Document:
    found: Document = parameter.get("schema") or parameter["content"]["application/json"]["schema"]
    return found


def _resolved(document: Document, value: Document) -> Document:
    """What a reference stands for; anything else as it is."""
    if "$ref" not in value:
        return value
    found = document
    for name in value["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found
