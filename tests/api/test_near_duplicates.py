"""A server without a worker beside it groups near-identical uploads by itself, soon after."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psycopg
import pytest
from cloudinary import uploader
from PIL import Image

from tests.conftest import configured
from tests.database import Databases
from tests.server import serve


@pytest.fixture
def database(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[psycopg.Connection]:
    """That of a server which embeds and groups, and which the SDK is configured for."""
    with (
        databases.clone() as url,
        serve(url, tmp_path, embed_in_server=True) as server,
        configured(server.account("shop"), monkeypatch),
        psycopg.connect(url, autocommit=True) as connection,
    ):
        yield connection


def scene(seed: int) -> Image.Image:
    tones = np.random.default_rng(seed).integers(256, size=(8, 8, 3), dtype=np.uint8)
    return Image.fromarray(tones).resize((160, 120), Image.Resampling.BICUBIC)


def upload(name: str, image: Image.Image, format: str = "PNG") -> None:
    file = io.BytesIO()
    image.save(file, format)
    stored = uploader.upload(file.getvalue(), public_id=name, visual_search=True)
    assert stored["info"]["visual_search"]["status"] == "indexed"


def wait_for_groups(database: psycopg.Connection, expected: dict[str, str]) -> None:
    """Passes when these are the leaders of these members, and nothing waits."""
    until = time.monotonic() + 15
    while True:
        groups = dict(
            database.execute(
                "select public_id, leader_public_id from report.near_duplicates"
            ).fetchall()
        )
        waiting = database.execute("select count(*) from library.ungrouped").fetchone()
        if groups == expected and waiting == (0,):
            return
        assert time.monotonic() < until, groups
        time.sleep(0.1)


def test_groups_follow_what_is_uploaded_overwritten_and_deleted(
    database: psycopg.Connection,
) -> None:
    upload("first", scene(1))
    upload("other", scene(2))
    upload("second", scene(1), "JPEG")
    upload("third", scene(1).resize((320, 240)))
    wait_for_groups(database, {"second": "first", "third": "first"})
    upload("first", scene(3))
    wait_for_groups(database, {"third": "second"})
    upload("first", scene(1))
    wait_for_groups(database, {"first": "second", "third": "second"})
    uploader.destroy("second", invalidate=True)
    wait_for_groups(database, {"third": "first"})
