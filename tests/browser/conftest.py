"""A real browser on a real server. Every test fails on a script error or a breach of the policy."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.library import Library
from tests.server import Account

playwright_api = pytest.importorskip(
    "playwright.async_api", reason="Playwright is not installed: pip install -e '.[test]'"
)

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str | None:
    """Debian's Chromium, or the one that IRIS_TEST_CHROMIUM names."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = (shutil.which(name) for name in names)
    return os.environ.get("IRIS_TEST_CHROMIUM") or next(filter(None, found), None)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Any]:
    """One browser for all tests."""
    path = chromium_path()
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    async with playwright_api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def context(browser: Any) -> AsyncIterator[Any]:
    """A visitor who was never here before."""
    context = await browser.new_context(viewport={"width": 1280, "height": 820})
    context.set_default_timeout(10_000)
    yield context
    await context.close()


@pytest.fixture
async def page(context: Any) -> AsyncIterator[Any]:
    """A page on which nothing may go wrong unnoticed."""
    page = await context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.extend(_trouble(message)))
    yield page
    assert troubles == []


def _trouble(message: Any) -> Iterator[str]:
    # That an answer was an error is what many of these tests want.
    if message.type == "error" and "Failed to load resource" not in message.text:
        yield message.text


@pytest.fixture
async def library(page: Any, server: Account) -> Library:
    """The page, signed in, of an empty environment."""
    library = Library(page, server)
    await library.sign_in()
    return library


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder for files to upload."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder
