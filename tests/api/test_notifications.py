"""Webhooks: what a receiver gets, that it can verify it, and what happens when there is none."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import cloudinary
import cloudinary.api
import cloudinary.uploader
import httpx
import psycopg
import pytest
from cloudinary.exceptions import BadRequest
from cloudinary.utils import verify_notification_signature

from app.notifications import Notice, announce
from app.worker import tidy
from tests.conftest import configured
from tests.database import Databases
from tests.fake_encoder import picture
from tests.server import Account, RunningServer, serve

RED = picture("red")


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what is posted to it; `status` is its answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.received: list[tuple[str, dict[str, str], str]] = []
        self.status = 200
        self.changed = threading.Condition()

    @property
    def netloc(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def url(self, path: str = "/hook") -> str:
        return f"http://{self.netloc}{path}"

    def wait(self, path: str = "/hook", count: int = 1, timeout: float = 15) -> list[Any]:
        """The requests for a path, once there are so many."""

        def found() -> list[Any]:
            return [each for each in self.received if each[0] == path]

        with self.changed:
            assert self.changed.wait_for(lambda: len(found()) >= count, timeout), self.received
            return found()


class _Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        receiver = self.server
        assert isinstance(receiver, Receiver)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(receiver.status)
        self.send_header("Location", receiver.url("/elsewhere"))
        self.send_header("Content-Length", "0")
        self.end_headers()
        with receiver.changed:
            receiver.received.append((self.path, headers, body))
            receiver.changed.notify_all()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def working(
    databases: Databases, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server that does its background work and may post to the receiver."""
    with (
        databases.clone() as url,
        serve(
            url,
            tmp_path_factory.mktemp("iris"),
            download_hosts=(receiver.netloc,),
            embed_in_server=True,
        ) as server,
    ):
        yield server


