"""Pictures of the main views: `python -m tests.browser.screenshots FOLDER`.

They show real photos under the builtin model, at three widths, light and dark.
"""

import argparse
import asyncio
import csv
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import async_playwright

from app.vision.registry import load_encoder
from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.library import Library, group_duplicates
from tests.browser.photos import photo_files, smaller
from tests.database import Databases, postgres
from tests.photos import photo_folder
from tests.server import Account, serve

WIDTHS = {360: 740, 1280: 820, 2560: 1400}
_FOLDERS = ("Campaigns/Spring", "Campaigns/Winter", "Nature", "Products", "Products/Kitchen")

Step = Callable[[Library], Awaitable[None]]


async def _menu(library: Library) -> None:
    await library.open("/?q=dog")
    await library.tiles.nth(1).click(button="right")


async def _similar(library: Library) -> None:
    await _menu(library)
    await library.page.keyboard.press("Enter")
    await library.page.locator(".chip-picture").wait_for()
    await library.settled()


async def _details(library: Library) -> None:
    await library.open("/")
    await library.tiles.nth(3).locator("a").click()
    await library.page.locator(".details img").wait_for()


async def _selection(library: Library) -> None:
    await library.open("/")
    for number in (0, 2, 3):
        await library.tiles.nth(number).locator("a").focus()
        await library.page.keyboard.press("Space")


async def _upload_dialog(library: Library) -> None:
    await library.open("/")
    await library.page.get_by_role("button", name="Upload", exact=True).click()


async def _uploads(library: Library) -> None:
    await _upload_dialog(library)
    files = [
        {"name": name, "mimeType": "image/jpeg", "buffer": data} for name, data in photo_files(4)
    ]
    files.append({"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"not an image"})
    await library.page.locator("#upload input[type=file]").first.set_input_files(files)
    await library.page.locator(".tray").get_by_text("4 uploaded").wait_for(timeout=60_000)


async def _own_picture(library: Library) -> None:
    await library.open("/")
    await library.page.get_by_role("button", name="Search by a picture").click()


async def _new_key(library: Library) -> None:
    await library.open("/-/settings/keys")
    await library.page.get_by_label("What is it for?").fill("web shop")
    await library.page.get_by_role("button", name="Add a key").click()


async def _refined(library: Library) -> None:
    await library.open("/?q=dog")
    for number, key in ((1, "+"), (2, "-")):
        await library.tiles.nth(number).locator(".tile-link").focus()
        async with library.page.expect_response(lambda answer: "/-/results" in answer.url):
            await library.page.keyboard.press(key)
        await library.settled()


async def _filters(library: Library) -> None:
    await library.open("/?q=dog&folder=Campaigns&format=jpg")
    await library.page.get_by_role("button", name="Filters", exact=True).click()


async def _part(library: Library) -> None:
    await _menu(library)
    await library.page.get_by_role("menuitem", name="Search for a part").click()


async def _part_found(library: Library) -> None:
    await _part(library)
    async with library.page.expect_response(lambda answer: "/-/results" in answer.url):
        await library.page.get_by_role("button", name="Search for this part").click()
    await library.settled()


def _at(path: str) -> Step:
    async def step(library: Library) -> None:
        await library.open(path)

    return step


VIEWS: dict[str, Step] = {
    "library": _at("/"),
    "words": _at("/?q=dog"),
    "no-match": _at("/?q=xyzzy"),
    "weak": _at("/?q=dog&all=1"),
    "assets": _at("/?mode=assets&q=terrier"),
    "folder": _at("/?folder=Products"),
    "menu": _menu,
    "similar": _similar,
    "details": _details,
    "selection": _selection,
    "refined": _refined,
    "filters": _filters,
    "no-match-filter": _at("/?q=dog&folder=Products"),
    "part": _part,
    "part-found": _part_found,
    "upload-dialog": _upload_dialog,
    "uploads": _uploads,
    "own-picture": _own_picture,
    "presets": _at("/-/settings/presets"),
    "preset": _at("/-/settings/presets/edit"),
    "visual-search": _at("/-/settings/indexing"),
    "keys": _new_key,
    "reports": _at("/-/settings/reports"),
    "report": _at("/-/settings/reports/searches_by_day"),
    "duplicates": _at("/-/settings/duplicates"),
}


def _fill(library: Library) -> None:
    """A library as somebody may have it: photos in folders with tags, and two presets."""
    import httpx

    with (photo_folder() / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        library.add(
            (photo_folder() / row["file"]).read_bytes(),
            f"{row['name'].replace('/', ' ')} {number:03}",
            display_name=row["name"],
            asset_folder=_FOLDERS[number * len(_FOLDERS) // len(rows)],
            tags=row["name"].lower(),
        )
    for preset in (
        {"name": "visual_search", "unsigned": True, "visual_search": True, "tags": "web"},
        {"name": "Product photos", "visual_search": True, "asset_folder": "Products"},
    ):
        httpx.post(
            library.account.url("upload_presets"), auth=library.account.auth, json=preset
        ).raise_for_status()


def _use(library: Library) -> None:
    """What makes reports interesting: copies of images, and searches with and without a match."""
    import httpx

    for number, (_, data) in enumerate(photo_files(4)):
        library.add(smaller(data, 0.5), f"copy {number}", asset_folder="Campaigns/Winter")
    group_duplicates(library.account)
    for words in ("dog", "dog", "fruit", "car", "unicorn", "unicorn", "<b>board meeting</b>"):
        httpx.post(
            library.account.url("resources/visual_search"),
            auth=library.account.auth,
            data={"text": words},
        ).raise_for_status()


async def _shoot(account: Account, folder: Path, only: list[str], widths: list[int]) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for width in widths:
            for scheme in ("light", "dark"):
                context = await browser.new_context(
                    viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme
                )
                await _shoot_views(
                    await context.new_page(), account, only, folder, f"{width}-{scheme}"
                )
                await context.close()
                account.running.call(_tidy, account)
        await browser.close()


async def _tidy(account: Account) -> None:
    """Without what the last round of pictures uploaded and made."""
    async with account.running.runtime.pool.connection() as connection:
        await connection.execute("delete from library.asset where source = 'library'")
        await connection.execute("delete from library.api_key where label <> ''")


async def _shoot_views(
    page: Any, account: Account, only: list[str], folder: Path, suffix: str
) -> None:
    library = Library(page, account)
    await page.goto(f"{account.base_url}/-/sign-in")
    if not only:
        await page.screenshot(path=folder / f"sign-in-{suffix}.png")
    await library.sign_in()
    for name, step in VIEWS.items():
        if only and name not in only:
            continue
        await step(library)
        await page.wait_for_load_state("networkidle")
        await page.wait_for_timeout(300)
        await page.screenshot(path=folder / f"{name}-{suffix}.png")
        print(f"{name}-{suffix}.png", flush=True)


def main() -> None:
    """Makes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[], choices=VIEWS, help="some of the views")
    parser.add_argument("--width", nargs="*", type=int, default=list(WIDTHS), choices=WIDTHS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    encoder = load_encoder("builtin", device="cpu", threads=1)
    with postgres() as url, TemporaryDirectory() as directory:
        databases = Databases(url)
        with (
            databases.clone() as database,
            serve(database, Path(directory), encoder) as server,
        ):
            account = server.account("acme")
            _fill(Library(None, account))
            _use(Library(None, account))
            asyncio.run(_shoot(account, arguments.folder, arguments.only, arguments.width))
        databases.close()


if __name__ == "__main__":
    main()
