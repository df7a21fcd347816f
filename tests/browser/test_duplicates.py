"""Near-identical images: shown in groups; one is kept, and the others go after a question."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.library import Library, group_duplicates
from tests.browser.photos import photo_files, smaller
from tests.server import RunningServer

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def copies(library: Library) -> dict[str, str]:
    """A photo, two smaller ones of it, and another photo; asset_ids by name."""
    (_, photo), (_, other) = photo_files(2)
    ids = {
        "small": library.add(smaller(photo, 0.5), "small", display_name=HOSTILE),
        "best": library.add(photo, "best"),
        "smallest": library.add(smaller(photo, 0.4), "smallest"),
        "other": library.add(other, "other"),
    }
    group_duplicates(library.account)
    return ids


async def test_the_best_is_kept_and_the_others_go_after_a_question(
    library: Library, copies: dict[str, str]
) -> None:
    page = library.page
    await library.open("/-/settings/duplicates")
    group = page.get_by_role("form", name="3 images")
    await expect(group.get_by_role("listitem")).to_have_count(3)
    await expect(group.get_by_role("listitem").first).to_contain_text("best")
    await expect(group.get_by_role("listitem").first.get_by_role("radio")).to_be_checked()
    await expect(group).to_contain_text(HOSTILE)
    assert await page.locator("img[src='x']").count() == 0
    await group.get_by_text("Keep the chosen one").click()
    await expect(group).to_contain_text("The other 2 images are deleted")
    await group.get_by_role("button", name="Delete 2 images").click()
    await expect(page.get_by_role("radio")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Duplicates")).to_be_visible()
    await library.open()
    assert await library.names() == ["other", "best"]


async def test_another_one_can_be_kept_by_keyboard(
    library: Library, copies: dict[str, str]
) -> None:
    page = library.page
    await library.open("/-/settings/duplicates")
    await page.get_by_role("radio").first.focus()
    await page.keyboard.press("ArrowDown")
    chosen = page.locator("input[type=radio]:checked")
    kept = await chosen.get_attribute("value")
    await page.locator("summary", has_text="Keep the chosen one").press("Enter")
    await page.get_by_role("button", name="Delete 2 images").press("Enter")
    await expect(page.get_by_role("radio")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Duplicates")).to_be_visible()
    await library.open()
    found = [await tile.get_attribute("data-id") for tile in await library.tiles.all()]
    assert set(found) == {kept, copies["other"]}


async def test_nothing_goes_when_the_one_to_keep_is_gone_or_another_s(
    library: Library, copies: dict[str, str], running: RunningServer
) -> None:
    page: Any = library.page
    foreign = Library(None, running.account()).add(photo_files(1)[0][1], "foreign")
    await library.open("/-/settings/duplicates")
    csrf = await page.locator("body").get_attribute("data-csrf")
    for keep, ids in (
        (foreign, [foreign, copies["best"]]),
        (copies["other"], [copies["best"]]),
        ("", [copies["best"]]),
        ("x", ["x"]),
    ):
        form = f"csrf={csrf}&keep={keep}" + "".join(f"&id={each}" for each in ids)
        answer = await page.request.post(
            f"{library.account.base_url}/-/settings/duplicates/keep",
            data=form,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": library.account.base_url,
            },
        )
        assert answer.status == 400, (keep, ids)
    await library.open()
    await expect(library.tiles).to_have_count(4)