@pytest.fixture
def account(working: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with configured(working.account(), monkeypatch) as account:
        yield account


@pytest.fixture
def hook(receiver: Receiver, request: pytest.FixtureRequest) -> Iterator[str]:
    """A path of one's own on the receiver."""
    receiver.status = 200
    yield f"/{request.node.name}"
    receiver.status = 200


def query(account: Account, statement: str) -> list[tuple[Any, ...]]:
    options = "-c search_path=procrastinate,public"
    with psycopg.connect(
        account.running.database_url, autocommit=True, options=options
    ) as connection:
        cursor = connection.execute(statement)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


def until_empty(account: Account, statement: str, timeout: float = 10) -> None:
    give_up = time.monotonic() + timeout
    while query(account, statement):
        assert time.monotonic() < give_up, query(account, statement)
        time.sleep(0.05)


def make_due(account: Account) -> None:
    """Jobs that wait for their next attempt are due now."""
    query(account, "update procrastinate.procrastinate_jobs set scheduled_at = now()")


def test_upload(account: Account, receiver: Receiver, hook: str) -> None:
    answer = cloudinary.uploader.upload(
        RED,
        public_id="a/b",
        tags=["t"],
        visual_search=True,
        eager=[{"width": 8, "crop": "scale"}],
        notification_url=receiver.url(hook),
    )
    ((_, headers, body),) = receiver.wait(hook)
    told = json.loads(body)
    assert told["notification_type"] == "upload"
    assert told.pop("timestamp")
    assert {**told, "request_id": answer["request_id"]} == {**answer, "notification_type": "upload"}
    assert told["eager"][0]["width"] == 8
    assert told["info"]["visual_search"]["status"] == "indexed"
    assert headers["content-type"] == "application/json"
    assert verify_notification_signature(
        body, headers["x-cld-timestamp"], headers["x-cld-signature"]
    )
    assert not verify_notification_signature(
        body + " ", headers["x-cld-timestamp"], headers["x-cld-signature"]
    )
    time.sleep(1.5)
    assert len(receiver.wait(hook)) == 1
    assert query(account, "select * from library.notification") == []


def test_it_is_signed_as_the_request_was(account: Account, receiver: Receiver, hook: str) -> None:
    cloudinary.config(signature_algorithm="sha256")
    cloudinary.uploader.upload(RED, notification_url=receiver.url(hook))
    ((_, headers, body),) = receiver.wait(hook)
    assert len(headers["x-cld-signature"]) == 64
    assert verify_notification_signature(
        body, headers["x-cld-timestamp"], headers["x-cld-signature"]
    )


def test_of_a_preset_and_of_an_unsigned_upload(
    account: Account, receiver: Receiver, hook: str
) -> None:
    cloudinary.api.create_upload_preset(
        name="p", unsigned=True, notification_url=receiver.url(hook)
    )
    answer = cloudinary.uploader.unsigned_upload(RED, "p", public_id="ü")
    ((_, headers, body),) = receiver.wait(hook)
    assert json.loads(body)["asset_id"] == answer["asset_id"]
    assert verify_notification_signature(
        body, headers["x-cld-timestamp"], headers["x-cld-signature"]
    )


def test_eager_notification_url(account: Account, receiver: Receiver, hook: str) -> None:
    answer = cloudinary.uploader.upload(
        RED, eager="c_scale,w_8", eager_async=True, eager_notification_url=receiver.url(hook)
    )
    told = json.loads(receiver.wait(hook)[0][2])
    assert told["notification_type"] == "eager"
    assert told["eager"] == answer["eager"]
    assert told["public_id"] == answer["public_id"]


def test_a_raw_file_and_async(account: Account, receiver: Receiver, hook: str) -> None:
    """`async` is answered like Cloudinary does it, though the work is done by then."""
    answer = cloudinary.uploader.upload(
        b"text", resource_type="raw", public_id="a.txt", notification_url=receiver.url(hook),
        **{"async": True},
    )  # fmt: skip
    assert answer["status"] == "pending"
    assert answer["public_id"] == "a.txt"
    assert len(answer["batch_id"]) == 32
    assert "asset_id" not in answer
    told = json.loads(receiver.wait(hook)[0][2])
    assert (told["resource_type"], told["bytes"]) == ("raw", 4)


def test_it_is_tried_again_and_then_given_up(
    account: Account, receiver: Receiver, hook: str
) -> None:
    receiver.status = 302  # a redirect is not followed
    cloudinary.uploader.upload(RED, notification_url=receiver.url(hook))
    due = (
        "select extract(epoch from scheduled_at - now())"
        " from procrastinate.procrastinate_jobs where attempts = {} and status = 'todo'"
        " and not (args ->> 'held')::boolean"
    )
    for attempt, minutes in ((1, 3), (2, 6), (3, 9)):
        receiver.wait(hook, attempt)
        give_up = time.monotonic() + 10
        while not (found := query(account, due.format(attempt))):
            assert time.monotonic() < give_up
            time.sleep(0.05)
        assert minutes * 60 - 10 < found[0][0] <= minutes * 60 + 1
        make_due(account)
    receiver.wait(hook, 4)
    until_empty(account, "select * from procrastinate.procrastinate_jobs")
    failed = "select attempts, reason from library.notification"
    assert query(account, failed) == [(4, "status 302")]
    assert not [each for each in receiver.received if each[0] == "/elsewhere"]
    query(account, "update library.notification set created_at = now() - interval '8 days'")
    account.running.call(tidy, account.running.runtime)
    assert query(account, failed) == []


def test_a_receiver_that_comes_back(account: Account, receiver: Receiver, hook: str) -> None:
    receiver.status = 500
    cloudinary.uploader.upload(RED, notification_url=receiver.url(hook))
    receiver.wait(hook)
    until_empty(account, "select * from library.notification where attempts = 0")
    receiver.status = 204
    until_empty(account, "select * from procrastinate.procrastinate_jobs where status = 'doing'")
    make_due(account)
    first, second = receiver.wait(hook, 2)
    assert first[2] == second[2]
    until_empty(account, "select * from library.notification")


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/x", "http://127.0.0.1:1/x", "http://[::1]/", "http://localhost/x",
        "https://169.254.169.254/latest", "ftp://example.com/", "poll://x", "nonsense",
        "http://user:pw@example.com/",
    ],
)  # fmt: skip
def test_a_url_that_may_not_be_posted_to(account: Account, url: str) -> None:
    with pytest.raises(BadRequest, match="Invalid notification_url: "):
        cloudinary.uploader.upload(RED, public_id="refused", notification_url=url)
    assert query(account, "select * from library.asset where public_id = 'refused'") == []


def test_a_name_of_a_private_address_is_not_posted_to(account: Account) -> None:
    """The name is resolved when it is sent; until then nobody knows."""
    cloudinary.uploader.upload(RED, notification_url="http://ip6-localhost:1/x")
    give_up = time.monotonic() + 10
    while not (
        found := query(account, "select reason from library.notification where attempts > 0")
    ):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    assert found[0][0] in ("not a public address", "[Errno -2] Name or service not known")
    query(account, "delete from library.notification")


