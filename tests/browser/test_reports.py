"""The reports of the administration: overview, tables, downloads."""

import asyncio
import csv
import io
import re

import httpx
import pytest
from playwright.async_api import expect

from app.web import report_overview
from tests.browser.library import Library
from tests.fake_encoder import picture
from tests.server import Account, RunningServer

HOSTILE = "<img src=x onerror=alert(1)>"


def _search(account: Account, text: str) -> None:
    answer = httpx.post(
        account.url("resources/visual_search"), auth=account.auth, data={"text": text}
    )
    answer.raise_for_status()


async def _opened_when_logged(library: Library, words: str) -> None:
    """The overview, when the last search has reached the log; that takes a second."""
    async with asyncio.timeout(20):
        while True:
            await library.open("/-/settings/reports")
            if words in await library.page.content():
                return


async def test_the_overview_tells_what_is_indexed_searched_and_missed(library: Library) -> None:
    page = library.page
    library.add(picture("red"), "red")
    library.add(picture("blue"), "unindexed", visual_search="0")
    library.add_others()
    for words in ("red", HOSTILE, HOSTILE):
        _search(library.account, words)
    await _opened_when_logged(library, "1 with a good match, 2 without one")
    await expect(page.get_by_role("heading", name="21 of 22 images are indexed")).to_be_visible()
    await expect(page.get_by_text("1 not asked for")).to_be_visible()
    chart = page.get_by_role("img", name=re.compile("^Searches per day"))
    await expect(chart).to_be_visible()
    today = chart.locator("title").last
    await expect(today).to_contain_text("1 with a good match, 2 without one")
    row = page.get_by_role("row").filter(has_text=HOSTILE)
    await expect(row.get_by_role("cell").first).to_have_text("2")
    assert await page.locator("img[src='x']").count() == 0
    await row.get_by_role("link").click()
    await expect(page.get_by_role("searchbox")).to_have_value(HOSTILE)


async def test_a_report_that_takes_too_long_says_so(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And leaves the connection in order for the next one."""
    monkeypatch.setattr(report_overview, "_PATIENCE", 0.0)
    for _ in range(3):
        await library.open("/-/settings/reports")
        slow = library.page.get_by_text("This takes longer than a page should wait.")
        await expect(slow).to_have_count(5)
    monkeypatch.undo()
    await library.open("/-/settings/reports")
    await expect(slow).to_have_count(0)


async def test_a_report_is_a_table_and_a_file(library: Library) -> None:
    page = library.page
    library.add(picture("red"), "a", display_name="a", tags=HOSTILE, asset_folder="=1+1")
    await library.open("/-/settings/reports")
    await page.get_by_role("link", name="Biggest assets", exact=True).click()
    await expect(page.get_by_role("heading", name="Biggest assets")).to_be_visible()
    await expect(page.get_by_role("cell", name="=1+1")).to_be_visible()
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="CSV").click()
    download = await waiting.value
    assert download.suggested_filename == f"biggest_assets-{library.account.cloud}.csv"
    text = (await download.path()).read_text()
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["cloud_name"], row["public_id"]) == (library.account.cloud, "a")
    assert row["asset_folder"] == "'=1+1"
    await page.get_by_role("link", name="a", exact=True).click()
    await expect(library.tiles).to_have_count(1)


async def test_nobody_sees_another_environment_or_the_whole_server(
    library: Library, running: RunningServer
) -> None:
    other = running.account()
    Library(None, other).add(picture("red"), "secret-name")
    base = f"{library.account.base_url}/-/settings/reports"
    request = library.page.request
    for path in ("/asset", "/asset/csv", "/biggest_assets", "/tag_use"):
        answer = await request.get(base + path)
        assert answer.status == 200
        assert "secret-name" not in await answer.text()
        assert other.cloud not in await answer.text()
    for path in ("/storage", "/storage/csv", "/pg_class", "/no%22such", "/models"):
        answer = await request.get(base + path)
        assert answer.status == 404, path
