"""Files in chunks: as the Python and the Node SDK send them, and as nobody should."""

import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cloudinary
import cloudinary.api
import cloudinary.uploader
import httpx
import psycopg
import pytest
from cloudinary.exceptions import BadRequest, Error
from cloudinary.utils import random_public_id
from PIL import Image

from app.chunks import delete_abandoned, parse_content_range
from app.errors import BadRequest as Refused
from app.worker import tidy
from tests.conftest import configured
from tests.database import Databases
from tests.fake_encoder import picture
from tests.server import Account, RunningServer, serve

CHUNK = 5_243_000
FILE = os.urandom(2 * CHUNK + 1234)
PARTS = [(0, FILE[:CHUNK]), (CHUNK, FILE[CHUNK : 2 * CHUNK]), (2 * CHUNK, FILE[2 * CHUNK :])]


@pytest.fixture(scope="module")
def large(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server that takes chunks, and files of up to 14,000,000 bytes."""
    with (
        databases.clone() as url,
        serve(
            url,
            tmp_path_factory.mktemp("iris"),
            max_file_bytes=8_000_000,
            max_chunked_bytes=14_000_000,
        ) as server,
    ):
        yield server


@pytest.fixture
def account(large: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty environment, with the SDK configured for it."""
    with configured(large.account(), monkeypatch) as account:
        yield account


def send(
    account: Account,
    start: int,
    data: bytes,
    total: int | str = len(FILE),
    *,
    upload_id: str = "one",
    resource_type: str = "raw",
    auth: tuple[str, str] | None = None,
    content_range: str | None = None,
    **params: str,
) -> httpx.Response:
    """One chunk, as Node's SDK sends it; -1 is the total until the last one."""
    return httpx.post(
        account.url(f"{resource_type}/upload"),
        files={"file": ("big.bin", data)},
        data=params,
        headers={
            "X-Unique-Upload-Id": upload_id,
            "Content-Range": content_range or f"bytes {start}-{start + len(data) - 1}/{total}",
        },
        auth=auth or account.auth,
    )


def rows(account: Account, table: str) -> int:
    """How many rows of that table belong to the environment."""
    with psycopg.connect(account.running.database_url) as connection:
        row = connection.execute(
            f"""select count(*) from library.{table} join library.environment using (environment_id)
            where cloud_name = %s""",  # type: ignore[arg-type]
            (account.cloud,),
        ).fetchone()
    assert row is not None
    return int(row[0])


def delivered(answer: dict[str, Any]) -> bytes:
    return httpx.get(answer["url"]).raise_for_status().content


def test_python(account: Account) -> None:
    answer = cloudinary.uploader.upload_large(
        io.BytesIO(FILE), chunk_size=CHUNK, filename="big file.bin", use_filename=True
    )
    assert answer["resource_type"] == "raw"
    assert answer["bytes"] == len(FILE)
    assert answer["original_filename"] == "big file"
    assert answer["public_id"].endswith(".bin")
    assert "format" not in answer
    assert delivered(answer) == FILE
    assert rows(account, "upload_chunk") == 0
    assert rows(account, "asset") == 1


def test_python_with_an_image_of_one_and_a_bit_chunks(account: Account) -> None:
    file = io.BytesIO()
    Image.new("RGB", (1400, 1400), "red").save(file, "BMP")
    answer = cloudinary.uploader.upload_large(
        io.BytesIO(file.getvalue()),
        chunk_size=CHUNK,
        filename="red.bmp",
        resource_type="image",
        visual_search=True,
        tags=["big"],
        public_id="red",
    )
    assert (answer["width"], answer["height"], answer["format"]) == (1400, 1400, "bmp")
    assert answer["info"]["visual_search"]["status"] == "indexed"
    assert answer["public_id"] == "red"
    assert answer["tags"] == ["big"]


def test_python_with_a_small_file(account: Account) -> None:
    answer = cloudinary.uploader.upload_large(io.BytesIO(b"small"), filename="small.txt")
    assert delivered(answer) == b"small"


def test_an_image_that_turns_out_to_be_none(account: Account) -> None:
    with pytest.raises(BadRequest, match="Invalid image file"):
        cloudinary.uploader.upload_large(
            io.BytesIO(FILE), chunk_size=CHUNK, filename="x.png", resource_type="image"
        )
    assert rows(account, "chunked_upload") == rows(account, "asset") == 0


def test_node(account: Account) -> None:
    """Its total is -1 until the last chunk."""
    (a, first), (b, second), (c, third) = PARTS
    answers = [send(account, a, first, -1), send(account, b, second, -1)]
    assert [answer.json() for answer in answers] == [
        {"done": False, "bytes": n * CHUNK, "kind": "upload", "resource_type": "raw"}
        for n in (1, 2)
    ]
    assert all(answer.headers["X-Request-Id"] for answer in answers)
    last = send(account, c, third, len(FILE), public_id="node.bin").json()
    assert last["public_id"] == "node.bin"
    assert delivered(last) == FILE


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0), (2, 0, 1), (0, 2, 1)])
@pytest.mark.parametrize("total", ["told", "unknown"])
def test_any_order(account: Account, order: tuple[int, ...], total: str) -> None:
    told = len(FILE)
    for index in order[:-1]:
        known = total == "told" or index == 2
        answer = send(account, *PARTS[index], told if known else -1).json()
        assert answer["done"] is False
    assert delivered(send(account, *PARTS[order[-1]], told).json()) == FILE


