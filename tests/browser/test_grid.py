"""The grid and the details of an image."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.library import Library
from tests.fake_encoder import picture

HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture
def five(library: Library) -> Library:
    """A library of five images, the last one uploaded first in the grid."""
    for number, colour in enumerate(("red", "green", "blue", "yellow", "cyan")):
        library.add(picture(colour, size=(64 + number, 48)), f"{number}-{colour}")
    return library


async def test_images_are_shown_newest_first(five: Library) -> None:
    await five.open()
    assert await five.names() == ["4-cyan", "3-yellow", "2-blue", "1-green", "0-red"]
    await expect(five.page.locator(".results-count")).to_have_text("5 images")
    drawn = "image => image.complete && image.naturalWidth > 0"
    assert await five.tiles.first.locator("img").evaluate(drawn)


async def test_the_order_is_chosen_and_kept_in_the_address(five: Library) -> None:
    await five.open()
    await five.page.get_by_label("Order").select_option("By name")
    await expect(five.tiles.first).to_contain_text("0-red")
    await five.page.reload()
    await expect(five.tiles.first).to_contain_text("0-red")


async def test_scrolling_brings_the_rest(library: Library) -> None:
    data = picture("red")
    for number in range(130):
        library.add(data, f"image-{number:03}", visual_search="0")
    await library.open()
    assert await library.tiles.count() < 130
    for _ in range(20):
        await library.page.mouse.wheel(0, 4000)
        await library.page.wait_for_timeout(100)
    await expect(library.tiles).to_have_count(130)
    names = await library.names()
    assert names == sorted(names, reverse=True)
    assert len(set(names)) == 130


async def test_a_folder_shows_what_is_in_it_and_below(library: Library) -> None:
    library.add(picture("red"), "top")
    library.add(picture("green"), "in-a", asset_folder="a")
    library.add(picture("blue"), "in-ab", asset_folder="a/b")
    library.add(picture("blue"), "in-ax", asset_folder="ax")
    await library.open()
    folders = library.page.get_by_role("navigation", name="Folders")
    await folders.get_by_role("link", name="a", exact=True).click()
    await library.settled()
    assert await library.names() == ["in-ab", "in-a"]
    await expect(folders.get_by_role("link", name="a", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    await library.page.go_back()
    await expect(library.tiles).to_have_count(4)


async def test_arrow_keys_move_and_space_selects(five: Library) -> None:
    await five.open()
    keyboard = five.page.keyboard
    await five.page.locator(".tile-link").first.focus()
    await keyboard.press("ArrowRight")
    await keyboard.press("Space")
    await keyboard.press("ArrowRight")
    await keyboard.press("Shift+Space")
    await expect(five.page.get_by_text("2 selected")).to_be_visible()
    await expect(five.page.get_by_label("Select 3-yellow")).to_be_checked()
    await keyboard.press("Home")
    await keyboard.press("Enter")
    await expect(five.page.get_by_role("heading", name="4-cyan")).to_be_visible()
    await keyboard.press("Escape")
    await expect(five.page.locator("#panel")).to_be_hidden()
    await keyboard.press("Escape")
    await expect(five.page.get_by_text("2 selected")).to_be_hidden()


async def test_the_mouse_selects_with_boxes_and_a_range_with_shift(five: Library) -> None:
    await five.open()
    await five.tiles.nth(0).hover()
    await five.page.get_by_label("Select 4-cyan").click()
    await five.page.get_by_label("Select 1-green").click(modifiers=["Shift"])
    await expect(five.page.get_by_text("4 selected")).to_be_visible()
    await five.page.get_by_role("button", name="Clear the selection").click()
    await expect(five.page.locator(".tile-check:checked")).to_have_count(0)


async def test_details_tell_everything_and_stay_in_the_address(five: Library) -> None:
    await five.open()
    await five.tiles.nth(4).locator("a").click()
    panel = five.page.locator("#panel")
    await expect(panel).to_contain_text("64 × 48 pixels")
    await expect(panel).to_contain_text("Can be found by what it shows")
    await five.page.reload()
    await expect(panel).to_contain_text("0-red")


async def test_tags_are_added_and_removed(five: Library) -> None:
    await five.open()
    await five.tiles.first.locator("a").click()
    panel = five.page.locator("#panel")
    await panel.get_by_label("Add tags").fill(f"sea, {HOSTILE}")
    await panel.get_by_role("button", name="Add", exact=True).click()
    await expect(panel.locator(".tag")).to_have_count(2)
    await expect(panel.locator(".tags")).to_contain_text(HOSTILE)
    await panel.get_by_role("button", name="Remove tag sea").click()
    await expect(panel.locator(".tag")).to_have_count(1)
    await panel.locator(".tag a").click()
    await five.settled()
    assert await five.names() == ["4-cyan"]


async def test_an_image_is_renamed_and_moved(five: Library) -> None:
    await five.open()
    await five.tiles.first.locator("a").click()
    panel = five.page.locator("#panel")
    await panel.get_by_text("Rename or move").click()
    await panel.get_by_label("Name").fill(HOSTILE)
    await panel.get_by_label("Folder").fill("new/one")
    await panel.get_by_role("button", name="Save").click()
    await expect(panel.get_by_role("heading", level=2)).to_have_text(HOSTILE)
    await five.open("/?folder=new")
    assert await five.names() == [HOSTILE]


async def test_an_image_is_downloaded_as_it_was_uploaded(library: Library) -> None:
    data = picture("red")
    library.add(data, "mine")
    await library.open()
    await library.tiles.first.click(button="right")
    async with library.page.expect_download() as waiting:
        await library.page.get_by_role("menuitem", name="Download").click()
    download = await waiting.value
    path = await download.path()
    assert path.read_bytes() == data


async def test_restricted_images_are_shown_too(library: Library) -> None:
    library.add(picture("red"), "secret", type="authenticated")
    await library.open()
    drawn = "image => image.decode().then(() => image.naturalWidth)"
    assert await library.tiles.first.locator("img").evaluate(drawn) > 0


async def test_a_large_image_arrives_small(library: Library) -> None:
    library.add(picture("red", share=0.5, size=(1500, 900)), "large")
    await library.open()
    image = library.tiles.first.locator("img")
    await image.evaluate("image => image.decode()")
    sent = await library.page.request.get(
        library.account.base_url + str(await image.get_attribute("src"))
    )
    assert Image.open(BytesIO(await sent.body())).size == (320, 192)


async def test_an_image_that_was_not_asked_for_is_indexed_from_its_details(
    library: Library,
) -> None:
    library.add(picture("red"), "plain", visual_search="0")
    await library.open()
    await library.tiles.first.locator("a").click()
    panel = library.page.locator("#panel")
    await expect(panel).to_contain_text("Not indexed")
    await panel.get_by_role("button", name="Index this image").click()
    await expect(panel).to_contain_text("Can be found by what it shows")


async def test_a_hostile_name_is_text_everywhere(library: Library) -> None:
    library.add(picture("red"), "hostile", display_name=HOSTILE, tags=HOSTILE)
    await library.open()
    assert await library.names() == [HOSTILE]
    await library.tiles.first.click(button="right")
    menu: Any = library.page.get_by_role("menu")
    await expect(menu).to_have_attribute("aria-label", f"Actions for {HOSTILE}")
    await library.page.keyboard.press("Escape")
    await library.tiles.first.locator("a").click()
    await expect(library.page.locator("#panel")).to_contain_text(HOSTILE)
    assert await library.page.locator("img[src='x']").count() == 0


async def test_selected_images_are_tagged_together(five: Library) -> None:
    await five.open()
    for name in ("4-cyan", "2-blue"):
        await five.page.get_by_label(f"Select {name}").check()
    await five.page.get_by_role("button", name="Tag", exact=True).click()
    await five.page.get_by_label("Tags to add").fill(f"sea, {HOSTILE}")
    await five.page.get_by_role("button", name="Add tags").click()
    await expect(five.page.locator(".toast")).to_have_text("2 images tagged.")
    await five.search("tags=sea", "Assets")
    assert await five.names() == ["4-cyan", "2-blue"]


async def test_deleting_asks_first_and_then_it_is_gone(five: Library) -> None:
    await five.open()
    page = five.page
    await page.get_by_label("Select 4-cyan").check()
    await page.get_by_label("Select 3-yellow").check()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("heading", name="Delete 2 images?")).to_be_visible()
    await page.get_by_role("button", name="Keep").click()
    await expect(five.tiles).to_have_count(5)
    await five.tiles.nth(2).click(button="right")
    await page.get_by_role("menuitem", name="Delete").click()
    await expect(page.get_by_role("heading", name="Delete 1 image?")).to_be_visible()
    await page.locator("#delete-selected").get_by_role("button", name="Delete").click()
    await expect(five.tiles).to_have_count(4)
    assert "2-blue" not in await five.names()
