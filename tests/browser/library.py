"""What tests do on the page, in the words of somebody who uses it."""

import re
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx

from app.db import near_duplicates
from tests.fake_encoder import picture
from tests.server import Account


class Library:
    """The library page of an account in one browser page."""

    def __init__(self, page: Any, account: Account, base_url: str = "") -> None:
        self.page = page
        self.account = account
        self.base_url = base_url or account.base_url

    async def sign_in(self, secret: str | None = None) -> None:
        """Through the form."""
        await self.page.goto(f"{self.base_url}/-/sign-in")
        await self.page.get_by_label("API key").fill(self.account.key)
        await self.page.get_by_label("API secret").fill(secret or self.account.secret)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_load_state()

    async def open(self, path: str = "/") -> None:
        """An address, when all its scripts have run."""
        await self.page.goto(self.base_url + path)
        await self.page.wait_for_load_state("networkidle")

    def add(self, data: bytes, public_id: str, **params: Any) -> str:
        """Stores an image over the API, indexed unless asked otherwise; gives its asset_id."""
        answer = httpx.post(
            self.account.url("image/upload"),
            auth=self.account.auth,
            data={"public_id": public_id, "visual_search": "1", **params},
            files={"file": (f"{public_id.rpartition('/')[2]}.png", data)},
            timeout=30,
        ).json()
        assert "error" not in answer, answer
        return str(answer["asset_id"])

    def add_others(self) -> None:
        """Twenty images that red, blue, yellow and cyan have nothing to do with: a score says how
        much nearer than such an image is.
        """
        colours = ("black", "white", "green", "magenta", "orange", "grey")
        for number, (colour, rest) in enumerate(permutations(colours, 2)):
            if number < 20:
                data = picture(colour, rest=rest, share=0.3 + 0.02 * number)
                self.add(data, f"other-{number}", asset_folder="others")

    @property
    def tiles(self) -> Any:
        """The images of the grid."""
        return self.page.locator(".tile")

    async def names(self) -> list[str]:
        """What the images of the grid are called, in their order."""
        return list(await self.page.locator(".tile-name").all_text_contents())

    async def search(self, words: str, where: str = "Visual search") -> None:
        """Types words into the search box."""
        mode = self.page.get_by_label("Where to search")
        if await mode.locator("option:checked").inner_text() != where:
            await mode.select_option(where)
        box = self.page.get_by_role("searchbox")
        await box.fill(words)
        async with self.page.expect_response(re.compile("/-/results")):
            await box.press("Enter")
        await self.settled()

    async def settled(self) -> None:
        """When the results are there."""
        await self.page.locator("#results:not([aria-busy])").wait_for()

    async def upload(self, *paths: Path) -> None:
        """Chooses files in the dialog."""
        await self.page.get_by_role("button", name="Upload", exact=True).click()
        await self.page.locator("#upload input[type=file]").first.set_input_files(list(paths))

    def upload_row(self, name: str) -> Any:
        """The line of a file in the list of uploads."""
        return self.page.locator(".tray-item").filter(has_text=name)


def group_duplicates(account: Account) -> None:
    """What the worker does in the background."""

    async def group() -> None:
        async with account.running.runtime.pool.connection() as connection:
            while await near_duplicates.group_batch(connection):
                pass

    account.running.call(group)
