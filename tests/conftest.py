"""Fixtures that every kind of test may use: a PostgreSQL, clones of a migrated database, a server.

`server` is the one most tests want: an environment of its own on a real server that all tests
share. A test that changes the server itself starts one with `tests.server.serve`.
"""

import http.server
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import cloudinary
import httpx
import pytest

from app.db.pool import Pool, open_pool
from tests.database import Databases, postgres
from tests.server import Account, RunningServer, make_settings, serve


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The session's server and its migrated template."""
    with postgres() as url:
        databases = Databases(url)
        yield databases
        databases.close()


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A migrated database for one test."""
    with databases.clone() as url:
        yield url


@pytest.fixture
async def pool(database_url: str, tmp_path: Path) -> AsyncIterator[Pool]:
    """The app's pool on a migrated database for one test."""
    async with open_pool(database_url, make_settings(tmp_path)) as pool:
        yield pool


class WebHost(http.server.ThreadingHTTPServer):
    """Serves `files` (path to content type and bytes) on the loopback interface, as the web would.

    `asked` are the paths that were requested.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.files: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []

    @property
    def netloc(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.server_address[1]}"

    def add(self, path: str, content: bytes, content_type: str = "image/png") -> str:
        """Serves a file and gives its URL."""
        self.files[path] = (content_type, content)
        return f"http://{self.netloc}{path}"


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, WebHost)
        self.server.asked.append(self.path)
        found = self.server.files.get(self.path)
        content_type, content = found or ("text/plain", b"nothing here")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def web() -> Iterator[WebHost]:
    """A host with files that the session's server may fetch."""
    with WebHost() as host:
        thread = threading.Thread(target=host.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield host
        host.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def running(
    databases: Databases, web: WebHost, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The server that tests share; files up to 300,000 bytes."""
    directory = tmp_path_factory.mktemp("iris")
    with (
        databases.clone() as url,
        serve(url, directory, download_hosts=(web.netloc,), max_file_bytes=300_000) as server,
    ):
        yield server


@pytest.fixture
def server(running: RunningServer) -> Account:
    """An empty environment of one's own on the shared server, with its key and secret."""
    return running.account()


@pytest.fixture
def sdk(server: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """`server`, with the official Python SDK configured for it by CLOUDINARY_URL alone."""
    with configured(server, monkeypatch):
        yield server


@contextmanager
def configured(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """The official Python SDK configured for an account while the context lasts."""
    with monkeypatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CLOUDINARY_")]:
            patch.delenv(name)
        patch.setenv("CLOUDINARY_URL", account.cloudinary_url)
        cloudinary.reset_config()
        yield account
    cloudinary.reset_config()


@pytest.fixture
def client(server: Account) -> Iterator[httpx.Client]:
    """Plain HTTP to the API of `server`'s environment, with its key and secret."""
    with httpx.Client(base_url=server.url(""), auth=server.auth) as client:
        yield client
