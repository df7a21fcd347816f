"""Changes of the same assets at the same time: none is lost, none fails, none is half done."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cloudinary import api, uploader
from cloudinary.exceptions import BadRequest, NotFound

from tests.library import ids, upload
from tests.server import Account


def test_no_tag_is_lost(sdk: Account) -> None:
    names = [f"a{number}" for number in range(5)]
    for name in names:
        upload(name)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: uploader.add_tag(f"t{n}", names[:: 1 - 2 * (n % 2)]), range(16)))
    for name in names:
        assert api.resource(name)["tags"] == sorted(f"t{number}" for number in range(16))


def test_of_many_renames_to_one_name_one_wins(sdk: Account) -> None:
    for number in range(6):
        upload(f"a{number}")

    def rename(number: int) -> Any:
        try:
            return uploader.rename(f"a{number}", "winner")
        except BadRequest as error:
            return str(error)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(rename, range(6)))
    assert answers.count("to_public_id(winner) already exists") == 5
    assert len(ids(api.resources())) == 6


def test_two_assets_may_exchange_places_only_one_way(sdk: Account) -> None:
    for _ in range(5):
        upload("a", "red")
        upload("b", "blue")

        def swap(pair: tuple[str, str]) -> str:
            try:
                return str(uploader.rename(*pair, overwrite=True)["public_id"])
            except NotFound as error:
                return str(error)

        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(swap, [("a", "b"), ("b", "a")]))
        left = ids(api.resources())
        assert len(left) == 1
        assert left[0] in answers


@pytest.mark.parametrize("how", ["prefix", "public_ids"])
def test_deletions_that_overlap(sdk: Account, how: str) -> None:
    names = [f"a{number}" for number in range(10)]
    for name in names:
        upload(name, tags="t", visual_search=True)

    def delete(number: int) -> dict[str, str]:
        if number % 2:
            return dict(api.delete_resources_by_tag("t")["deleted"])
        if how == "prefix":
            return dict(api.delete_resources_by_prefix("a")["deleted"])
        return dict(api.delete_resources(names[::-1])["deleted"])

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(delete, range(4)))
    deleted = [name for each in answers for name, what in each.items() if what == "deleted"]
    assert sorted(deleted) == names
    assert api.resources() == {"resources": []}
