"""Uploads: files and folders, progress, refusals, cancelling, retrying, a lost connection."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from app.vision.decode import decode
from tests.browser.library import Library
from tests.browser.photos import photo_files
from tests.browser.wire import wire
from tests.fake_encoder import FakeEncoder, picture
from tests.server import Account

HOSTILE = "<img src=x onerror=alert(1)>.png"


def _file(folder: Path, name: str, data: bytes | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture("red") if data is None else data)
    return path


async def _throttle(context: Any, page: Any, upload: int, session: Any = None) -> Any:
    """Uploads this many bytes a second; -1 is as many as there are."""
    session = session or await context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload}
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", limits)
    return session


async def _part_way(bar: Any) -> None:
    """Returns when some of a file is on its way."""
    async with asyncio.timeout(10):
        while not 0 < await bar.evaluate("bar => bar.value") < 1:
            await asyncio.sleep(0.05)


async def test_chosen_photos_appear_and_are_found_without_reloading(
    library: Library, files: Path
) -> None:
    photos = photo_files(3)
    paths = [_file(files, name, data) for name, data in photos]
    await library.upload(*paths)
    await expect(library.tiles).to_have_count(3)
    await expect(library.page.locator(".tray [data-title]")).to_have_text("3 uploaded")
    await expect(library.page.locator(".results-count")).to_have_text("3 images")
    assert set(await library.names()) == {Path(name).stem for name, _ in photos}
    file = {"name": "own.jpg", "mimeType": "image/jpeg", "buffer": photos[1][1]}
    await library.page.get_by_role("button", name="Search by a picture").click()
    await library.page.locator("#own-picture input[type=file]").set_input_files(file)
    await expect(library.page.locator(".chip")).to_contain_text("Your picture")
    await library.settled()
    assert (await library.names())[0] == Path(photos[1][0]).stem


async def test_a_folder_keeps_its_folders(library: Library, files: Path) -> None:
    _file(files, "trip/one.png")
    _file(files, "trip/day 2/two.png", picture("blue"))
    await library.page.get_by_role("button", name="Upload", exact=True).click()
    await library.page.locator("#upload").get_by_label("Folder", exact=True).fill("2026")
    await library.page.locator("#upload input[webkitdirectory]").set_input_files(files / "trip")
    await expect(library.tiles).to_have_count(2)
    tree = library.page.get_by_role("navigation", name="Folders")
    await tree.get_by_role("link", name="day 2").click()
    await expect(library.page).to_have_url(
        f"{library.account.base_url}/?folder=2026%2Ftrip%2Fday+2"
    )
    await library.settled()
    assert await library.names() == ["two"]


async def test_files_are_dropped_anywhere(library: Library) -> None:
    page = library.page
    transfer = await page.evaluate_handle(
        """(bytes) => {
            const data = new DataTransfer();
            for (const name of ["a.png", "b.png"]) {
                data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
            }
            return data;
        }""",
        list(picture("green")),
    )
    await page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})
    await expect(page.locator('[data-zone="search"]')).to_be_hidden()
    await page.locator('[data-zone="upload"]').dispatch_event("drop", {"dataTransfer": transfer})
    await expect(library.tiles).to_have_count(2)


async def test_every_refusal_has_its_reason(library: Library, files: Path) -> None:
    await library.upload(
        _file(files, "fine.png"),
        _file(files, "broken.png", b"no image at all"),
        _file(files, "empty.png", b""),
        _file(files, "text.txt", b"hello"),
        _file(files, "large.png", b"0" * 300_001),
    )
    for name, reason in (
        ("fine.png", "Done"),
        ("broken.png", "not an image that Iris can read"),
        ("empty.png", "This file is empty"),
        ("text.txt", "This is not an image"),
        ("large.png", "the most that this server takes"),
    ):
        await expect(library.upload_row(name)).to_contain_text(reason)
    await expect(library.page.locator(".tray [data-title]")).to_have_text("1 uploaded, 4 refused")
    await expect(library.tiles).to_have_count(1)


async def test_a_hostile_file_name_is_text(library: Library, files: Path) -> None:
    await library.upload(_file(files, HOSTILE))
    await expect(library.upload_row("onerror")).to_contain_text(HOSTILE)
    await expect(library.tiles).to_have_count(1)
    assert await library.names() == ["<img src=x onerror=alert(1)>"]
    assert await library.page.locator("img[src='x']").count() == 0


async def test_a_lost_connection_loses_nothing(
    page: Any, context: Any, server: Account, files: Path
) -> None:
    async with wire(server.running.port) as connection:
        library = Library(page, server, connection.base_url)
        await library.sign_in()
        throttle = await _throttle(context, page, 40_000)
        large = _file(files, "lost.bmp", picture("red", size=(240, 240), format="BMP"))  # 170 kB
        await library.upload(large, _file(files, "later.png"))
        row = library.upload_row("lost.bmp")
        await _part_way(row.locator("progress"))
        connection.cut()
        await expect(row).to_contain_text("connection was lost")
        await page.get_by_role("searchbox").fill("red")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
        connection.mend()
        await _throttle(context, page, -1, throttle)
        await page.get_by_role("button", name="Try again", exact=True).click()
        for name in ("lost.bmp", "later.png"):
            again = library.upload_row(name).get_by_role("button", name="Try again")
            if await again.is_visible():
                await again.click()
            await expect(library.upload_row(name)).to_contain_text("Done")
        await library.open("/")
        await expect(library.tiles).to_have_count(2)


async def test_an_upload_is_cancelled_and_tried_again(
    library: Library, context: Any, files: Path
) -> None:
    throttle = await _throttle(context, library.page, 10_000)
    data = picture("red", size=(240, 240), format="BMP")
    await library.upload(_file(files, "one.bmp", data))
    row = library.upload_row("one.bmp")
    await row.get_by_role("button", name="Cancel").click()
    await expect(row).to_contain_text("Cancelled")
    await _throttle(context, library.page, -1, throttle)
    await row.get_by_role("button", name="Try again").click()
    await expect(row).to_contain_text("Done")
    await expect(library.tiles).to_have_count(1)


async def test_uploads_go_on_while_one_searches(
    library: Library, context: Any, files: Path
) -> None:
    library.add(picture("blue"), "blue")
    await library.open()
    await _throttle(context, library.page, 60_000)
    data = picture("red", size=(240, 240), format="BMP")
    await library.upload(_file(files, "one.bmp", data))
    await library.search("blue")
    assert await library.names() == ["blue"]
    await expect(library.upload_row("one.bmp")).to_contain_text("Done")
    assert await library.names() == ["blue"]


async def test_the_preset_decides(library: Library, files: Path) -> None:
    httpx.post(
        library.account.url("upload_presets"),
        auth=library.account.auth,
        json={"name": "quiet", "asset_folder": "from preset", "tags": "preset", "unsigned": False},
    ).raise_for_status()
    await library.open()
    await library.page.get_by_role("button", name="Upload", exact=True).click()
    await library.page.get_by_label("Upload preset").select_option("quiet")
    await library.page.locator("#upload input[type=file]").first.set_input_files(
        _file(files, "one.png")
    )
    await expect(library.upload_row("one.png")).to_contain_text("Stored, not indexed")
    await library.tiles.first.locator("a").click()
    await expect(library.page.locator(".tag")).to_contain_text("preset")
    await expect(
        library.page.get_by_role("navigation").get_by_role("link", name="from preset")
    ).to_be_visible()


@pytest.fixture
def encoder(library: Library) -> Any:
    """The server's encoder, well again at the end."""
    encoder = library.account.running.encoder
    assert isinstance(encoder, FakeEncoder)
    yield encoder
    encoder.failure = None


async def test_an_image_that_waits_for_the_index_says_so_until_it_is_done(
    library: Library, files: Path, encoder: FakeEncoder
) -> None:
    from app.worker import work_once

    encoder.failure = RuntimeError("no luck")
    await library.upload(_file(files, "one.png"))
    await expect(library.upload_row("one.png")).to_contain_text("will be indexed soon")
    await expect(library.tiles.first.locator(".state")).to_contain_text("Indexing")
    await expect(library.page.locator("[data-coverage]")).to_be_visible()
    encoder.failure = None
    running = library.account.running

    async def hurry() -> None:
        async with running.runtime.pool.connection() as connection:
            await connection.execute(
                "update library.indexing set next_try_at = now(), claimed_until = null"
            )
        await work_once(running.runtime)

    await asyncio.to_thread(running.call, hurry)
    await expect(library.tiles.first.locator(".state")).to_have_count(0)
    await expect(library.page.locator("[data-coverage]")).to_be_hidden()


def test_the_photos_are_ones_that_iris_reads() -> None:
    for _, data in photo_files(3):
        assert decode(data, max_pixels=10**8).width > 100