def test_repeated_chunks(account: Account) -> None:
    wrong = bytes(CHUNK)
    assert send(account, 0, wrong).json()["bytes"] == CHUNK
    for index in (0, 1, 0, 1):
        assert send(account, *PARTS[index]).status_code == 200
    first = send(account, *PARTS[2]).json()
    assert delivered(first) == FILE
    # A client that missed the answer sends a chunk again, and is told what became of the file.
    for index in (2, 0):
        again = send(account, *PARTS[index]).json()
        assert again["asset_id"] == first["asset_id"]
        assert again["version"] == first["version"]
    assert rows(account, "upload_chunk") == 0
    assert rows(account, "asset") == 1


def test_an_upload_id_may_be_used_again_for_another_file(account: Account) -> None:
    for part in PARTS:
        first = send(account, *part).json()
    other = bytes(CHUNK)
    assert send(account, 0, other, CHUNK + 3).json()["bytes"] == CHUNK
    second = send(account, CHUNK, b"end", CHUNK + 3).json()
    assert delivered(second) == other + b"end"
    assert second["asset_id"] != first["asset_id"]


def test_unsigned(account: Account) -> None:
    cloudinary.api.create_upload_preset(name="p", unsigned=True, folder="in")
    answer = cloudinary.uploader.upload_large(
        io.BytesIO(FILE), chunk_size=CHUNK, filename="f.bin", upload_preset="p", unsigned=True
    )
    assert answer["public_id"].startswith("in/")
    assert delivered(answer) == FILE


def test_nobody_else_can_add_to_an_upload(account: Account, large: RunningServer) -> None:
    """Neither with the key of another environment nor with an unsigned preset of the same."""
    cloudinary.api.create_upload_preset(name="p", unsigned=True)
    other = large.account()
    for part in PARTS[:2]:
        send(account, *part)
    stranger = send(other, *PARTS[2]).json()
    assert (stranger["done"], stranger["bytes"]) == (False, len(PARTS[2][1]))
    form = {"upload_preset": "p"}
    start, data = PARTS[2]
    unsigned = httpx.post(
        account.url("raw/upload"),
        files={"file": ("f", data)},
        data=form,
        headers={
            "X-Unique-Upload-Id": "one",
            "Content-Range": f"bytes {start}-{len(FILE) - 1}/{len(FILE)}",
        },
    ).json()
    assert unsigned["bytes"] == len(data)
    assert rows(other, "asset") == 0
    assert delivered(send(account, *PARTS[2]).json()) == FILE


def test_every_chunk_is_signed(account: Account) -> None:
    send(account, *PARTS[0])
    answer = send(account, *PARTS[1], auth=(account.key, "wrong"))
    assert answer.status_code == 401
    assert rows(account, "upload_chunk") == 1


def test_the_sdk_meets_the_smallest_size_of_a_chunk(account: Account) -> None:
    with pytest.raises(BadRequest, match="All parts except EOF-chunk must be larger than 5mb"):
        cloudinary.uploader.upload_large(io.BytesIO(FILE), chunk_size=40_000, filename="f")
    assert rows(account, "chunked_upload") == 0


@pytest.mark.parametrize(
    ("content_range", "message"),
    [
        ("bytes 0-4/4", "Invalid Content-Range"),
        ("bytes 3-1/40", "Invalid Content-Range"),
        ("bytes a-b/c", "Invalid Content-Range"),
        ("items 0-1/2", "Invalid Content-Range"),
        ("bytes 0-1/99999999999999999999", "Invalid Content-Range"),
        ("bytes 0-9/20", "The file part has 3 bytes"),
        ("bytes 0-9/10", "The file part has 3 bytes"),
        ("bytes 5-7/15000000", r"File size too large. Got 15000000. Maximum is 14000000\."),
        ("bytes 15000000-15000002/-1", r"File size too large. Got 15000003."),
        ("bytes 0-2/-1", "larger than 5mb"),
    ],
)
def test_a_wrong_range(account: Account, content_range: str, message: str) -> None:
    answer = send(account, 0, b"abc", content_range=content_range)
    assert answer.status_code == 400
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(answer.json()["error"]["message"])
    assert rows(account, "chunked_upload") == 0


