"""Administration: presets, keys, visual search and what failed."""

from typing import Any

import httpx
from playwright.async_api import expect

from app.db.embeddings import Claimed, fail
from tests.browser.library import Library
from tests.fake_encoder import picture

HOSTILE = "<img src=x onerror=alert(1)>"


async def _presets(library: Library) -> list[dict[str, Any]]:
    answer = httpx.get(library.account.url("upload_presets"), auth=library.account.auth)
    return list(answer.json()["presets"])


async def test_a_preset_is_made_changed_and_deleted(library: Library) -> None:
    page = library.page
    await library.open("/-/settings/presets")
    await page.get_by_role("link", name="New preset").click()
    await page.get_by_label("Name", exact=False).first.fill(HOSTILE)
    await page.get_by_label("Unsigned").check()
    await page.get_by_label("Folder").fill("web")
    await page.get_by_label("Tags").fill("a, b")
    await page.get_by_role("button", name="Create preset").click()
    await expect(page.locator(".card-title")).to_have_text(HOSTILE)
    (made,) = await _presets(library)
    assert (made["name"], made["unsigned"]) == (HOSTILE, True)
    assert made["settings"]["visual_search"] is True
    assert (made["settings"]["asset_folder"], made["settings"]["tags"]) == ("web", ["a", "b"])

    await page.locator(".card-title").click()
    await page.get_by_label("Signed", exact=False).first.check()
    await page.get_by_label("Index for visual search").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".badge", has_text="Signed")).to_be_visible()
    (changed,) = await _presets(library)
    assert (changed["unsigned"], changed["settings"]["visual_search"]) == (False, False)

    await page.get_by_label(f"Delete {HOSTILE}").click()
    await page.get_by_role("button", name=f"Delete {HOSTILE}").click()
    await expect(page.get_by_text("There are no presets yet")).to_be_visible()
    assert await _presets(library) == []


async def test_what_only_the_api_sets_survives_the_form(library: Library) -> None:
    httpx.post(
        library.account.url("upload_presets"),
        auth=library.account.auth,
        json={"name": "rich", "context": {"a": "b"}, "public_id_prefix": "x"},
    ).raise_for_status()
    await library.open("/-/settings/presets/edit?name=rich")
    await expect(library.page.get_by_text("context, public_id_prefix")).to_be_visible()
    await library.page.get_by_role("button", name="Save").click()
    await expect(library.page.locator(".card-title")).to_have_text("rich")
    (preset,) = await _presets(library)
    assert preset["settings"]["context"] == {"a": "b"}


async def test_a_name_that_is_taken_is_refused_and_nothing_typed_is_lost(library: Library) -> None:
    httpx.post(
        library.account.url("upload_presets"), auth=library.account.auth, json={"name": "taken"}
    ).raise_for_status()
    page = library.page
    await library.open("/-/settings/presets/edit")
    await page.get_by_label("Name", exact=False).first.fill("taken")
    await page.get_by_label("Folder").fill("kept")
    await page.get_by_role("button", name="Create preset").click()
    await expect(page.get_by_role("alert")).to_contain_text("There is a preset taken already")
    await expect(page.get_by_label("Folder")).to_have_value("kept")


async def test_defaults_are_chosen_and_used(library: Library) -> None:
    for name in ("one", "two"):
        httpx.post(
            library.account.url("upload_presets"),
            auth=library.account.auth,
            json={"name": name, "tags": name},
        ).raise_for_status()
    page = library.page
    await library.open("/-/settings/presets")
    await page.get_by_label("Uploads in the Media Library").select_option("one")
    await page.get_by_label("Signed uploads over the API").select_option("two")
    await page.get_by_role("button", name="Save defaults").click()
    await expect(page.get_by_text("Default of the Media Library")).to_be_visible()
    library.add(picture("red"), "over-api")
    await library.open()
    assert await page.locator("#upload select").input_value() == "one"
    await library.search("tags=two", "Assets")
    assert await library.names() == ["over-api"]


