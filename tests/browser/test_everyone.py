"""For everyone: axe finds nothing, the keyboard is enough, pages are small and load only ours."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.browser.library import Library
from tests.fake_encoder import picture
from tests.server import Account

axe = pytest.importorskip("axe_playwright_python.async_playwright").Axe()

_PATHS = (
    "/",
    "/?q=red",
    "/?q=cyan",
    "/?q=red&not_q=blue&folder=one&tag=a&format=png",
    "/?folder=one&expression=nothing",
    "/?not_q=red",
    "/?mode=assets&q=nothing",
    "/-/settings/presets",
    "/-/settings/presets/edit",
    "/-/settings/keys",
    "/-/settings/indexing",
    "/-/settings/reports",
    "/-/settings/reports/biggest_assets",
    "/-/settings/duplicates",
)


@pytest.fixture
async def filled(library: Library) -> Library:
    """A few images in folders, opened."""
    for name, colour in (("one", "red"), ("two", "blue"), ("three", "yellow")):
        library.add(picture(colour), f"{name}", asset_folder=name, tags="a,b")
    library.add_others()
    await library.open()
    return library


async def _serious(page: Any) -> list[str]:
    found = await axe.run(page, options={"runOnly": ["wcag2a", "wcag2aa", "best-practice"]})
    return [
        f"{each['id']}: {node['html'][:120]} {node.get('failureSummary', '')[:300]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical", "moderate")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 360)])
async def test_axe_finds_nothing_on_any_page(filled: Library, scheme: str, width: int) -> None:
    await filled.page.emulate_media(color_scheme=scheme)
    await filled.page.set_viewport_size({"width": width, "height": 800})
    for path in _PATHS:
        await filled.open(path)
        assert await _serious(filled.page) == [], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_what_opens(filled: Library, scheme: str) -> None:
    page = filled.page
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await filled.tiles.first.locator("a").click()
    await expect(page.locator(".details")).to_be_visible()
    assert await _serious(page) == []
    await filled.tiles.nth(1).click(button="right")
    assert await _serious(page) == []
    await page.keyboard.press("Escape")
    await filled.open("/?q=red")
    await filled.tiles.first.click(button="right")
    await page.get_by_role("menuitem", name="Search for a part").click()
    assert await _serious(page) == []
    await page.keyboard.press("Escape")
    for button in ("Upload", "Search by a picture", "Filters"):
        await page.get_by_role("button", name=button, exact=True).click()
        assert await _serious(page) == [], button
        await page.keyboard.press("Escape")


async def test_axe_finds_nothing_at_the_door(page: Any, server: Account) -> None:
    await Library(page, server).sign_in("wrong")
    assert await _serious(page) == []


async def test_the_keyboard_is_enough(page: Any, server: Account) -> None:
    """From the sign-in to the images that are similar to one that was found by words."""
    library = Library(page, server)
    for name, colour, share in (("red", "red", 1.0), ("reddish", "red", 0.7), ("blue", "blue", 1)):
        library.add(picture(colour, share=share), name)
    library.add_others()
    await page.goto(server.base_url)
    keyboard = page.keyboard
    await expect(page.get_by_label("API key")).to_be_focused()
    await keyboard.type(server.key)
    await keyboard.press("Tab")
    await keyboard.type(server.secret)
    await keyboard.press("Enter")
    await expect(library.tiles).to_have_count(23)
    await page.wait_for_load_state("networkidle")
    await keyboard.press("/")
    await keyboard.type("red")
    await keyboard.press("Enter")
    await expect(page.locator(".chip")).to_contain_text("red")
    await library.settled()
    for _ in range(30):
        await keyboard.press("Tab")
        if await page.locator(".tile-link:focus").count():
            break
    await keyboard.press("ArrowRight")
    await keyboard.press("Shift+F10")
    await keyboard.press("Enter")
    await expect(page.locator(".chip")).to_contain_text("Similar to reddish")


async def test_pages_are_small_and_load_nothing_from_elsewhere(
    context: Any, filled: Library
) -> None:
    for path in _PATHS:
        fresh = await context.new_page()
        sizes: dict[str, int] = {}

        def note(response: Any, sizes: dict[str, int] = sizes) -> None:
            if response.request.resource_type != "image":
                sizes[response.url] = int(response.headers.get("content-length", 0))

        fresh.on("response", note)
        await fresh.goto(filled.account.base_url + path)
        await fresh.wait_for_load_state("networkidle")
        await fresh.close()
        assert sum(sizes.values()) < 200_000, path
        assert {urlsplit(url).netloc for url in sizes} == {urlsplit(filled.account.base_url).netloc}


@pytest.mark.parametrize("width", [360, 1280, 2560])
async def test_nothing_is_cut_off_sideways(filled: Library, width: int) -> None:
    await filled.page.set_viewport_size({"width": width, "height": 800})
    for path in _PATHS:
        await filled.open(path)
        wide = await filled.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, path
