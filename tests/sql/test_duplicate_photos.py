"""What is found among photos and what people do to them, by the worker and the builtin model."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from app.db import environments
from app.ingest import Upload, ingest
from app.runtime import Runtime, open_runtime
from app.worker import group_once
from tests.photos import Edit, crop, grey, load_photos, photo_folder, small_jpeg
from tests.server import make_settings
from tests.sql.conftest import Sql

COUNT = 16
# How many of 16 are found at least; sql/functions/38_duplicates.sql has the shares of 200.
FOUND: dict[str, tuple[Edit, int]] = {
    "small": (small_jpeg, 13),
    "cropped": (crop(0.95), 13),
    "mirrored": (ImageOps.mirror, 14),
    "grey": (grey, 14),
}


@pytest.fixture
async def builtin(database_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with open_runtime(make_settings(tmp_path), database_url) as runtime:
        yield runtime


@pytest.mark.skipif(
    not (photo_folder() / "labels.csv").exists(),
    reason=f"no labelled photos in {photo_folder()} (set IRIS_TEST_PHOTOS)",
)
async def test_copies_are_found_and_other_photos_are_not(builtin: Runtime, sql: Sql) -> None:
    async with builtin.pool.connection() as connection:
        environment = await environments.create(connection, "e")

    async def add(name: str, image: Image.Image) -> None:
        file = io.BytesIO()
        image.save(file, "PNG")
        params = {"public_id": name, "visual_search": True}
        upload = Upload(data=file.getvalue(), filename=None, params=params)
        stored = await ingest(builtin, environment, upload)
        assert stored.index_state == "indexed"

    photos = load_photos()[::12][:COUNT]
    await asyncio.gather(*(add(f"{number}", photo.image) for number, photo in enumerate(photos)))
    for name, (edit, _) in FOUND.items():
        copies = [edit(photo.image) for photo in photos]
        await asyncio.gather(*(add(f"{at}/{name}", copy) for at, copy in enumerate(copies)))
    while await group_once(builtin):
        pass
    groups = dict(sql.execute("select public_id, leader_public_id from report.near_duplicates"))
    for name, (_, least) in FOUND.items():
        found = sum(groups.get(f"{number}/{name}") == f"{number}" for number in range(COUNT))
        assert found >= least, name
    strangers = [pair for pair in groups.items() if pair[0].split("/")[0] != pair[1].split("/")[0]]
    assert strangers == []