def test_nothing_is_told_of_what_did_not_happen(
    account: Account, receiver: Receiver, hook: str
) -> None:
    with pytest.raises(BadRequest):
        cloudinary.uploader.upload(b"no image", notification_url=receiver.url(hook))
    before = query(account, "select count(*) from procrastinate.procrastinate_jobs")

    async def announce_and_fail() -> None:
        runtime = account.running.runtime
        notice = Notice(
            environment_id=1, url=receiver.url(hook), notification_type="upload", fields={},
            request_id="", api_key=None,
        )  # fmt: skip
        async with runtime.pool.connection() as connection, connection.transaction():
            await announce(connection, notice)
            raise LookupError

    with pytest.raises(LookupError):
        account.running.call(announce_and_fail)
    assert query(account, "select count(*) from procrastinate.procrastinate_jobs") == before
    assert query(account, "select * from library.notification") == []


def test_a_process_that_dies_before_it_has_built_everything(
    account: Account, receiver: Receiver, hook: str
) -> None:
    """The job that was stored with the asset tells what was known then."""
    environment = query(
        account,
        f"select environment_id from library.environment where cloud_name = '{account.cloud}'",
    )[0][0]

    async def announce_and_die() -> None:
        notice = Notice(
            environment_id=environment, url=receiver.url(hook), notification_type="upload",
            fields={"public_id": "x"}, request_id="r", api_key=account.key,
        )  # fmt: skip
        async with account.running.runtime.pool.connection() as connection:
            await announce(connection, notice, hold=3600)

    account.running.call(announce_and_die)
    make_due(account)
    assert json.loads(receiver.wait(hook)[0][2])["public_id"] == "x"
    until_empty(account, "select * from library.notification")


def test_a_revoked_key_is_replaced_and_no_key_is_said(
    account: Account, receiver: Receiver, hook: str
) -> None:
    receiver.status = 500
    cloudinary.uploader.upload(RED, notification_url=receiver.url(hook))
    receiver.wait(hook)
    until_empty(account, "select * from procrastinate.procrastinate_jobs where status = 'doing'")
    query(account, f"update library.api_key set enabled = false where api_key = '{account.key}'")
    make_due(account)
    until_empty(
        account, "select * from library.notification where reason <> 'no key to sign it with'"
    )
    query(account, "delete from library.notification")
    make_due(account)


def test_other_requests_without_a_url_make_no_jobs(account: Account) -> None:
    newest = "select last_value from procrastinate.procrastinate_jobs_id_seq"
    before = query(account, newest)
    httpx.post(account.url("image/upload"), files={"file": RED}, auth=account.auth)
    assert query(account, newest) == before


def test_explicit(account: Account, receiver: Receiver, hook: str) -> None:
    cloudinary.uploader.upload(RED, public_id="a")
    answer = cloudinary.uploader.explicit(
        "a", type="upload", tags="new", eager="c_scale,w_8", visual_search=True,
        notification_url=receiver.url(hook),
    )  # fmt: skip
    told = json.loads(receiver.wait(hook)[0][2])
    assert told.pop("notification_type") == "explicit"
    assert told.pop("timestamp")
    assert told == answer


def test_explicit_with_async_and_its_eager_renditions(
    account: Account, receiver: Receiver, hook: str
) -> None:
    cloudinary.uploader.upload(RED, public_id="a")
    answer = cloudinary.uploader.explicit(
        "a", type="upload", eager="c_scale,w_8", notification_url=receiver.url(hook),
        eager_notification_url=receiver.url(hook + "/eager"), **{"async": True},
    )  # fmt: skip
    assert (answer["status"], answer["public_id"]) == ("pending", "a")
    told = json.loads(receiver.wait(hook)[0][2])
    eager = json.loads(receiver.wait(hook + "/eager")[0][2])
    assert told["batch_id"] == eager["batch_id"] == answer["batch_id"]
    assert eager["notification_type"] == "eager"
    assert eager["eager"] == told["eager"]
    assert eager["eager"][0]["width"] == 8


def test_an_upload_and_its_webhooks_have_one_batch_id(
    account: Account, receiver: Receiver, hook: str
) -> None:
    url = receiver.url(hook)
    answer = cloudinary.uploader.upload(RED, notification_url=url, **{"async": True})
    assert json.loads(receiver.wait(hook)[0][2])["batch_id"] == answer["batch_id"]
    cloudinary.uploader.upload(RED, public_id="a", notification_url=url, batch_id="mine")
    assert json.loads(receiver.wait(hook, 2)[1][2])["batch_id"] == "mine"
    cloudinary.uploader.add_tag("t", ["a"], notification_url=url, batch_id="tags")
    assert json.loads(receiver.wait(hook, 3)[2][2])["batch_id"] == "tags"


