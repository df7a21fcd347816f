"""Visual search and upload in every encoding that an official client uses, byte for byte."""

import base64
import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.fake_encoder import picture
from tests.server import Account

BOUNDARY = "----CLOUDINARYBOUNDARY0123456789"
SEARCH = "resources/visual_search"


@pytest.fixture
def library(client: httpx.Client) -> httpx.Client:
    """The client of an environment with a red and a blue picture."""
    for colour in ("red", "blue"):
        parts = {
            "file": picture(colour),
            "public_id": (None, colour),
            "visual_search": (None, "true"),
        }
        assert client.post("image/upload", files=parts).status_code == 200
    return client


def first(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.json()["resources"][0]["public_id"]


def multipart(fields: dict[str, Any], *, last_crlf: bool) -> bytes:
    """A body as Node writes it: files with a name and a type, and no CRLF at the end."""
    parts = []
    for name, value in fields.items():
        disposition = f'Content-Disposition: form-data; name="{name}"'
        if isinstance(value, bytes):
            head = f'{disposition}; filename="blob.png"\r\nContent-Type: application/octet-stream'
            parts.append(f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + value + b"\r\n")
        else:
            parts.append(f"--{BOUNDARY}\r\n{disposition}\r\n\r\n{value}\r\n".encode())
    return b"".join(parts) + f"--{BOUNDARY}--".encode() + (b"\r\n" if last_crlf else b"")


def chunks(body: bytes, size: int = 700) -> Iterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


def send(
    account: Account, method: str, path: str, body: Any, headers: dict[str, str]
) -> tuple[int, Any]:
    """One request on a plain connection, with nothing added to what is given."""
    connection = http.client.HTTPConnection("127.0.0.1", account.running.port, timeout=30)
    try:
        basic = httpx.BasicAuth(*account.auth)._auth_header
        connection.request(
            method,
            path,
            body,
            headers={"Authorization": basic, **headers},
            encode_chunked="Transfer-Encoding" in headers,
        )
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.mark.parametrize("colour", ["red", "blue"])
def test_get(library: httpx.Client, colour: str) -> None:
    assert first(library.get(SEARCH, params={"text": colour})) == colour


def test_get_with_a_content_type_and_no_body(library: httpx.Client) -> None:
    for content_type in ("application/json", "multipart/form-data", "nonsense"):
        headers = {"Content-Type": content_type}
        assert first(library.get(SEARCH, params={"text": "red"}, headers=headers)) == "red"


@pytest.mark.parametrize("colour", ["red", "blue"])
def test_json(library: httpx.Client, colour: str) -> None:
    assert first(library.post(SEARCH, json={"text": colour, "max_results": 1})) == colour


def test_json_with_a_charset_or_without_a_type(library: httpx.Client) -> None:
    body = b'{"text": "blue"}'
    for headers in ({"Content-Type": "application/json; charset=utf-8"}, {}):
        assert first(library.post(SEARCH, content=body, headers=headers)) == "blue"


@pytest.mark.parametrize("colour", ["red", "blue"])
def test_urlencoded(library: httpx.Client, colour: str) -> None:
    assert first(library.post(SEARCH, data={"text": colour, "max_results": "1"})) == colour


def test_query_and_body_together(library: httpx.Client) -> None:
    answer = library.post(SEARCH, params={"max_results": 1}, data={"text": "blue"})
    assert first(answer) == "blue"
    assert len(answer.json()["resources"]) == 1


@pytest.mark.parametrize("last_crlf", [True, False])
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("escaped", [True, False])
def test_multipart_as_node_sends_it(
    library: httpx.Client, server: Account, last_crlf: bool, chunked: bool, escaped: bool
) -> None:
    body = multipart({"image_file": picture("blue"), "max_results": "1"}, last_crlf=last_crlf)
    path = f"/v1_1/{server.cloud}/{SEARCH.replace('/', '%2F') if escaped else SEARCH}"
    headers = MULTIPART | ({"Transfer-Encoding": "chunked"} if chunked else {})
    status, answer = send(server, "POST", path, chunks(body) if chunked else body, headers)
    assert status == 200
    assert [each["public_id"] for each in answer["resources"]] == ["blue"]


def test_multipart_with_text_alone_as_python_sends_it(
    library: httpx.Client, server: Account
) -> None:
    body = multipart({"text": "red"}, last_crlf=True)
    status, answer = send(server, "POST", f"/v1_1/{server.cloud}/{SEARCH}", body, MULTIPART)
    assert status == 200
    assert answer["resources"][0]["public_id"] == "red"


def test_escaped_slashes_in_the_path(library: httpx.Client, server: Account) -> None:
    path = f"/v1_1/{server.cloud}/resources%2Fvisual_search"
    status, answer = send(server, "POST", path, urlencode({"text": "red"}), FORM)
    assert status == 200
    assert answer["resources"][0]["public_id"] == "red"
    status, answer = send(server, "GET", f"{path}?text=blue", None, {})
    assert status == 200
    assert answer["resources"][0]["public_id"] == "blue"


@pytest.mark.parametrize("chunked", [True, False])
def test_upload_as_node_sends_it(server: Account, chunked: bool) -> None:
    fields = {"public_id": "n", "tags[]": "a", "visual_search": "true", "file": picture("red")}
    body = multipart(fields, last_crlf=False)
    headers = MULTIPART | ({"Transfer-Encoding": "chunked"} if chunked else {})
    path = f"/v1_1/{server.cloud}/image/upload"
    status, answer = send(server, "POST", path, chunks(body) if chunked else body, headers)
    assert status == 200
    assert answer["bytes"] == len(picture("red"))
    assert answer["tags"] == ["a"]
    assert answer["info"] == {"visual_search": {"status": "indexed"}}
    assert answer["original_filename"] == "blob"


@pytest.mark.parametrize(
    "spelling",
    [
        [("tags[]", "a"), ("tags[]", "b")],
        [("tags[0]", "a"), ("tags[1]", "b")],
        [("tags", "a,b")],
        [("tags", '["a","b"]')],
    ],
)
def test_lists_in_forms(client: httpx.Client, spelling: list[tuple[str, str]]) -> None:
    parts = [(name, (None, value)) for name, value in spelling]
    answer = client.post("image/upload", files=[*parts, ("file", picture())])
    assert answer.json()["tags"] == ["a", "b"]


def test_upload_as_json(client: httpx.Client) -> None:
    uri = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
    answer = client.post("image/upload", json={"file": uri, "tags": ["a", "b"], "public_id": "j"})
    assert answer.status_code == 200
    assert answer.json()["tags"] == ["a", "b"]


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_file_names_in_utf_8_and_as_node_sends_them(server: Account, charset: str) -> None:
    fields = {"use_filename": "true", "unique_filename": "false", "file": picture("red")}
    body = multipart(fields, last_crlf=False).replace(b"blob", "Süd é".encode(charset))
    path = f"/v1_1/{server.cloud}/image/upload"
    status, answer = send(server, "POST", path, body, MULTIPART)
    assert status == 200
    assert answer["public_id"] == answer["original_filename"] == "Süd é"


@pytest.mark.parametrize("name", ["tags; charset=none", "t\xe4gs"])
def test_fields_in_an_unknown_charset(server: Account, name: str) -> None:
    body = multipart({name: "b", "file": picture("red")}, last_crlf=False)
    body = body.replace(b'tags; charset=none"', b'tags"\r\nContent-Type: text/plain; charset=none')
    body = body.replace("t\xe4gs".encode(), "t\xe4gs".encode("latin-1"))
    status, answer = send(server, "POST", f"/v1_1/{server.cloud}/image/upload", body, MULTIPART)
    assert (status, answer) == (400, {"error": {"message": "The body is not a valid form"}})
