"""Pages behind the first one of an approximate ranking: looked up in what was kept of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudinary.api
import cloudinary.uploader
import httpx
import psycopg
import pytest

from tests.conftest import configured
from tests.fake_encoder import picture
from tests.server import serve

IMAGES = 40


class Library:
    """A server whose rankings are all approximate, with forty shades of red."""

    def __init__(self, client: httpx.Client, connection: psycopg.Connection[Any]) -> None:
        self.database = connection
        self._client = client

    def page(self, **params: Any) -> dict[str, Any]:
        """An answer of visual search."""
        answer = self._client.get("resources/visual_search", params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def pages(self, size: int, **params: Any) -> Iterator[list[str]]:
        """The names on each page to the last one."""
        answer = self.page(text="red", max_results=size, **params)
        while True:
            yield [each["public_id"] for each in answer["resources"]]
            if "next_cursor" not in answer:
                return
            answer = self.page(next_cursor=answer["next_cursor"], max_results=size)

    def kept(self) -> int:
        """How many rankings are kept."""
        row = self.database.execute("select count(*) from library.kept_ranking").fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def library(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Library]:
    with (
        serve(database_url, tmp_path, exact_limit=0) as running,
        configured(running.account(), monkeypatch) as account,
        psycopg.connect(database_url, autocommit=True) as connection,
        httpx.Client(base_url=account.url(""), auth=account.auth) as client,
    ):
        for number in range(IMAGES):
            data = picture("red", share=1 - number / IMAGES, size=(IMAGES * 2, 8))
            tags = ["odd"] if number % 2 else ["even"]
            name = f"n{number:02}"
            cloudinary.uploader.upload(data, public_id=name, visual_search=True, tags=tags)
        yield Library(client, connection)


def test_pages_are_those_of_one_long_page(library: Library) -> None:
    (everything,) = library.pages(IMAGES)
    assert library.kept() == 0
    assert [name for page in library.pages(7) for name in page] == everything
    assert library.kept() == 1
    (even,) = library.pages(IMAGES, tags="even")
    assert [name for page in library.pages(7, tags="even") for name in page] == even
    assert library.kept() == 2


def test_an_answer_is_the_same_as_without_what_was_kept(library: Library) -> None:
    first = library.page(text="red", max_results=5)
    second = library.page(next_cursor=first["next_cursor"], max_results=5)
    third = library.page(next_cursor=second["next_cursor"], max_results=5)
    library.database.execute("truncate library.kept_ranking")
    again = library.page(next_cursor=second["next_cursor"], max_results=5)
    assert again["resources"] == third["resources"]
    assert again["total_count"] == third["total_count"] == IMAGES
    assert third["search"]["candidates"] == IMAGES


def test_what_goes_meanwhile_is_passed_over_and_pages_stay_full(library: Library) -> None:
    pages = library.pages(6)
    seen = next(pages) + next(pages)
    (everything,) = library.pages(IMAGES)
    gone = everything[13:16]
    cloudinary.api.delete_resources(gone)
    rest = list(pages)
    assert [name for page in rest for name in page] == [
        name for name in everything[len(seen) :] if name not in gone
    ]
    assert [len(page) for page in rest[:-1]] == [6] * (len(rest) - 1)


def test_exact_rankings_are_not_kept(library: Library) -> None:
    assert sum(len(page) for page in library.pages(9, exact="true")) == IMAGES
    assert library.kept() == 0
