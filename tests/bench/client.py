"""A client that costs next to nothing, since it shares the machine with the server."""

import base64
import json
import socket
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from tests.bench.library import CLOUD, KEY, SECRET

_AUTHORIZATION = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
SEARCH = f"/v1_1/{CLOUD}/resources/visual_search"


_KEPT = 2.0  # seconds; the server closes a connection that was idle for 5


class Client:
    """One kept connection to a server, made anew after a pause; a context manager."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._buffer = bytearray(1 << 20)
        self._connect()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def get(self, path: str, parameters: Mapping[str, object] | None = None) -> bytes:
        """The body of an answer.

        Raises:
            Refused: the server answered with an error.
        """
        if time.monotonic() - self._used > _KEPT:
            self._socket.close()
            self._connect()
        query = f"?{urlencode(parameters, quote_via=quote)}" if parameters else ""
        self._socket.sendall(
            f"GET {path}{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Basic {_AUTHORIZATION}\r\n\r\n".encode()
        )
        head, body = self._receive()
        self._used = time.monotonic()
        status = int(head[9:12])
        if status != 200:
            raise Refused(status, body)
        return body

    def search(self, **parameters: object) -> dict[str, Any]:
        """The answer of a visual search."""
        answer: dict[str, Any] = json.loads(self.get(SEARCH, parameters))
        return answer

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._used = time.monotonic()

    def _receive(self) -> tuple[bytes, bytes]:
        view, filled, end = memoryview(self._buffer), 0, -1
        while end < 0:
            filled += self._more(view[filled:])
            end = self._buffer.find(b"\r\n\r\n", 0, filled)
        head = bytes(view[:end])
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while filled < end + 4 + length:
            filled += self._more(view[filled:])
        return head, bytes(view[end + 4 : end + 4 + length])

    def _more(self, view: memoryview) -> int:
        received = self._socket.recv_into(view)
        if not received:
            raise ConnectionError("the server closed the connection")
        return received


class Refused(Exception):
    """An answer that is an error: its status and its sentence."""

    def __init__(self, status: int, body: bytes) -> None:
        try:
            sentence = json.loads(body)["error"]["message"]
        except (ValueError, KeyError):
            sentence = body[:200].decode(errors="replace")
        super().__init__(f"{status}: {sentence}")


def ids(answer: Mapping[str, Any]) -> list[UUID]:
    """The assets of an answer, in its order."""
    return [UUID(each["asset_id"]) for each in answer["resources"]]
