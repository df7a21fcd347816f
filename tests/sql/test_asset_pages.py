"""Searches page by page, in any order, and counts."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from app.contract.expression import parse
from app.db import asset_search
from app.db.asset_order import SORTABLE, Sort
from app.db.asset_search import Aggregate, Range
from app.db.pool import Connection, Pool
from app.errors import BadRequest
from tests.database import Databases
from tests.sql.asset_library import (
    INSERT,
    LIBRARY,
    NEWEST_FIRST,
    NOW,
    Item,
    Library,
    all_texts,
    open_library,
    words,
)


@pytest.fixture(scope="module")
def library(databases: Databases) -> Iterator[Library]:
    with open_library(databases) as library:
        yield library


@pytest.fixture
async def connection(library: Library) -> AsyncIterator[Connection]:
    async with await psycopg.AsyncConnection.connect(library.url, autocommit=True) as connection:
        yield connection


def sort_value(item: Item, name: str) -> Any:
    pixels = (item.width or 0) * (item.height or 0)
    return {
        "created_at": item.created_at,
        "uploaded_at": int(item.created_at.timestamp()) + item.number,
        "public_id": item.public_id.encode(),
        "display_name": item.display_name.encode(),
        "format": (item.format or "").encode(),
        "bytes": item.bytes,
        "width": item.width or 0,
        "pixels": pixels,
        "aspect_ratio": Decimal(item.width or 0) / (item.height or 1),
        "asset_id": item.asset_id,
    }[name]


async def pages(
    connection: Connection, library: Library, expression: str, sorts: list[Sort], size: int
) -> list[list[int]]:
    condition, after, found = parse(expression, NOW), [], []
    numbers = {item.asset_id: item.number for item in LIBRARY}
    while True:
        page = await asset_search.list_page(
            connection, library.environment_id, condition, sorts, limit=size, after=after
        )
        if not page:
            return found
        found.append([numbers[asset.asset_id] for asset in page])
        after = page[-1].sort_keys


@pytest.mark.parametrize(
    "sorts",
    [
        NEWEST_FIRST,
        [Sort("created_at", False)],
        [Sort("uploaded_at", True)],
        [Sort("public_id", False)],
        [Sort("display_name", True), Sort("bytes", False)],
        [Sort("format", False), Sort("width", True), Sort("created_at", False)],
        [Sort("aspect_ratio", True), Sort("pixels", True)],
        [Sort("bytes", True), Sort("asset_id", False)],
    ],
    ids=str,
)
async def test_pages_follow_each_other_in_order(
    library: Library, connection: Connection, sorts: list[Sort]
) -> None:
    wanted = sorted(LIBRARY, key=lambda item: item.asset_id, reverse=sorts[-1].descending)
    for sort in reversed(sorts):
        wanted.sort(key=lambda item: sort_value(item, sort.field), reverse=sort.descending)
    found = await pages(connection, library, "", sorts, 7)
    assert [number for page in found for number in page] == [item.number for item in wanted]
    assert [len(page) for page in found] == [7] * 8 + [4]


@pytest.mark.parametrize("field", sorted(SORTABLE))
async def test_every_order_pages_without_gaps(
    library: Library, connection: Connection, field: str
) -> None:
    for sorts in ([Sort(field, True)], [Sort(field, False), Sort("bytes", True)]):
        found = await pages(connection, library, "red OR shoe", sorts, 5)
        numbers = [number for page in found for number in page]
        assert len(numbers) == len(set(numbers))
        assert set(numbers) == library.find("red OR shoe")


async def test_score_puts_those_with_more_of_the_words_first(
    library: Library, connection: Connection
) -> None:
    found = await pages(connection, library, "red OR car OR 01", [Sort("score", True)], 100)
    wanted = {"red", "car", "01"}

    def hits(number: int) -> int:
        return len(
            wanted & {word for text in all_texts(LIBRARY[number - 1]) for word in words(text)}
        )

    counts = [hits(number) for number in found[0]]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] > 0


async def test_counts(library: Library, connection: Connection) -> None:
    condition = parse("type:upload", NOW)
    uploads = [item for item in LIBRARY if item.type == "upload"]
    environment = library.environment_id
    assert await asset_search.count(connection, environment, condition) == len(uploads)

    by_format = await asset_search.aggregate(
        connection, environment, condition, Aggregate("format")
    )
    formats = [item.format for item in uploads if item.format]
    assert by_format == {name: formats.count(name) for name in set(formats)}
    assert list(by_format.values()) == sorted(by_format.values(), reverse=True)

    spans = [Range("s", None, Decimal(1024)), Range("m", Decimal(1024), Decimal("1536.0")),
             Range("l", Decimal(1536), None)]  # fmt: skip
    by_size = await asset_search.aggregate(
        connection, environment, condition, Aggregate("bytes", spans)
    )
    assert by_size == {
        "s": sum(item.bytes < 1024 for item in uploads),
        "m": sum(1024 <= item.bytes < 1536 for item in uploads),
        "l": sum(item.bytes >= 1536 for item in uploads),
    }
    everything = [Range("all", None, None)]
    pixels = await asset_search.aggregate(
        connection, environment, condition, Aggregate("image_pixels", everything)
    )
    assert pixels == {"all": sum(item.resource_type == "image" for item in uploads)}


async def test_a_slow_search_is_a_bad_request(
    library: Library, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_search, "_LONGEST", 30)
    with pytest.raises(BadRequest, match="Narrow it"):
        async with asset_search.bounded(connection):
            await connection.execute("select pg_sleep(5)")
    row = await (await connection.execute("show statement_timeout")).fetchone()
    assert row == ("0",)


async def test_changes_of_parts_are_dated(pool: Pool) -> None:
    async with pool.connection() as connection:
        row = await (
            await connection.execute(
                "insert into library.environment (cloud_name) values ('dated')"
                " returning environment_id"
            )
        ).fetchone()
        assert row is not None
        await connection.execute(INSERT, LIBRARY[0].row(row[0]))
        [before] = await asset_search.list_page(
            connection, row[0], parse("", NOW), NEWEST_FIRST, limit=2, after=[]
        )
        await connection.execute("update library.asset set tags = '{new}', metadata = metadata")
        [after] = await asset_search.list_page(
            connection, row[0], parse("tags:new", NOW), NEWEST_FIRST, limit=2, after=[]
        )
    assert before.tags_updated_at is None
    assert after.tags_updated_at is not None
    assert after.metadata_updated_at is None
    assert after.uploaded_at == before.uploaded_at
