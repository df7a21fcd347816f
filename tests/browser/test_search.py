"""Searching: by words, by an image, by a picture of one's own; in names and tags."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from tests.browser.library import Library
from tests.conftest import WebHost
from tests.fake_encoder import picture

HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
async def colours(library: Library) -> Library:
    """Red and blue images and mixtures of them, opened."""
    for name, colour, share in (
        ("red", "red", 1.0),
        ("mostly-red", "red", 0.8),
        ("half", "red", 0.5),
        ("blue", "blue", 1.0),
        ("yellow", "yellow", 1.0),
    ):
        rest = "yellow" if colour == "yellow" else "blue"
        library.add(picture(colour, share=share, rest=rest), name, tags=f"tag-{name}")
    library.add_others()
    await library.open()
    return library


async def test_words_find_what_images_show_best_first(colours: Library) -> None:
    await colours.search("red")
    names = await colours.names()
    assert names == ["red", "mostly-red", "half"]
    words = await colours.page.locator(".match-words").all_text_contents()
    assert words == ["Close match"] * 3
    assert "one in 1,000,000" in str(
        await colours.page.locator(".match").first.get_attribute("title")
    )
    await expect(colours.page.locator(".results-count")).to_have_text("3 good matches")
    await expect(colours.page.locator(".results-how")).to_contain_text("of 25 compared")
    fills = [
        float(await bar.get_attribute("value") or 0)
        for bar in await colours.page.locator(".match-bar").all()
    ]
    assert fills == sorted(fills, reverse=True)


async def test_a_search_is_in_the_address_and_its_chip_removes_it(colours: Library) -> None:
    await colours.search("red")
    await expect(colours.page).to_have_url(re.compile(r"q=red"))
    await colours.page.reload()
    await expect(colours.page.get_by_role("searchbox")).to_have_value("red")
    await colours.page.get_by_role("link", name="Remove red from the search").click()
    await expect(colours.tiles).to_have_count(25)
    await expect(colours.page.get_by_role("searchbox")).to_have_value("")
    await colours.page.go_back()
    await expect(colours.page.locator(".chip")).to_contain_text("red")
    await colours.page.go_forward()
    await expect(colours.page.locator(".chip")).to_have_count(0)


async def test_no_good_match_says_so_and_offers_the_nearest(colours: Library) -> None:
    await colours.search("cyan")
    await expect(colours.page.get_by_role("heading", name="No good match")).to_be_visible()
    await expect(colours.tiles).to_have_count(0)
    await colours.page.get_by_role("link", name="Show the nearest images anyway").click()
    await expect(colours.tiles).to_have_count(25)
    await expect(colours.tiles.first.locator(".match-words")).to_have_text("Weak match")


async def test_assets_finds_names_tags_and_expressions(colours: Library) -> None:
    await colours.search("mostly", "Assets")
    assert await colours.names() == ["mostly-red"]
    await colours.search("tags=tag-blue OR tags=tag-half", "Assets")
    assert await colours.names() == ["blue", "half"]
    await colours.search("bytes>(", "Assets")
    await expect(colours.page.get_by_role("alert")).to_contain_text("Query Error")


async def test_nothing_of_that_name_leads_to_visual_search(colours: Library) -> None:
    await colours.search("blue thing", "Assets")
    await colours.page.get_by_role("link", name=re.compile("in the images themselves")).click()
    await expect(colours.tiles.first).to_contain_text("blue")


async def test_a_hostile_query_is_text(colours: Library) -> None:
    await colours.search(HOSTILE)
    await expect(colours.page.locator(".chip")).to_contain_text(HOSTILE)
    await colours.page.reload()
    await expect(colours.page.get_by_role("searchbox")).to_have_value(HOSTILE)
    await colours.search(HOSTILE, "Assets")
    await expect(colours.page.locator(".chip")).to_contain_text(HOSTILE)
    assert await colours.page.locator("img[src='x']").count() == 0


async def test_similar_images_by_right_click_and_again_from_a_result(colours: Library) -> None:
    page = colours.page
    await colours.tiles.filter(has_text="mostly-red").click(button="right")
    await page.get_by_role("menuitem", name="Find Similar Image").click()
    await expect(page.locator(".chip")).to_contain_text("Similar to mostly-red")
    await colours.settled()
    names = await colours.names()
    assert names[0] in ("red", "half")
    assert "mostly-red" not in names
    await page.get_by_role("button", name="Actions for half").click()
    await page.keyboard.press("Enter")
    await expect(page.locator(".chip")).to_contain_text("Similar to half")
    await page.go_back()
    await expect(page.locator(".chip")).to_contain_text("Similar to mostly-red")


async def test_the_menu_is_there_for_the_keyboard(colours: Library) -> None:
    page = colours.page
    await colours.tiles.first.locator("a").focus()
    await page.keyboard.press("ContextMenu")
    menu = page.get_by_role("menu")
    await expect(menu).to_be_visible()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name="Search for a part")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await expect(colours.tiles.first.locator("a, button").locator(":focus")).to_have_count(0)


async def test_a_picture_of_ones_own_is_searched_by_and_not_stored(colours: Library) -> None:
    page = colours.page
    await page.get_by_role("button", name="Search by a picture").click()
    file = {"name": "own.png", "mimeType": "image/png", "buffer": picture("red", share=0.9)}
    await page.locator("#own-picture input[type=file]").set_input_files(file)
    await expect(page.locator(".chip")).to_contain_text("Your picture")
    await colours.settled()
    found = await colours.names()
    assert set(found[:2]) == {"mostly-red", "red"}
    await expect(page.locator("[data-own-thumbnail]")).to_be_visible()
    await page.reload()
    assert await colours.names() == found
    await colours.open()
    await expect(colours.tiles).to_have_count(25)


async def test_a_pasted_picture_is_searched_by(colours: Library) -> None:
    await colours.page.evaluate(
        """async (bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "p.png", { type: "image/png" }));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
        }""",
        list(picture("blue")),
    )
    await expect(colours.page.locator(".chip")).to_contain_text("Your picture")
    await colours.settled()
    assert (await colours.names())[0] == "blue"


async def test_a_dropped_picture_is_searched_by(colours: Library) -> None:
    page = colours.page
    transfer = await page.evaluate_handle(
        """(bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "p.png", { type: "image/png" }));
            return data;
        }""",
        list(picture("blue")),
    )
    await page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})
    zone = page.locator('[data-zone="search"]')
    await expect(zone).to_be_visible()
    await zone.dispatch_event("drop", {"dataTransfer": transfer})
    await expect(page.locator(".chip")).to_contain_text("Your picture")


async def test_the_address_of_a_picture_is_searched_by(colours: Library, web: WebHost) -> None:
    page = colours.page
    url = web.add("/own/blue.png", picture("blue"))
    await page.get_by_role("button", name="Search by a picture").click()
    await page.get_by_label("Or the address of a picture on the web").fill(url)
    await page.locator("#own-picture").get_by_role("button", name="Search").click()
    await expect(page.locator(".chip")).to_contain_text("/own/blue.png")
    await colours.settled()
    assert (await colours.names())[0] == "blue"
    await expect(page).to_have_url(re.compile(re.escape(quote(url, safe=""))))


async def test_an_address_in_the_search_box_is_one_of_a_picture(
    colours: Library, web: WebHost
) -> None:
    await colours.search(web.add("/own/red.png", picture("red")))
    assert (await colours.names())[0] == "red"


async def test_a_picture_that_is_none_is_refused_in_a_sentence(colours: Library) -> None:
    page: Any = colours.page
    await page.get_by_role("button", name="Search by a picture").click()
    file = {"name": "own.png", "mimeType": "image/png", "buffer": b"no picture"}
    await page.locator("#own-picture input[type=file]").set_input_files(file)
    await expect(page.locator(".toast-bad")).to_contain_text("not an image")


async def test_how_many_images_are_indexed_is_said(colours: Library) -> None:
    colours.add(picture("red"), "unindexed", visual_search="0")
    await colours.search("red")
    await expect(colours.page.locator("[data-coverage]")).to_have_text(
        re.compile(r"25\s+of\s+26\s+images are indexed")
    )