async def test_a_new_key_shows_its_secret_once_and_works(library: Library) -> None:
    page = library.page
    await library.open("/-/settings/keys")
    await page.get_by_label("What is it for?").fill("web shop")
    await page.get_by_role("button", name="Add a key").click()
    key, secret = await page.locator(".secret dd").all_inner_texts()
    url = library.account.url("upload_presets")
    assert httpx.get(url, auth=(key, secret)).status_code == 200
    await library.open("/-/settings/keys")
    assert secret not in await page.content()
    await page.get_by_label(f"Revoke {key}").click()
    await page.get_by_role("button", name="Revoke this key").click()
    await expect(page.locator(".card", has_text=key)).to_contain_text("Revoked")
    assert httpx.get(url, auth=(key, secret)).status_code == 401


async def test_a_new_token_is_shown_once_and_works(library: Library) -> None:
    page = library.page
    await library.open("/-/settings/keys")
    await page.get_by_label("What will use the token?").fill("nightly import")
    await page.get_by_role("button", name="Add a token").click()
    token = await page.locator(".secret code").inner_text()
    url, bearer = library.account.url("ping"), {"Authorization": f"Bearer {token}"}
    assert httpx.get(url, headers=bearer).status_code == 200
    await library.open("/-/settings/keys")
    assert token not in await page.content()
    card = page.locator(".card", has_text="nightly import")
    await card.get_by_label("Revoke").click()
    await page.get_by_role("button", name="Revoke this token").click()
    await expect(card).to_have_count(0)
    assert httpx.get(url, headers=bearer).status_code == 401


async def test_visual_search_is_switched_off_and_on_again(library: Library) -> None:
    library.add(picture("red"), "red", visual_search="0")
    page = library.page
    await library.open("/-/settings/indexing")
    await page.get_by_role("button", name="Switch off").click()
    await library.open("/?q=red")
    await expect(page.get_by_role("alert")).to_contain_text("Visual search is off")
    await library.open("/-/settings/indexing")
    await page.get_by_role("button", name="Switch on and index all images").click()
    await expect(page.locator("[data-waiting]")).to_have_text("1")


async def test_failures_are_listed_with_reasons_and_tried_again(library: Library) -> None:
    library.add(picture("red"), "fine")
    await _make_fail(library, library.add(picture("blue"), "poor"), HOSTILE)
    page = library.page
    await library.open("/-/settings/indexing")
    await expect(page.locator("[data-failed]")).to_have_text("1")
    await expect(page.locator(".card")).to_contain_text("poor")
    await expect(page.locator(".card")).to_contain_text(HOSTILE)
    await page.get_by_role("button", name="Try poor again").click()
    await expect(page.locator("[data-failed]")).to_have_text("0")
    await expect(page.locator("[data-waiting]")).to_have_text("1")
    await expect(page.get_by_role("heading", name="1 of 2 images are indexed")).to_be_visible()


async def _make_fail(library: Library, asset_id: str, reason: str) -> None:
    running = library.account.running

    async def make() -> None:
        async with running.runtime.pool.connection() as connection, connection.transaction():
            row = await (
                await connection.execute(
                    """insert into library.indexing (environment_id, asset_id)
                    select environment_id, asset_id from library.asset where asset_id = %s
                    returning environment_id, asset_id""",
                    [asset_id],
                )
            ).fetchone()
            await connection.execute(
                "delete from library.embedding where asset_id = %s", [asset_id]
            )
            image = Claimed(environment_id=row[0], asset_id=row[1], sha256=b"", bytes=1)
            await fail(connection, image, reason, final=True)

    running.call(make)


async def test_the_model_and_its_state_are_told(library: Library) -> None:
    await library.open("/-/settings/indexing")
    await expect(library.page.get_by_text("Active and loaded")).to_be_visible()
    await expect(library.page.get_by_text("fake", exact=True)).to_be_visible()
