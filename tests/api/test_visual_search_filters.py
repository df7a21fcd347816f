"""Visual search among a part of the library, in another order, by several things or a region."""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import cloudinary.api
import cloudinary.uploader
import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.search import page as search_page
from tests.conftest import configured
from tests.fake_encoder import picture
from tests.server import Account, RunningServer

# Name, folder, tags, type. The last one is never indexed.
STORED = [
    ("red", "trips/2024", "summer,beach", "upload"),
    ("green", "trips", "summer", "upload"),
    ("blue", "tripsX", "winter", "private"),
    ("yellow", "", "summer,it's 100%,$1,{}", "upload"),
    ("cyan", "Trips", "winter", "authenticated"),
    ("grey", "trips", "summer", None),
]
INDEXED = {name for name, *_, delivery in STORED if delivery}


@pytest.fixture(scope="module")
def stocked(running: RunningServer) -> Account:
    """An environment with pictures of one colour each, that the tests of this module only read."""
    account = running.account()
    with pytest.MonkeyPatch.context() as patch, configured(account, patch):
        for name, folder, tags, delivery in STORED:
            options = {"similarity_search": "clip", "type": delivery} if delivery else {}
            cloudinary.uploader.upload(
                picture(name), public_id=name, asset_folder=folder, tags=tags, **options
            )
    return account


@pytest.fixture
def client(stocked: Account) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stocked.url(""), auth=stocked.auth) as client:
        yield client


def ask(client: httpx.Client, **params: Any) -> dict[str, Any]:
    answer = client.post("resources/visual_search", json=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refuse(client: httpx.Client, **params: Any) -> str:
    """The one sentence that a request is refused with."""
    answer = client.post("resources/visual_search", json=params)
    assert answer.status_code == 400, answer.text
    message = answer.json()["error"]["message"]
    assert answer.json() == {"error": {"message": message}}
    assert message
    return str(message)


def names(answer: dict[str, Any]) -> list[str]:
    return [each["public_id"] for each in answer["resources"]]


# Filters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"expression": "tags=summer"}, {"red", "green", "yellow"}),
        ({"expression": "tags=summer AND NOT folder:trips/*"}, {"yellow"}),
        ({"expression": "tags=summer OR type=private"}, {"red", "green", "yellow", "blue"}),
        ({"expression": 'tags="it\'s 100%"'}, {"yellow"}),
        ({"expression": "   "}, INDEXED),
        ({"expression": "tags=none"}, set()),
        ({"asset_folder": "trips"}, {"red", "green"}),
        ({"asset_folder": "/trips/2024/"}, {"red"}),
        ({"asset_folder": "trip"}, set()),
        ({"asset_folder": "trips*"}, set()),
        ({"asset_folder": ""}, INDEXED),
        ({"tags": "summer"}, {"red", "green", "yellow"}),
        ({"tags": "summer,beach"}, {"red"}),
        ({"tags": ["summer", "$1", "{}"]}, {"yellow"}),
        ({"tags": ["Summer"]}, set()),
        ({"tags": "summ*"}, set()),
        ({"type": "private"}, {"blue"}),
        ({"type": "upload", "tags": "summer", "asset_folder": "trips", "expression": "red"},
         {"red"}),
    ],
)  # fmt: skip
def test_only_what_the_filters_leave_is_ranked(
    client: httpx.Client, params: dict[str, Any], found: set[str]
) -> None:
    answer = ask(client, text="something", **params)
    assert set(names(answer)) == found
    assert answer["total_count"] == answer["search"]["candidates"] == len(found)
    assert "next_cursor" not in answer


def test_the_best_of_the_rest_comes_first(client: httpx.Client) -> None:
    assert names(ask(client, text="red"))[0] == "red"
    assert names(ask(client, text="red blue", tags="winter")) == ["blue", "cyan"]
    red = ask(client, text="red")["resources"][0]["asset_id"]
    assert "red" not in names(ask(client, image_asset_id=red, asset_folder="tripsX"))


