"""Refining a search: filters, more and less like this, words beside images, parts of images."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.library import Library, group_duplicates
from tests.browser.photos import photo_files, smaller
from tests.fake_encoder import picture

HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
async def colours(library: Library) -> Library:
    """Red, blue, yellow, and pictures of two of them, in two folders; opened."""
    for name, colour, share, rest, folder in (
        ("red", "red", 1.0, "blue", "a"),
        ("red-blue", "red", 0.6, "blue", "a"),
        ("red-yellow", "red", 0.5, "yellow", "b"),
        ("blue", "blue", 1.0, "red", "b"),
        ("yellow", "yellow", 1.0, "red", "b"),
    ):
        data = picture(colour, share=share, rest=rest)
        library.add(data, name, tags=f"tag-{name}", asset_folder=folder)
    library.add_others()
    await library.open()
    return library


def _chip(library: Library, words: str) -> Any:
    return library.page.locator(".chip").filter(has_text=words)


async def _act(library: Library, name: str, action: str) -> None:
    """Chooses from the menu of an image."""
    exactly = re.compile(rf"^\s*{name}\s")
    await library.tiles.filter(has_text=exactly).click(button="right")
    await _answered(library, library.page.get_by_role("menuitem", name=action))


async def _answered(library: Library, link: Any) -> None:
    async with library.page.expect_response(re.compile("/-/results")):
        await link.click()
    await library.settled()


async def _filter(library: Library, **fields: str) -> None:
    page = library.page
    await page.get_by_role("button", name="Filters", exact=True).click()
    for label, value in fields.items():
        field = page.locator("#filters").get_by_label(label)
        if await field.evaluate("field => field.localName") == "select":
            await field.select_option(value)
        else:
            await field.fill(value)
    await _answered(library, page.get_by_role("button", name="Show images"))


async def test_filters_stay_beside_the_words_and_are_removed_by_themselves(
    colours: Library,
) -> None:
    await colours.search("red")
    await _filter(colours, Folder="b", Format="png")
    assert await colours.names() == ["red-yellow"]
    await expect(colours.page).to_have_url(re.compile(r"q=red&folder=b&format=png$"))
    await colours.page.reload()
    assert await colours.names() == ["red-yellow"]
    await colours.search("blue")
    assert await colours.names() == ["blue"]
    await _answered(colours, colours.page.get_by_label("Remove the filter folder b"))
    assert set(await colours.names()) == {"blue", "red-blue"}
    await expect(_chip(colours, "PNG")).to_be_visible()
    await colours.page.go_back()
    await expect(colours.tiles).to_have_count(1)


async def test_filters_hold_for_similar_images_and_for_ones_own(colours: Library) -> None:
    page = colours.page
    await _filter(colours, Tags="tag-red-blue")
    assert await colours.names() == ["red-blue"]
    file = {"name": "own.png", "mimeType": "image/png", "buffer": picture("red")}
    await page.get_by_role("button", name="Search by a picture").click()
    await page.locator("#own-picture input[type=file]").set_input_files(file)
    await expect(_chip(colours, "Your picture")).to_be_visible()
    await colours.settled()
    assert await colours.names() == ["red-blue"]
    await _answered(colours, page.get_by_label("Remove the filter tag tag-red-blue"))
    await _filter(colours, Expression="NOT tags=tag-red-yellow AND NOT folder:others")
    assert set(await colours.names()) == {"red", "red-blue"}
    await _act(colours, "red-blue", "Find Similar Image")
    assert set(await colours.names()) == {"red", "blue"}


async def test_filters_without_a_search_and_a_hostile_one(colours: Library) -> None:
    await _filter(colours, **{"Added from": "2020-01-01", "Access": "upload", "Folder": "a"})
    assert set(await colours.names()) == {"red", "red-blue"}
    await _filter(colours, Folder=HOSTILE, Expression="")
    await expect(_chip(colours, HOSTILE)).to_be_visible()
    await expect(
        colours.page.get_by_role("heading", name="The filters leave no image")
    ).to_be_visible()
    await _filter(colours, Expression="bytes>(")
    await expect(colours.page.get_by_role("alert")).to_contain_text("Query Error")
    assert await colours.page.locator("img[src='x']").count() == 0


async def test_no_good_match_of_a_filter_says_so_and_drops_it(colours: Library) -> None:
    page = colours.page
    await colours.open("/?q=yellow&folder=a")
    await expect(
        page.get_by_role("heading", name="No good match among the 2 images of this filter")
    ).to_be_visible()
    await _answered(colours, page.get_by_role("link", name="Show the nearest images anyway"))
    await expect(colours.tiles).to_have_count(2)
    await page.go_back()
    await _answered(colours, page.get_by_role("link", name="Search the whole library"))
    assert set((await colours.names())[:2]) == {"yellow", "red-yellow"}


async def test_less_like_this_takes_its_look_away_and_turns_around(colours: Library) -> None:
    page = colours.page
    await _act(colours, "red", "Find Similar Image")
    assert await colours.names() == ["red-blue", "red-yellow"]
    await _act(colours, "red-blue", "Less like this")
    assert (await colours.names())[0] == "red-yellow"
    await expect(page).to_have_url(re.compile(r"like=[0-9a-f]{32}&not_like=[0-9a-f]{32}$"))
    await expect(_chip(colours, "red-blue")).to_have_class(re.compile("chip-against"))
    await _answered(colours, page.get_by_role("link", name="Unlike red-blue: turn around"))
    names = await colours.names()
    assert "red-blue" not in names
    assert "blue" in names
    await _answered(colours, page.get_by_label("Remove red-blue from the search"))
    assert await colours.names() == ["red-blue", "red-yellow"]
    await page.go_back()
    await expect(page.get_by_role("link", name="Like red-blue: turn around")).to_be_visible()


async def test_examples_are_added_by_key_panel_and_words(colours: Library) -> None:
    page = colours.page
    await _act(colours, "red", "Find Similar Image")
    await colours.tiles.filter(has_text="red-blue").locator(".tile-link").focus()
    async with page.expect_response(re.compile("/-/results")):
        await page.keyboard.press("+")
    await colours.settled()
    await expect(page.locator(".chip")).to_have_count(2)
    await colours.tiles.filter(has_text="red-yellow").locator("a").click()
    await _answered(colours, page.locator("#panel").get_by_role("button", name="Less like this"))
    await expect(page.locator(".chip-against")).to_have_count(1)
    box = page.get_by_role("searchbox")
    await expect(box).to_have_attribute("placeholder", "Add words to these pictures")
    await colours.search("blue")
    await expect(page.locator(".chip")).to_have_count(4)
    assert (await colours.names())[0] == "blue"
    assert len(re.findall("like=", page.url)) == 3
    await expect(page).to_have_title(re.compile("^blue, red, red-blue but not red-yellow"))
    await _answered(colours, page.get_by_role("link", name="Clear all"))
    await expect(colours.tiles).to_have_count(25)


async def test_a_picture_of_ones_own_is_added_to_words(colours: Library) -> None:
    page = colours.page
    await colours.search("yellow")
    await page.get_by_role("button", name="Search by a picture").click()
    await page.get_by_label("Add it to this search").check()
    file = {"name": "own.png", "mimeType": "image/png", "buffer": picture("red")}
    async with page.expect_response(re.compile("/-/results")):
        await page.locator("#own-picture input[type=file]").set_input_files(file)
    await colours.settled()
    await expect(page.locator(".chip")).to_have_count(2)
    assert {"red", "red-yellow"} <= set(await colours.names())
    await expect(page.get_by_label("Like your picture: turn around")).to_be_visible()


async def test_there_is_something_to_say_when_all_is_against(colours: Library) -> None:
    await colours.open("/?not_q=red")
    await expect(colours.page.get_by_role("heading", name="Only what")).to_be_visible()
    await expect(colours.page.get_by_label("Unlike red: turn around")).to_be_visible()


async def test_good_matches_are_sorted_by_date_or_name(colours: Library) -> None:
    await colours.search("red")
    order = colours.page.get_by_label("Order")
    async with colours.page.expect_response(re.compile("/-/results")):
        await order.select_option("Newest first")
    await colours.settled()
    assert await colours.names() == ["red-yellow", "red-blue", "red"]
    await expect(colours.page.locator(".results-count")).to_have_text("3 good matches")
    await expect(colours.page).to_have_url(re.compile("sort=newest"))


async def test_duplicates_are_left_out_if_somebody_wants_that(colours: Library) -> None:
    page = colours.page
    ((_, photo),) = photo_files(1)
    for name, data in (("photo", photo), ("copy", smaller(photo, 0.5))):
        colours.add(data, name)
    group_duplicates(colours.account)
    mine = {"name": "own.jpg", "mimeType": "image/jpeg", "buffer": smaller(photo, 0.7)}
    await page.get_by_role("button", name="Search by a picture").click()
    async with page.expect_response(re.compile("/-/results")):
        await page.locator("#own-picture input[type=file]").set_input_files(mine)
    await colours.settled()
    assert set((await colours.names())[:2]) == {"photo", "copy"}
    await page.get_by_role("button", name="Filters", exact=True).click()
    await page.get_by_label("Without duplicates").check()
    await _answered(colours, page.get_by_role("button", name="Show images"))
    assert len({"photo", "copy"} & set(await colours.names())) == 1
    await expect(page.get_by_title("1 near-identical image is not shown")).to_have_text("+1")
    await colours.search("blue")
    await _answered(colours, page.get_by_label("Show duplicates, too"))
    await expect(page).not_to_have_url(re.compile("collapse"))


async def test_a_part_is_marked_by_keyboard_and_searched_for(colours: Library) -> None:
    page = colours.page
    await colours.tiles.filter(has_text="red-blue").locator(".tile-link").focus()
    await page.keyboard.press("Shift+F10")
    await page.get_by_role("menuitem", name="Search for a part").press("Enter")
    frame = page.locator("[data-frame]")
    await expect(frame).to_be_focused()
    for _ in range(15):
        await page.keyboard.press("ArrowLeft")
    for _ in range(3):
        await page.keyboard.press("Shift+ArrowLeft")
    await expect(page.locator("[data-place]")).to_have_text(
        "44 % wide, 50 % high, 0 % from the left, 25 % from the top"
    )
    async with page.expect_response(re.compile("/-/results")):
        await page.keyboard.press("Enter")
    await colours.settled()
    assert (await colours.names())[0] == "red"
    await expect(page).to_have_url(re.compile(r"like=[0-9a-f]{32}(@|%40)0(,|%2C)0\.25"))
    await expect(
        _chip(colours, "Similar to a part of red-blue").locator("svg image")
    ).to_have_count(1)
    await page.reload()
    assert (await colours.names())[0] == "red"


async def _picture_box(page: Any) -> dict[str, float]:
    """Where the picture of the dialog is, when it is there."""
    drawn = page.locator(".part-picture")
    await drawn.locator("img").evaluate("image => image.decode()")
    box = await drawn.bounding_box()
    assert box
    return dict(box)


async def test_a_part_is_drawn_by_mouse_and_added_to_a_search(colours: Library) -> None:
    page = colours.page
    await colours.search("yellow")
    await colours.tiles.filter(has_text="red-yellow").locator("a").click()
    await page.locator("#panel").get_by_role("button", name="Search for a part").click()
    box = await _picture_box(page)
    await page.mouse.move(box["x"] + 2, box["y"] + 2)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] - 2, steps=4)
    await page.mouse.up()
    await expect(page.locator("[data-place]")).to_contain_text("1 % from the left")
    await _answered(colours, page.get_by_role("button", name="Add to this search"))
    await expect(page.locator(".chip")).to_have_count(2)
    assert {"red", "yellow"} <= set(await colours.names())


async def test_a_part_is_drawn_with_a_finger(colours: Library, context: Any) -> None:
    """Touches come as pointer events, and do not scroll the page meanwhile."""
    page = colours.page
    await colours.tiles.filter(has_text="red-blue").click(button="right")
    await page.get_by_role("menuitem", name="Search for a part").click()
    box = await _picture_box(page)
    session = await context.new_cdp_session(page)
    for kind, x, y in (("Start", 0.6, 0.1), ("Move", 0.7, 0.5), ("Move", 0.9, 0.9), ("End", 0, 0)):
        at = {"x": box["x"] + box["width"] * x, "y": box["y"] + box["height"] * y}
        points = [] if kind == "End" else [at]
        await session.send(
            "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points}
        )
    await expect(page.locator("[data-place]")).to_contain_text("60 % from the left")
    async with page.expect_response(re.compile("/-/results")):
        await page.get_by_role("button", name="Search for this part").click()
    await colours.settled()
    assert (await colours.names())[0] == "blue"
