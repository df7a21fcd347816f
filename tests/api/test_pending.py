"""An encoder that is slow, busy or broken, and a server that dies: no upload is lost by it."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cloudinary.api
import cloudinary.uploader
import httpx
import psycopg
import pytest

from app import worker
from app.db import environments
from app.db.embeddings import MOST_ATTEMPTS
from tests.conftest import configured
from tests.database import Databases
from tests.fake_encoder import FakeEncoder, picture
from tests.server import Account, serve

BUSY = {"status": "pending", "reason": "The encoder is busy; the image is indexed soon."}
FAILED = {"status": "pending", "reason": "The encoder failed; the image is tried again soon."}


@pytest.fixture
def start(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts a server of one's own with settings of one's own, and configures the SDK for it."""

    @contextmanager
    def start(**settings: Any) -> Iterator[tuple[Account, FakeEncoder]]:
        encoder = FakeEncoder()
        with serve(database_url, tmp_path, encoder, **settings) as running:
            with configured(running.account(), monkeypatch) as account:
                yield account, encoder
            encoder.gate.set()

    return start


def upload(public_id: str, data: bytes | None = None, **options: Any) -> dict[str, Any]:
    return cloudinary.uploader.upload(
        data or picture("red"), public_id=public_id, similarity_search="clip", **options
    )


def found() -> list[str]:
    return [each["public_id"] for each in cloudinary.api.visual_search(text="red")["resources"]]


def rows(account: Account, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(account.running.database_url, autocommit=True) as connection:
        return connection.execute(statement).fetchall()  # type: ignore[call-overload]


def coverage(account: Account) -> dict[str, int]:
    """Images by what has become of them, as the report tells it."""
    ((images, indexed, pending, failed),) = rows(
        account, "select images, indexed, pending, failed from report.coverage"
    )
    assert images == indexed + pending + failed
    return {"indexed": indexed, "pending": pending, "failed": failed}


def embed_what_is_pending(account: Account) -> None:
    account.running.call(worker.work, account.running.runtime, forever=False)


async def switch(account: Account, on: bool) -> None:
    async with account.running.runtime.pool.connection() as connection:
        environment = await environments.get(connection, account.cloud)
        await environments.switch_visual_search(connection, environment, on)


def let_time_pass(account: Account) -> None:
    """Every lease is over, and every image's next try is due."""
    rows(
        account,
        "update library.indexing set claimed_until = now() - interval '1 second',"
        " next_try_at = now() returning 1",
    )


# Slow, broken, busy -------------------------------------------------------------------------------


def test_a_slow_encoder_leaves_the_image_pending_and_a_worker_indexes_it(start: Any) -> None:
    with start(embed_timeout=0.2) as (account, encoder):
        encoder.gate.clear()
        answer = upload("slow")
        assert answer["info"] == {"visual_search": BUSY}
        assert httpx.get(answer["url"]).content == picture("red")
        assert coverage(account) == {"indexed": 0, "pending": 1, "failed": 0}
        encoder.gate.set()
        assert found() == []
        embed_what_is_pending(account)
        assert found() == ["slow"]
        assert coverage(account) == {"indexed": 1, "pending": 0, "failed": 0}


def test_a_broken_encoder_leaves_the_image_pending_and_it_is_tried_again(start: Any) -> None:
    with start() as (account, encoder):
        encoder.failure = RuntimeError("out of memory")
        answer = upload("unlucky")
        assert answer["info"] == {"visual_search": FAILED}
        ((state, reason),) = rows(account, "select state, reason from library.indexing")
        assert state == "pending"
        assert "out of memory" in reason
        encoder.failure = None
        embed_what_is_pending(account)  # too early
        assert coverage(account) == {"indexed": 0, "pending": 1, "failed": 0}
        let_time_pass(account)
        embed_what_is_pending(account)
        assert found() == ["unlucky"]


def test_what_never_works_ends_as_failed_with_its_reason(start: Any) -> None:
    with start() as (account, encoder):
        encoder.failure = RuntimeError("out of memory")
        upload("hopeless")
        for _ in range(MOST_ATTEMPTS):
            assert coverage(account) == {"indexed": 0, "pending": 1, "failed": 0}
            let_time_pass(account)
            embed_what_is_pending(account)
        assert coverage(account) == {"indexed": 0, "pending": 0, "failed": 1}
        ((reason,),) = rows(account, "select reason from library.indexing")
        assert "out of memory" in reason
        let_time_pass(account)
        images = encoder.images
        embed_what_is_pending(account)
        assert encoder.images == images  # nobody tries any more
        encoder.failure = None
        answer = upload("hopeless", picture("red", size=(9, 9)))  # until somebody asks again
        assert answer["info"] == {"visual_search": {"status": "indexed"}}


def test_a_full_queue_does_not_refuse_an_upload(start: Any) -> None:
    with start(queue_size=2) as (account, encoder), ThreadPoolExecutor(3) as pool:
        encoder.entered.clear()
        encoder.gate.clear()
        batcher = account.running.runtime.batcher
        texts = [pool.submit(account.running.call, batcher.text, "being encoded")]
        assert encoder.entered.wait(20)
        texts += [pool.submit(account.running.call, batcher.text, "waiting") for _ in range(2)]
        while batcher.depth < 2:
            threading.Event().wait(0.005)
        answer = upload("busy")
        assert answer["info"] == {"visual_search": BUSY}
        assert coverage(account) == {"indexed": 0, "pending": 1, "failed": 0}
        encoder.gate.set()
        for text in texts:
            text.result(20)
        embed_what_is_pending(account)
        assert found() == ["busy"]


def test_the_smallest_queue_that_can_be_set_works(start: Any) -> None:
    with start(queue_size=1):
        assert upload("x")["info"] == {"visual_search": {"status": "indexed"}}


def test_waiting_for_a_busy_encoder_is_no_attempt(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_PAUSE", 0.01)
    with start() as (account, encoder):
        account.running.call(switch, account, False)
        upload("patient")
        account.running.call(switch, account, True)
        batcher = account.running.runtime.batcher
        with monkeypatch.context() as busy:
            busy.setattr(batcher, "_queue_size", 0)
            for _ in range(MOST_ATTEMPTS + 1):
                account.running.call(worker.work_once, account.running.runtime)
        assert coverage(account) == {"indexed": 0, "pending": 1, "failed": 0}
        encoder.failure = RuntimeError("out of memory")
        embed_what_is_pending(account)
        assert coverage(account) == {"indexed": 0, "pending": 1, "failed": 0}
        encoder.failure = None
        let_time_pass(account)
        embed_what_is_pending(account)
        assert found() == ["patient"]


def test_an_image_that_is_overwritten_while_it_is_embedded(start: Any) -> None:
    with start() as (account, encoder), ThreadPoolExecutor(2) as pool:
        encoder.entered.clear()
        encoder.gate.clear()
        first = pool.submit(upload, "x", picture("red"))
        assert encoder.entered.wait(20)
        second = pool.submit(upload, "x", picture("blue"))
        while account.running.runtime.batcher.depth < 1:
            threading.Event().wait(0.005)
        encoder.gate.set()
        first.result(20)
        second.result(20)
        embed_what_is_pending(account)
        (hit,) = cloudinary.api.visual_search(text="blue")["resources"]
        assert hit["score"] > 0.9


def test_the_server_itself_embeds_what_is_pending(start: Any) -> None:
    with start(embed_timeout=0.2, embed_in_server=True) as (_, encoder):
        encoder.gate.clear()
        upload("slow")
        encoder.gate.set()
        for _ in range(200):
            if found():
                break
            threading.Event().wait(0.05)
        assert found() == ["slow"]


def test_many_workers_embed_each_image_once(start: Any) -> None:
    with start() as (account, encoder):
        account.running.call(switch, account, False)
        for number in range(20):
            upload(f"n{number}", picture("red", size=(8 + number, 8)))
        account.running.call(switch, account, True)
        encoder.images = 0
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: embed_what_is_pending(account), range(4)))
        assert coverage(account) == {"indexed": 20, "pending": 0, "failed": 0}
        assert encoder.images == 20