def test_filters_however_they_are_sent(client: httpx.Client) -> None:
    url, params = "resources/visual_search", {"text": "red", "asset_folder": "trips"}
    lists = {"tags[]": ["summer", "beach"]}
    for answer in (
        client.get(url, params=params | lists),
        client.post(url, data=params | lists),
        client.post(url, json=params | {"tags": ["summer", "beach"]}),
        client.post(url, data=params | lists, files={"unused": ("", b"")}),
        client.post(url, params=params | lists),
    ):
        assert answer.status_code == 200, answer.text
        assert names(answer.json()) == ["red"]


# The search object ------------------------------------------------------------------------------


def test_how_an_answer_came_about(client: httpx.Client) -> None:
    details = ask(client, text="red", max_results=2, tags="summer")["search"]
    assert details == {
        "model": "fake",
        "mode": "exact",
        "complete": True,
        "candidates": 3,
        "estimated": False,
        "encode_ms": mock.ANY,
        "rank_ms": mock.ANY,
    }
    for name in ("encode_ms", "rank_ms"):
        assert isinstance(details[name], float)
        assert 0 <= details[name] < 60_000


def test_the_sdk_gets_it_too(stocked: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    with configured(stocked, monkeypatch):
        answer = cloudinary.api.visual_search(text="red")
    assert answer["search"]["candidates"] == len(INDEXED)


@pytest.mark.parametrize("yes", [True, "true", "1", 1])
def test_explain(client: httpx.Client, yes: Any) -> None:
    for params in ({}, {"tags": "summer"}, {"exact": True}, {"sort_by": [{"public_id": "asc"}]}):
        plan = ask(client, text="red", explain=yes, **params)["search"]["plan"]
        assert plan
        assert all(isinstance(line, str) for line in plan)
        assert "actual time" in "".join(plan)
        assert max(map(len, plan)) < 1000  # no vector of many numbers
    assert "plan" not in ask(client, text="red", explain=False)["search"]


def test_exact(client: httpx.Client, stocked: Account) -> None:
    runtime = stocked.running.runtime
    by_index = msgspec.structs.replace(runtime.settings, exact_limit=0)
    with mock.patch.object(runtime, "settings", by_index):
        assert ask(client, text="red")["search"]["mode"] == "approximate"
        for yes in (True, "1", "true"):
            assert ask(client, text="red", exact=yes)["search"]["mode"] == "exact"
        first = ask(client, text="red", exact=True, max_results=2)
        rest = ask(client, next_cursor=first["next_cursor"])
        assert rest["search"]["mode"] == "exact"


# Order ------------------------------------------------------------------------------------------


def uploaded(resource: dict[str, Any]) -> tuple[int, str]:
    return resource["version"], resource["asset_id"]


@pytest.mark.parametrize("field", ["public_id", "display_name", "created_at", "uploaded_at"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_another_order_within_a_threshold(client: httpx.Client, field: str, direction: str) -> None:
    params = {"text": "red", "threshold": 0.000001, "sort_by": [{field: direction}]}
    everything = ask(client, **params)
    by_score = ask(client, text="red", threshold=0.000001)
    assert sorted(names(everything)) == sorted(names(by_score))
    # Files of one second have one time of upload, and then ids decide.
    order = {
        "created_at": [name for name, *_ in STORED if name in names(by_score)],
        "uploaded_at": names({"resources": sorted(by_score["resources"], key=uploaded)}),
    }.get(field, sorted(names(by_score)))
    assert names(everything) == (order if direction == "asc" else order[::-1])
    seen, answer = [], ask(client, **params, max_results=1)
    while True:
        seen += names(answer)
        assert answer["total_count"] == everything["total_count"] == len(by_score["resources"])
        if "next_cursor" not in answer:
            break
        answer = ask(client, next_cursor=answer["next_cursor"], max_results=1)
    assert seen == names(everything)


def test_an_order_keeps_to_related_images_unless_told_otherwise(client: httpx.Client) -> None:
    answer = ask(client, text="red", sort_by=[{"public_id": "asc"}])
    assert all(each["score"] >= 0.5 for each in answer["resources"])
    assert set(names(answer)) == set(names(ask(client, text="red", threshold=0.5)))


# Cursors ----------------------------------------------------------------------------------------


def test_a_cursor_carries_the_filter(client: httpx.Client) -> None:
    params = {"text": "red", "expression": "tags=summer", "type": "upload", "max_results": 1}
    first = ask(client, **params)
    second = ask(client, next_cursor=first["next_cursor"], max_results=1)
    third = ask(client, **params | {"next_cursor": second["next_cursor"]})
    seen = names(first) + names(second) + names(third)
    assert sorted(seen) == ["green", "red", "yellow"]
    assert "next_cursor" not in third
    for answer in (first, second, third):
        assert answer["total_count"] == 3
        assert answer["search"]["candidates"] == 3


@pytest.mark.parametrize(
    "other",
    [
        {"text": "blue"},
        {"expression": "tags=winter"},
        {"expression": "tags=summer", "type": "upload"},
        {"asset_folder": "trips"},
        {"tags": "summer"},
        {"type": "private"},
        {"threshold": 0.3},
        {"sort_by": [{"public_id": "asc"}]},
    ],
)
def test_a_cursor_of_another_search_is_refused(client: httpx.Client, other: dict[str, Any]) -> None:
    first = ask(client, text="red", expression="tags=summer", max_results=1)
    message = refuse(client, next_cursor=first["next_cursor"], **other)
    assert message == "Invalid value for parameter next_cursor"


def test_ages_count_from_the_first_page(client: httpx.Client) -> None:
    first = ask(client, text="red", expression="created_at>1h", max_results=1)
    later = search_page.time.time() + 2 * 3600
    with mock.patch.object(search_page.time, "time", return_value=later):
        assert ask(client, text="red", expression="created_at>1h")["total_count"] == 0
        rest = ask(client, next_cursor=first["next_cursor"])
    assert len(names(first) + names(rest)) == len(INDEXED)


def test_other_environments_are_nowhere(client: httpx.Client, running: RunningServer) -> None:
    stranger = running.account()
    red = ask(client, text="red")["resources"][0]["asset_id"]
    cursor = ask(client, text="red", tags="summer", max_results=1)["next_cursor"]
    with httpx.Client(base_url=stranger.url(""), auth=stranger.auth) as other:
        assert ask(other, text="red", expression="tags=summer")["total_count"] == 0
        assert refuse(other, next_cursor=cursor) == "Invalid value for parameter next_cursor"
        for params in (
            {"image_asset_id": red},
            {"image_asset_id": red, "region": "0,0,1,1"},
            {"queries": [{"text": "red"}, {"image_asset_id": red}]},
        ):
            answer = other.post("resources/visual_search", json=params)
            assert answer.status_code == 404
            message = f"Resource not found - {red}"
            assert answer.json() == {"error": {"message": message}}


# Several at once, and regions -------------------------------------------------------------------


def test_words_with_and_without(client: httpx.Client) -> None:
    both = ask(client, queries=[{"text": "red"}, {"text": "blue"}])
    assert set(names(both)[:2]) == {"red", "blue"}
    without = ask(client, queries=[{"text": "red"}, {"text": "blue", "weight": -1}])
    assert names(without)[0] == "red"
    assert names(without)[-1] == "blue"
    heavy = ask(client, queries=[{"text": "red"}, {"text": "green", "weight": "5.5"}])
    assert names(heavy)[:2] == ["green", "red"]


def test_all_kinds_at_once(client: httpx.Client) -> None:
    red = ask(client, text="red")["resources"][0]["asset_id"]
    queries = [
        {"image_asset_id": red, "weight": 0.5},
        {"text": "green"},
        {"image_file": "part one", "weight": 2},
        {"image_file": "second", "region": "0,0,0.5,1", "weight": -2},
    ]
    files = {
        "part one": ("a.png", picture("cyan")),
        "second": ("b.png", picture("yellow", share=0.5, rest="cyan")),
    }
    url = "resources/visual_search"
    answer = client.post(url, data={"queries": json.dumps(queries)}, files=files)
    assert answer.status_code == 200, answer.text
    assert names(answer.json())[0] == "cyan"
    assert names(answer.json())[-1] == "yellow"


def test_queries_however_they_are_sent(client: httpx.Client) -> None:
    url, queries = "resources/visual_search", [{"text": "red"}, {"text": "blue", "weight": -0.5}]
    expected = names(ask(client, queries=queries))
    whole, parts = json.dumps(queries), [json.dumps(each) for each in queries]
    for answer in (
        client.get(url, params={"queries": whole}),
        client.get(url, params={"queries[]": parts}),
        client.post(url, data={"queries": whole}),
        client.post(url, data={"queries[]": parts}),
        client.post(url, data={"queries[0]": parts[0], "queries[1]": parts[1]}),
        client.post(url, json={"queries": whole}),
        client.post(url, data={"queries": whole}, files={"unused": ("", b"")}),
    ):
        assert answer.status_code == 200, answer.text
        assert names(answer.json()) == expected


def test_queries_have_filters_and_pages_as_usual(client: httpx.Client) -> None:
    queries = [{"text": "red"}, {"text": "blue", "weight": -0.5}]
    everything = names(ask(client, queries=queries, tags="summer"))
    first = ask(client, queries=queries, tags="summer", max_results=2)
    second = ask(client, queries=queries, next_cursor=first["next_cursor"])
    assert names(first) + names(second) == everything
    other = [{"text": "red"}, {"text": "blue", "weight": -0.6}]
    refuse(client, queries=other, next_cursor=first["next_cursor"])


def test_queries_that_cancel_out(client: httpx.Client) -> None:
    message = "The queries cancel each other out: change their weights"
    for queries in (
        [{"text": "red"}, {"text": "red", "weight": -1}],
        [{"text": "red", "weight": 2}, {"text": "red", "weight": -1}] * 2
        + [{"text": "red", "weight": -2}],
    ):
        assert refuse(client, queries=queries) == message


def test_one_that_is_not_wanted(client: httpx.Client) -> None:
    assert names(ask(client, queries=[{"text": "red", "weight": -1}]))[-1] == "red"


@pytest.mark.parametrize("region", ["0,0,0.5,1", [0, 0, 0.5, 1], ["0", "0", "0.5", "1"]])
def test_the_left_half(client: httpx.Client, region: Any) -> None:
    halves = picture("green", share=0.5, rest="yellow", size=(64, 32))
    files = {"image_file": ("halves.png", halves)}
    given = region if isinstance(region, str) else json.dumps(region)
    url = "resources/visual_search"
    for text, best in ((given, "green"), ("0.5,0,0.5,1", "yellow")):
        if text.startswith("["):
            continue  # a list comes in JSON alone
        answer = client.post(url, data={"region": text}, files=files)
        assert names(answer.json())[0] == best
    red = ask(client, text="red")["resources"][0]["asset_id"]
    assert names(ask(client, image_asset_id=red, region=region))[0] == "red"


def test_a_region_of_a_stored_image(client: httpx.Client, running: RunningServer) -> None:
    account = running.account()
    with httpx.Client(base_url=account.url(""), auth=account.auth) as own:
        for name, data in (
            ("halves", picture("green", share=0.5, rest="yellow")),
            ("green", picture("green")),
            ("yellow", picture("yellow")),
        ):
            form = {"public_id": name, "similarity_search": "clip"}
            stored = own.post("image/upload", data=form, files={"file": ("a.png", data)})
            assert stored.status_code == 200, stored.text
        halves = ask(own, text="green yellow")["resources"][0]
        assert halves["public_id"] == "halves"
        for region, best in (("0,0,0.5,1", "green"), ("0.5,0,0.5,1", "yellow")):
            answer = ask(own, image_asset_id=halves["asset_id"], region=region)
            assert names(answer)[0] == best


# Errors -----------------------------------------------------------------------------------------

WRONG = {
    "expression": ["tags:", "(a", "a OR", ["a"], {"a": "b"}, True, "bytes>x", "a " * 2000],
    "asset_folder": [["a"], {"a": "b"}, True],
    "tags": [{"a": "b"}, [["a"]], [{"a": "b"}], "x" * 256, True],
    "type": ["fetch", "image", ["upload"], {"upload": 1}, True],
    "sort_by": [
        "nope", [{"score": "asc"}], [{"bytes": "asc"}], [{"public_id": "up"}], [1], 5, {"a": {}},
        [{"public_id": "asc"}, {"created_at": "asc"}], [[]], "[{]",
    ],
    "exact": ["maybe", 2, [True], {"a": 1}],
    "explain": ["maybe", 2, [True], {"a": 1}],
    "threshold": ["x", 2, -1, [1], {"a": 1}, "NaN"],
    "max_results": ["x", 0, 501, [1], {"a": 1}, 1.5],
    "next_cursor": ["x", ["x"], {"a": 1}],
}  # fmt: skip
REGIONS = [
    "0,0,1", "0,0,1,1,1", "a,b,c,d", "0,0,0,1", "0,0,1,0", "0.6,0,0.5,1", "-0.1,0,1,1", "0,0,2,1",
    "0,0,nan,1", [0, 0, 1], [0, 0, 1, "x"], [0, 0, 1, None], [0, 0, 1, [1]], {"x": 0}, True, 5,
    "0,0,1e-9,1",
]  # fmt: skip
QUERIES = [
    {}, [{}], ["red"], [1], [None], [[]], "red", "[{]", "{", 5, True,
    [{"text": "red", "text2": "x"}], [{"text": "red", "image_url": "http://127.0.0.1/x"}],
    [{"weight": 1}], [{"text": "red", "weight": 0}], [{"text": "red", "weight": "x"}],
    [{"text": "red", "weight": 101}], [{"text": "red", "weight": -101}],
    [{"text": "red"}, {"text": "blue", "weight": 1e-50}],
    [{"text": "red", "weight": True}], [{"text": "red", "weight": [1]}], [{"text": ["red"]}],
    [{"text": {"a": 1}}], [{"text": "  "}], [{"text": "red", "region": "0,0,1,1"}],
    [{"text": "a\0b"}], [{"text": "red"}] * 11, [{"image_file": 5}],
    [{"image_file": "no such part"}], [{"image_file": {"a": 1}}],
    "[" * 200 + "]" * 200, [{"text": "red", "a\0": 1}],
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_value_is_one_sentence_that_names_it(
    client: httpx.Client, name: str, value: Any
) -> None:
    message = refuse(client, text="red", **{name: value})
    assert name in message or name == "expression"
    assert "\n" not in message
    assert len(message) < 500


@pytest.mark.parametrize("region", REGIONS)
def test_a_wrong_region(client: httpx.Client, region: Any) -> None:
    red = ask(client, text="red")["resources"][0]["asset_id"]
    assert "region" in refuse(client, image_asset_id=red, region=region)
    assert "region" in refuse(client, queries=[{"image_asset_id": red, "region": region}])


def test_words_have_no_region(client: httpx.Client) -> None:
    assert refuse(client, text="red", region="0,0,1,1").endswith("Words have no regions")


@pytest.mark.parametrize("queries", QUERIES)
def test_wrong_queries(client: httpx.Client, queries: Any) -> None:
    message = refuse(client, queries=queries)
    assert len(message) < 500


@pytest.mark.parametrize(
    "name", [*WRONG, "text", "image_url", "image_asset_id", "image_file", "region", "queries"]
)
def test_a_nul_character_is_refused_anywhere(client: httpx.Client, name: str) -> None:
    query = {} if name in ("text", "queries") or name.startswith("image") else {"text": "red"}
    assert "NUL" in refuse(client, **query, **{name: "a\0b"})
    form = client.post("resources/visual_search", data={**query, name: "a\0b"})
    assert form.status_code == 400


def test_queries_and_a_query(client: httpx.Client) -> None:
    refuse(client, text="red", queries=[{"text": "blue"}])


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "0", "1", "red", "0,0,1,1", "tags=summer", "public_id", "upload", "*"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["text", "weight", "region", "image_file", "public_id", "x"]), inner
        )
    ),
    max_leaves=6,
)
parameters = st.dictionaries(
    st.sampled_from([*WRONG, "queries", "region", "text", "image_asset_id"]), values, max_size=4
)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(parameters)
def test_no_value_is_an_error_of_the_server(client: httpx.Client, params: dict[str, Any]) -> None:
    answer = client.post("resources/visual_search", json=params)
    assert answer.status_code in (200, 400, 404, 420), answer.text
    if answer.status_code != 200:
        assert answer.json() == {"error": {"message": mock.ANY}}
