"""Signing in and out, and who is kept out."""

import re
from typing import Any

import httpx
from playwright.async_api import expect

from app.db import api_keys, environments
from tests.browser.library import Library
from tests.server import Account


async def test_key_and_secret_open_the_library(page: Any, context: Any, server: Account) -> None:
    await Library(page, server).sign_in()
    await expect(page).to_have_url(f"{server.base_url}/")
    await expect(page.get_by_role("heading", name="Your library is empty")).to_be_visible()
    (cookie,) = await context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Lax", False)
    assert server.secret not in cookie["value"]


async def test_a_wrong_secret_is_said_in_a_sentence(page: Any, server: Account) -> None:
    await Library(page, server).sign_in("wrong")
    await expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    await expect(page.get_by_label("API key")).to_have_value(server.key)


async def test_five_failures_bring_a_pause_even_for_the_right_secret(
    page: Any, server: Account
) -> None:
    library = Library(page, server)
    with httpx.Client() as client:
        for _ in range(5):
            answer = _try(client, server, "wrong")
            assert answer.status_code == 401
        assert (
            "Too many failed attempts. Try again in 1 minute."
            in _try(client, server, server.secret).text
        )
    await library.sign_in()
    await expect(page.get_by_role("alert")).to_contain_text("Too many failed attempts")
    await _forgive(server)


def _try(client: httpx.Client, server: Account, secret: str) -> httpx.Response:
    form = {"api_key": server.key, "api_secret": secret}
    return client.post(f"{server.base_url}/-/sign-in", data=form)


async def _forgive(server: Account) -> None:
    """The address is that of every other test."""

    async def forget() -> None:
        async with server.running.runtime.pool.connection() as connection:
            await connection.execute("delete from library.sign_in_failure")

    server.running.call(forget)


async def test_the_address_asked_for_is_there_after_signing_in(page: Any, server: Account) -> None:
    await page.goto(f"{server.base_url}/-/settings/keys")
    await expect(page).to_have_url(re.compile(r"/-/sign-in\?next="))
    await page.get_by_label("API key").fill(server.key)
    await page.get_by_label("API secret").fill(server.secret)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="API keys")).to_be_visible()


async def test_nobody_is_led_to_another_site(server: Account) -> None:
    for address in ("https://evil.example/", "//evil.example/", "/\\evil.example/"):
        form = {"api_key": server.key, "api_secret": server.secret, "next": address}
        answer = httpx.post(f"{server.base_url}/-/sign-in", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_signing_out_ends_the_session(library: Library) -> None:
    await library.page.get_by_label("Account and settings").click()
    await library.page.get_by_role("button", name="Sign out").click()
    await expect(library.page.get_by_role("heading", name="Sign in to Iris")).to_be_visible()
    await library.page.goto(library.account.base_url)
    await expect(library.page.get_by_role("heading", name="Sign in to Iris")).to_be_visible()


async def test_revoking_the_key_ends_the_session(library: Library) -> None:
    account = library.account

    async def revoke() -> None:
        async with account.running.runtime.pool.connection() as connection:
            environment = await environments.get(connection, account.cloud)
            await api_keys.revoke(connection, environment, account.key)

    account.running.call(revoke)
    await library.page.reload()
    await expect(library.page.get_by_role("heading", name="Sign in to Iris")).to_be_visible()


async def test_a_session_that_was_tampered_with_is_none(context: Any, library: Library) -> None:
    (cookie,) = await context.cookies()
    forged = {**cookie, "value": cookie["value"][:-2] + "AA"}
    await context.add_cookies([forged])
    await library.page.reload()
    await expect(library.page.get_by_role("heading", name="Sign in to Iris")).to_be_visible()


async def test_a_change_needs_the_token_of_the_page(context: Any, library: Library) -> None:
    (cookie,) = await context.cookies()
    jar = {cookie["name"]: cookie["value"]}
    url = f"{library.account.base_url}/-/settings/keys"
    answer = httpx.post(url, data={"label": "evil"}, cookies=jar)
    assert answer.status_code == 403
    token = await library.page.locator("body").get_attribute("data-csrf")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = httpx.post(url, data={"csrf": token}, cookies=jar, headers=headers)
        assert answer.status_code == 403
    assert httpx.post(url, data={"csrf": token}, cookies=jar).status_code == 200


async def test_a_cookie_opens_no_api(context: Any, library: Library) -> None:
    (cookie,) = await context.cookies()
    jar = {cookie["name"]: cookie["value"]}
    answer = httpx.get(library.account.url("resources/visual_search?text=red"), cookies=jar)
    assert answer.status_code == 401


async def test_pages_forbid_what_is_not_theirs(server: Account) -> None:
    for path in ("/-/sign-in", "/", "/-/settings/keys"):
        headers = httpx.get(server.base_url + path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
