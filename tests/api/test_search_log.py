"""What a search leaves in the log that reports are made of."""

from uuid import UUID

import httpx
import psycopg
import pytest

from tests.library import upload
from tests.server import Account


@pytest.fixture
def asset_ids(sdk: Account) -> dict[str, UUID]:
    """Two indexed pictures by their colour."""
    return {
        colour: UUID(hex=upload(colour, colour, similarity_search="clip")["asset_id"])
        for colour in ("red", "blue")
    }


def logged(account: Account) -> list[tuple[object, ...]]:
    """The searches of an environment, as reports show them."""
    account.running.call(account.running.runtime.searches.write)
    with psycopg.connect(account.running.database_url) as connection:
        return connection.execute(
            "select kind, query, continued, filtered, best_match, returned, hits"
            " from report.searches where cloud_name = %s order by searched_at",
            (account.cloud,),
        ).fetchall()


def test_every_page_is_logged_with_its_assets(
    sdk: Account, client: httpx.Client, asset_ids: dict[str, UUID]
) -> None:
    asked = {"text": "red", "max_results": 1}
    first = client.post("resources/visual_search", json=asked).json()
    asked["next_cursor"] = first["next_cursor"]
    assert client.post("resources/visual_search", json=asked).status_code == 200
    assert logged(sdk) == [
        ("text", "red", False, False, first["resources"][0]["match"], 1, [asset_ids["red"]]),
        ("text", "red", True, False, "weak", 1, [asset_ids["blue"]]),
    ]


def test_a_search_of_a_part_of_the_library_is_marked(
    sdk: Account, client: httpx.Client, asset_ids: dict[str, UUID]
) -> None:
    asked = {"text": "blue", "expression": "public_id=red", "max_results": 1}
    assert client.post("resources/visual_search", json=asked).status_code == 200
    assert logged(sdk) == [("text", "blue", False, True, "weak", 1, [asset_ids["red"]])]
