"""Real photos under the builtin model: searching them, refining, and parts of them."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.library import Library
from tests.database import Databases
from tests.photos import load_photos, photo_folder
from tests.server import Account, serve

pytestmark = pytest.mark.skipif(
    not (photo_folder() / "labels.csv").exists(), reason="The labelled photos are not there"
)

_DOGS = re.compile("terrier|poodle|hound|sheepdog|shepherd|bulldog|dog$", re.IGNORECASE)


@pytest.fixture(scope="module")
def account(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A library of six dogs and thirty photos of other things."""
    registry = pytest.importorskip("app.vision.registry")
    encoder = registry.load_encoder("builtin", device="cpu", threads=1)
    directory = tmp_path_factory.mktemp("photos")
    with databases.clone() as url, serve(url, directory, encoder) as running:
        account = running.account()
        for name, image in _photos():
            kind = "dogs" if _DOGS.search(name) else "mixed" if name == "both" else "things"
            Library(None, account).add(_png(image), name, asset_folder=kind, tags=kind)
        yield account


def _photos() -> Iterator[tuple[str, Image.Image]]:
    photos = [(photo.name, photo.image) for photo in load_photos()]
    dogs = [each for each in photos if _DOGS.search(each[0])][:6]
    others = [each for each in photos if not _DOGS.search(each[0])][-30:]
    yield from dogs + others
    both = Image.new("RGB", (800, 400))
    both.paste(dogs[0][1].resize((400, 400)), (0, 0))
    both.paste(dict(others)["orange"].resize((400, 400)), (400, 0))
    yield "both", both


def _png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
async def photos(page: Any, account: Account) -> Library:
    """The library, opened."""
    library = Library(page, account)
    await library.sign_in()
    await library.open()
    return library


async def test_words_then_more_and_less_like_results_within_a_filter(photos: Library) -> None:
    page = photos.page
    await photos.search("dog")
    found = [name for name in await photos.names() if name != "both"]
    assert len(found) >= 2
    assert all(map(_DOGS.search, found))
    for key, sign in (("+", "Like"), ("-", "Unlike")):
        tile = photos.tiles.nth(1)
        name = await tile.locator(".tile-name").inner_text()
        await tile.locator(".tile-link").focus()
        async with page.expect_response(re.compile("/-/results")):
            await page.keyboard.press(key)
        await photos.settled()
        await expect(page.get_by_label(f"{sign} {name}: turn around")).to_be_visible()
    assert all(_DOGS.search(name) or name == "both" for name in await photos.names())
    await photos.open(re.sub("^.*/", "/", page.url) + "&folder=things")
    await expect(
        page.get_by_role("heading", name=re.compile("among the 30 images"))
    ).to_be_visible()
    await page.get_by_role("link", name="Search the whole library").click()
    await expect(photos.tiles.first).to_be_visible()


async def test_a_part_of_a_photo_is_searched_for(photos: Library) -> None:
    page = photos.page
    await photos.tiles.filter(has_text=re.compile(r"^\s*both\s")).locator(".tile-link").focus()
    await page.keyboard.press("Shift+F10")
    await page.get_by_role("menuitem", name="Search for a part").press("Enter")
    for key in ("ArrowUp", "ArrowRight"):
        for _ in range(25):
            await page.keyboard.press(key)
    for _ in range(25):
        await page.keyboard.press("Shift+ArrowDown")
    await expect(page.locator("[data-place]")).to_have_text(
        "50 % wide, 100 % high, 50 % from the left, 0 % from the top"
    )
    async with page.expect_response(re.compile("/-/results")):
        await page.keyboard.press("Enter")
    await photos.settled()
    assert (await photos.names())[0] == "orange"
