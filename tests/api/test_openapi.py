"""The OpenAPI document describes every route, parameter and error, and its bounds are enforced."""

import json
import re
from collections import Counter
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute
from openapi_spec_validator import validate

from tests.openapi import Document, application, document, operations
from tests.server import Account

OPERATIONS = operations()
UNDOCUMENTED = re.compile(r"/(-/.*|openapi.*|favicon\.ico)?|/-")
ENVELOPE = {"$ref": "#/components/schemas/ErrorEnvelope"}


def resolved(value: Document) -> Document:
    """What a reference stands for."""
    found = document()
    for name in value["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def parameters(operation: Document) -> dict[str, Document]:
    """Schema of every parameter, wherever it stands."""
    found = {each["name"]: each["schema"] for each in operation["parameters"]}
    for content in operation.get("requestBody", {"content": {}})["content"].values():
        found |= resolved(content["schema"])["properties"]
    return found


def test_the_document_is_valid() -> None:
    validate(document())


def test_every_route_is_described_and_nothing_else() -> None:
    served = {
        (route.path_format, method.lower())
        for route in application().routes
        if isinstance(route, HTTPRoute) and not UNDOCUMENTED.fullmatch(route.path_format)
        for method in route.methods
        if method != "OPTIONS"
    }
    assert {(path, method) for path, method, _ in OPERATIONS.values()} == served


def test_ids_are_unique() -> None:
    ids = [
        operation["operationId"]
        for item in document()["paths"].values()
        for operation in item.values()
    ]
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in ids)


def test_ids_of_several_methods_and_paths_are_stable() -> None:
    cloud = "/v1_1/{cloud}"
    places = {name: (path, method) for name, (path, method, _) in OPERATIONS.items()}
    assert places["visual_search"] == (f"{cloud}/resources/visual_search", "post")
    assert places["visual_search_by_get"] == (f"{cloud}/resources/visual_search", "get")
    assert places["usage_of_day"] == (f"{cloud}/usage/{{day}}", "get")
    assert places["update_datasource"][1] == "put"
    assert places["deliver_by_head"][1] == "head"


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_described(name: str) -> None:
    path, _, operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"][0] in {tag["name"] for tag in document()["tags"]}
    assert operation["security"]
    assert set(re.findall(r"{(\w+)}", path)) == {
        each["name"] for each in operation["parameters"] if each["in"] == "path"
    }
    for parameter in operation["parameters"]:
        assert parameter["description"], parameter["name"]
    for content in operation.get("requestBody", {"content": {}})["content"].values():
        for parameter, schema in resolved(content["schema"])["properties"].items():
            assert schema["description"], parameter


@pytest.mark.parametrize("name", OPERATIONS)
def test_parameters_that_a_description_names_exist(name: str) -> None:
    """Of the words in backticks, those that look like parameters."""
    _, _, operation = OPERATIONS[name]
    shown = str(document()["components"]["schemas"]) + str(OPERATIONS.keys())
    for word in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", operation["description"]):
        assert word in parameters(operation) or word in shown, word


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_error_is_described(name: str) -> None:
    path, _, operation = OPERATIONS[name]
    answers = operation["responses"]
    assert "200" in answers
    if path.startswith("/v1_1"):
        assert {"400", "401", "429", "500"} <= set(answers)
        limited = operation["security"] == [{"basic": []}, {"token": []}]
        assert ("420" in answers) == (limited or name == "upload")  # chunks have a quota
    for status, answer in answers.items():
        if status not in ("200", "206", "304", "416", "503"):
            error = resolved(answer)
            assert error["description"]
            assert error["content"]["application/json"]["schema"] == ENVELOPE


@pytest.mark.parametrize("place", ["application/json", "multipart/form-data"])
def test_bodies_come_in_three_encodings(place: str) -> None:
    for _, method, operation in OPERATIONS.values():
        assert "requestBody" not in operation or method not in ("get", "head")
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]
            assert {place, "application/x-www-form-urlencoded"} <= set(content)
    assert parameters(OPERATIONS["upload"][2])["file"]["format"] == "binary"


BOUNDS = [
    (name, parameter, bound, schema[bound])
    for name, (_, _, operation) in OPERATIONS.items()
    for parameter, schema in parameters(operation).items()
    for bound in ("minimum", "maximum", "maxItems")
    if bound in schema and parameter != "eager"
]


KNOWN = {"command": "add", "metadata": "a=b", "key": "a", "asset_folder": "a"}


def required_of(operation: Document) -> set[str]:
    """The parameters without which an operation does nothing."""
    found = {each["name"] for each in operation["parameters"] if each["required"]}
    for content in operation.get("requestBody", {"content": {}})["content"].values():
        found |= set(resolved(content["schema"]).get("required", ()))
    return found


@pytest.mark.parametrize(("name", "parameter", "bound", "value"), BOUNDS)
def test_bounds_are_enforced(
    name: str, parameter: str, bound: str, value: Any, server: Account, client: httpx.Client
) -> None:
    """One beyond a bound is refused, with an error that names the parameter."""
    path, method, operation = OPERATIONS[name]
    path = path.format(**{
        **dict.fromkeys(re.findall(r"{(\w+)}", path), "x"),
        "cloud": server.cloud, "resource_type": "image", "type": "upload", "name": "image",
        "kind": "manual", "status": "pending",
    })  # fmt: skip
    beyond: Any = value + (-1 if bound == "minimum" else 1)
    if bound == "maxItems":
        beyond = [f"{number:032x}" for number in range(value + 1)]
        if parameter in ("sort_by", "aggregate"):
            pytest.skip("distinct values that exist are too few")
        if parameter in ("values", "queries"):
            key = "value" if parameter == "values" else "text"
            beyond = [{key: text} for text in beyond]
    params: dict[str, Any] = {each: KNOWN[each] for each in required_of(operation) & {*KNOWN}}
    if name.startswith("visual_search") and parameter != "queries":
        params["text"] = "x"
    params |= {parameter: json.dumps(beyond) if parameter == "queries" else beyond}
    sent = {"params": params} if method == "get" else {"json": params}
    answer = client.request(method, server.base_url + path, **sent)
    assert answer.status_code == 400, answer.text
    assert parameter in answer.json()["error"]["message"] or parameter == "values"


def test_the_page_shows_all_of_it_without_other_hosts(
    client: httpx.Client, server: Account
) -> None:
    page = client.get(f"{server.base_url}/openapi")
    assert page.status_code == 200
    assert page.headers["content-security-policy"]
    for name, (path, _, operation) in OPERATIONS.items():
        assert f'id="{name}"' in page.text
        assert path in page.text
        for parameter in parameters(operation):
            assert f"<code>{parameter}</code>" in page.text
    assert "<script" not in page.text
    assert not re.search(r"(src|href)=\"(https?:)?//", page.text)
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    assert [client.get(server.base_url + sheet).status_code for sheet in sheets] == [200, 200]


def test_the_document_is_served(client: httpx.Client, server: Account) -> None:
    answer = client.get(f"{server.base_url}/openapi/openapi.json")
    assert answer.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    assert answer.json() == document()


@pytest.mark.parametrize("path", ["x", "openapi.yaml", "x/y"])
def test_nothing_else_is_below_it(path: str, client: httpx.Client, server: Account) -> None:
    answer = client.get(f"{server.base_url}/openapi/{path}")
    assert answer.status_code == 404
    assert answer.json() == {"error": {"message": f"Resource not found - /openapi/{path}"}}
