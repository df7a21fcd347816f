"""A real uvicorn server for tests: in a thread, or (`python -m tests.server`) as a process."""

import argparse
import asyncio
import secrets
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import uvicorn

from app.asgi import create_app
from app.db import access_tokens, api_keys, environments
from app.runtime import Runtime, open_runtime
from app.settings import Settings
from app.vision.encoder import Encoder
from tests.fake_encoder import FakeEncoder

T = TypeVar("T")


@dataclass(frozen=True)
class Account:
    """An environment on a running server, with a key for it."""

    running: "RunningServer"
    cloud: str
    key: str
    secret: str

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self.running.base_url

    @property
    def cloudinary_url(self) -> str:
        """What the official clients are configured with."""
        host = f"127.0.0.1:{self.running.port}"
        return (
            f"cloudinary://{self.key}:{self.secret}@{self.cloud}"
            f"?upload_prefix=http://{host}&cname={host}"
        )

    @property
    def auth(self) -> tuple[str, str]:
        """For HTTP Basic."""
        return self.key, self.secret

    def url(self, path: str) -> str:
        """The address of an API method of this environment."""
        return f"{self.base_url}/v1_1/{self.cloud}/{path}"

    def add_token(self) -> tuple[str, str]:
        """Id and text of a new access token."""

        async def add() -> tuple[str, str]:
            async with self.running.runtime.pool.connection() as connection:
                environment = await environments.get(connection, self.cloud)
                token, text = await access_tokens.add(connection, environment)
            return token.token_id, text

        return self.running.call(add)


class RunningServer:
    """A server in a thread with an event loop of its own."""

    def __init__(self, settings: Settings, url: str, encoder: Encoder) -> None:
        self.settings = settings
        self.database_url = url
        self.encoder = encoder
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self._runtime: Runtime | None = None
        self._uvicorn: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)

    @property
    def runtime(self) -> Runtime:
        """The server's own; use it through `call`."""
        assert self._runtime is not None
        return self._runtime

    @contextmanager
    def limited(self, **values: Any) -> Iterator[None]:
        """Other settings, where they are looked at with each request."""
        usual = self.runtime.settings
        self.runtime.settings = msgspec.structs.replace(usual, **values)
        try:
            yield
        finally:
            self.runtime.settings = usual

    def call(self, function: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
        """What a coroutine function answers in the server's event loop."""

        async def run() -> T:
            return await function(*args, **kwargs)

        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(60)

    def account(self, cloud: str | None = None) -> Account:
        """A new environment, empty, with a key of its own."""
        return self.call(self._account, cloud or f"test-{secrets.token_hex(5)}")

    async def _account(self, cloud: str) -> Account:
        async with self.runtime.pool.connection() as connection:
            environment = await environments.create(connection, cloud)
            key = await api_keys.add(connection, self.runtime.keyring, environment)
        return Account(self, cloud, key.api_key, key.secret)

    def start(self) -> None:
        """Returns when the server answers."""
        self._thread.start()
        self._started.wait(60)
        if self._uvicorn is None or not self._uvicorn.started:
            self._thread.join(5)
            raise RuntimeError("the test server did not start") from self._failure

    def stop(self) -> None:
        """Returns when everything is closed."""
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._socket.close()
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with open_runtime(self.settings, self.database_url, self.encoder) as runtime:
            self._runtime = runtime
            self._uvicorn = uvicorn.Server(
                uvicorn.Config(
                    create_app(runtime),
                    lifespan="on",
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    timeout_graceful_shutdown=5,
                )
            )
            serving = asyncio.create_task(self._uvicorn.serve(sockets=[self._socket]))
            while not self._uvicorn.started and not serving.done():  # noqa: ASYNC110 # has no event
                await asyncio.sleep(0.005)
            self._started.set()
            await serving


def make_settings(data_dir: Path, **values: Any) -> Settings:
    """Settings of a test server: no file outside `data_dir`, no background work."""
    return Settings(
        **{
            "data_dir": data_dir,
            "server_key": "the key of the test servers",
            "embed_in_server": False,
            "pool_size": 6,
            **values,
        }
    )


@contextmanager
def serve(
    url: str, data_dir: Path, encoder: Encoder | None = None, **values: Any
) -> Iterator[RunningServer]:
    """A server on a migrated database; `values` are settings."""
    server = RunningServer(make_settings(data_dir, **values), url, encoder or FakeEncoder())
    server.start()
    try:
        yield server
    finally:
        server.stop()


def main() -> None:
    """Serves until it is killed; prints the port and the credentials of a new environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--cloud", required=True)
    parser.add_argument("--stuck", action="store_true", help="the encoder never answers")
    arguments = parser.parse_args()
    encoder = FakeEncoder()
    with serve(arguments.url, arguments.data_dir, encoder, embed_timeout=60) as server:
        account = server.account(arguments.cloud)
        if arguments.stuck:
            encoder.gate.clear()
        print(server.port, account.key, account.secret, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