def test_ranges_that_contradict_each_other(account: Account) -> None:
    send(account, *PARTS[0])
    overlap = send(account, CHUNK - 1, bytes(CHUNK))
    assert "sent before" in overlap.json()["error"]["message"]
    other_total = send(account, CHUNK, b"end", CHUNK + 3)
    assert f"said to have {len(FILE)} bytes" in other_total.json()["error"]["message"]
    behind = send(account, 3 * CHUNK - 2_000_000, bytes(CHUNK), -1)
    assert behind.status_code == 400
    assert rows(account, "upload_chunk") == 1
    for part in PARTS[1:]:
        last = send(account, *part)
    assert delivered(last.json()) == FILE


@pytest.mark.parametrize("upload_id", ["", "x" * 256])
def test_a_wrong_upload_id(account: Account, upload_id: str) -> None:
    answer = send(account, *PARTS[0], upload_id=upload_id)
    assert answer.status_code == 400
    assert "X-Unique-Upload-Id" in answer.json()["error"]["message"]


def test_a_chunk_is_a_file_part(account: Account) -> None:
    for value in ("http://127.0.0.1/x", "data:,abc"):
        answer = httpx.post(
            account.url("raw/upload"),
            data={"file": value},
            headers={"X-Unique-Upload-Id": "one", "Content-Range": "bytes 0-2/9000000"},
            auth=account.auth,
        )
        assert answer.json()["error"]["message"] == "Invalid value for parameter file"


def test_an_abandoned_upload_leaves_nothing_behind(account: Account) -> None:
    running = account.running
    send(account, *PARTS[0], upload_id=random_public_id())
    running.call(tidy, running.runtime)
    assert rows(account, "upload_chunk") == 1
    with psycopg.connect(running.database_url) as connection:
        connection.execute(
            "update library.chunked_upload set updated_at = now() - interval '61 min'"
        )
    running.call(delete_abandoned, running.runtime)
    assert rows(account, "upload_chunk") == rows(account, "chunked_upload") == 0


def test_unfinished_files_have_a_quota(account: Account) -> None:
    """It is the environment's; what is sent again, or finishes a file, counts once."""
    with account.running.limited(max_pending_bytes=2 * CHUNK + 2000):
        for part in PARTS[:2]:
            assert send(account, *part).status_code == 200
        refused = send(account, *PARTS[0], upload_id="two")
        assert refused.status_code == 420
        assert refused.json()["error"]["message"].startswith(
            f"Unfinished uploads hold {2 * CHUNK} bytes, and {2 * CHUNK + 2000} is the maximum."
        )
        assert rows(account, "upload_chunk") == 2
        assert rows(account, "chunked_upload") == 1
        stranger = account.running.account()
        assert send(stranger, *PARTS[0]).status_code == 200
        assert send(account, *PARTS[1]).status_code == 200
        assert delivered(send(account, *PARTS[2]).json()) == FILE
        assert send(account, *PARTS[0], upload_id="two").status_code == 200


def test_a_last_chunk_that_comes_twice_at_once_makes_one_asset(account: Account) -> None:
    for part in PARTS[:2]:
        send(account, *part)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: send(account, *PARTS[2]).json(), range(4)))
    assert len({answer["asset_id"] for answer in answers}) == 1
    assert rows(account, "asset") == 1
    assert rows(account, "upload_chunk") == 0


def test_chunks_that_come_at_once_complete_the_file(account: Account) -> None:
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda part: send(account, *part).json(), PARTS))
    (last,) = [answer for answer in answers if "asset_id" in answer]
    assert delivered(last) == FILE


def test_deleting_the_asset_forgets_the_upload(account: Account) -> None:
    for part in PARTS:
        answer = send(account, *part).json()
    cloudinary.uploader.destroy(answer["public_id"], resource_type="raw")
    assert rows(account, "chunked_upload") == 0


def test_overwriting_in_chunks(account: Account) -> None:
    first = cloudinary.uploader.upload(picture("red"), resource_type="raw", public_id="a.bin")
    again = cloudinary.uploader.upload_large(
        io.BytesIO(FILE), chunk_size=CHUNK, filename="a.bin", public_id="a.bin"
    )
    assert again["overwritten"] is True
    assert again["asset_id"] == first["asset_id"]
    assert delivered(again) == FILE


def test_one_request_has_a_lower_limit(account: Account) -> None:
    with pytest.raises(Error, match="File size too large"):
        cloudinary.uploader.upload(FILE, resource_type="raw", filename="f")


def test_content_range() -> None:
    chunk = parse_content_range("bytes 10-19/20")
    assert (chunk.start, chunk.end, chunk.total, chunk.is_whole) == (10, 20, 20, False)
    assert parse_content_range("bytes 0-19/20").is_whole
    assert parse_content_range("bytes 0-19/-1").total is None
    assert parse_content_range("bytes 0-19/*").total is None
    with pytest.raises(Refused):
        parse_content_range("bytes */20")