def test_an_update_tells_of_each_change(account: Account, receiver: Receiver, hook: str) -> None:
    asset = cloudinary.uploader.upload(RED, public_id="a", tags="same", moderation="manual")
    url = receiver.url(hook)
    cloudinary.api.update("a", tags="same", notification_url=url)  # which changes nothing
    cloudinary.api.update(
        "a", tags="new", context={"k": "v"}, display_name="A", asset_folder="f",
        moderation_status="approved", notification_url=url,
    )  # fmt: skip
    told = {}
    for _, headers, body in receiver.wait(hook, 5):
        assert verify_notification_signature(
            body, headers["x-cld-timestamp"], headers["x-cld-signature"]
        )
        told[json.loads(body)["notification_type"]] = json.loads(body)
    assert len(told) == 5
    assert {each["asset_id"] for each in told.values()} == {asset["asset_id"]}
    assert told["resource_tags_changed"]["tags"] == ["new"]
    assert told["resource_tags_changed"]["public_ids"] == ["a"]
    assert told["resource_context_changed"]["context"] == {"k": "v"}
    assert told["resource_display_name_changed"]["display_name"] == "A"
    moved = told["move"]
    assert (moved["from_asset_folder"], moved["to_asset_folder"]) == ("", "f")
    decided = told["moderation"]
    assert (decided["moderation_kind"], decided["moderation_status"]) == ("manual", "approved")
    assert decided["moderation_updated_at"]


def test_an_update_with_a_wrong_url_changes_nothing(account: Account) -> None:
    cloudinary.uploader.upload(RED, public_id="a")
    with pytest.raises(BadRequest, match="Invalid notification_url"):
        cloudinary.api.update("a", tags="new", notification_url="http://10.0.0.1/")
    assert "tags" not in cloudinary.api.resource("a")


def test_rename(account: Account, receiver: Receiver, hook: str) -> None:
    answer = cloudinary.uploader.upload(RED, public_id="a")
    cloudinary.uploader.rename("a", "b", notification_url=receiver.url(hook))
    told = json.loads(receiver.wait(hook)[0][2])
    assert told["notification_type"] == "rename"
    assert (told["from_public_id"], told["to_public_id"]) == ("a", "b")
    assert told["asset_id"] == answer["asset_id"]


def test_destroy(account: Account, receiver: Receiver, hook: str) -> None:
    answer = cloudinary.uploader.upload(RED, public_id="a")
    missing = cloudinary.uploader.destroy("missing", notification_url=receiver.url(hook))
    assert missing["result"] == "not found"
    cloudinary.uploader.destroy("a", notification_url=receiver.url(hook))
    (received,) = receiver.wait(hook)
    told = json.loads(received[2])
    assert told["notification_type"] == "delete"
    assert told["resources"] == [
        {
            "resource_type": "image",
            "type": "upload",
            "asset_id": answer["asset_id"],
            "public_id": "a",
        }
    ]


def test_tags_context_and_metadata(account: Account, receiver: Receiver, hook: str) -> None:
    """Their notification_url is not part of the signature."""
    cloudinary.api.add_metadata_field({"external_id": "m", "label": "M", "type": "string"})
    cloudinary.uploader.upload(RED, public_id="a")
    url = receiver.url(hook)
    cloudinary.uploader.add_tag("t", ["a", "missing"], notification_url=url)
    cloudinary.uploader.add_context({"k": "v"}, ["a"], notification_url=url)
    cloudinary.uploader.update_metadata({"m": "x"}, ["a"], notification_url=url)
    told = {}
    for _, headers, body in receiver.wait(hook, 3):
        assert verify_notification_signature(
            body, headers["x-cld-timestamp"], headers["x-cld-signature"]
        )
        told[json.loads(body)["notification_type"]] = json.loads(body)
    assert all(each["public_ids"] == ["a"] for each in told.values())
    assert told["resource_tags_changed"]["tags"] == ["t"]
    assert told["resource_context_changed"]["context"] == {"k": "v"}
    assert told["resource_metadata_changed"]["metadata"] == {"m": "x"}


@pytest.mark.parametrize("action", ["tags", "context", "metadata", "rename", "destroy", "explicit"])
def test_an_action_with_a_wrong_url_changes_nothing(account: Account, action: str) -> None:
    cloudinary.uploader.upload(RED, public_id="a")
    form = {
        "command": "add", "tag": "t", "context": "k=v", "metadata": "m=v", "public_ids[]": "a",
        "public_id": "a", "from_public_id": "a", "to_public_id": "b", "type": "upload",
        "tags": "t", "notification_url": "http://10.0.0.1/",
    }  # fmt: skip
    answer = httpx.post(account.url(f"image/{action}"), data=form, auth=account.auth)
    assert answer.json() == {"error": {"message": "Invalid notification_url: http://10.0.0.1/"}}
    assert answer.status_code == 400
    asset = cloudinary.api.resource("a")
    assert not {"tags", "context"} & asset.keys()