# A crash ------------------------------------------------------------------------------------------


def test_a_killed_server_loses_nothing(
    databases: Databases, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-m", "tests.server", database_url, tmp_path, "--cloud", "crash"]
    process = subprocess.Popen([*command, "--stuck"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        port, key, secret = process.stdout.readline().split()
        request = threading.Thread(target=_upload_in_vain, args=(port, key, secret))
        request.start()
        with psycopg.connect(database_url, autocommit=True) as connection:
            stored = "select claimed_until > now() from library.indexing"
            while connection.execute(stored).fetchone() is None:
                assert process.poll() is None
                threading.Event().wait(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait(20)
            request.join(20)
            assert connection.execute(stored).fetchall() == [(True,)]
            assert connection.execute("select count(*) from library.original").fetchone() == (1,)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()

    with serve(database_url, tmp_path) as running:
        account = Account(running, "crash", key, secret)
        with configured(account, monkeypatch):
            embed_what_is_pending(account)  # the lease of the dead process is not over
            assert found() == []
            let_time_pass(account)
            embed_what_is_pending(account)
            assert found() == ["last words"]
            assert coverage(account) == {"indexed": 1, "pending": 0, "failed": 0}


def _upload_in_vain(port: str, key: str, secret: str) -> None:
    parts = {
        "file": picture("red"),
        "public_id": (None, "last words"),
        "visual_search": (None, "true"),
    }
    url = f"http://127.0.0.1:{port}/v1_1/crash/image/upload"
    with pytest.raises(httpx.TransportError):
        httpx.post(url, files=parts, auth=(key, secret), timeout=60)
