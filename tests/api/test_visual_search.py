"""Visual search through the official SDK: four kinds of query, pages, thresholds, order."""

import base64
import io
import re
from pathlib import Path
from typing import Any
from unittest import mock

import cloudinary.api
import cloudinary.uploader
import httpx
import psycopg
import pytest
from cloudinary.exceptions import BadRequest, NotFound, RateLimited

from app import cursor
from app.db import environments
from app.worker import work
from tests.conftest import WebHost, configured
from tests.fake_encoder import picture
from tests.server import Account, serve

COLOURS = ("red", "green", "blue", "yellow")


@pytest.fixture
def library(sdk: Account) -> dict[str, dict[str, Any]]:
    """Four pictures of one colour each, by their name."""
    return {colour: add(colour, picture(colour)) for colour in COLOURS}


@pytest.fixture
def shades(sdk: Account) -> list[str]:
    """Pictures that are less and less red; names in the order of their likeness to red."""
    names = [f"shade-{number:02}" for number in range(12)]
    for number in reversed(range(12)):
        add(names[number], picture("red", share=1 - (number + 1) / 16, size=(48, 12)))
    return names


def add(public_id: str, data: bytes, **options: Any) -> dict[str, Any]:
    return cloudinary.uploader.upload(
        data, **{"public_id": public_id, "similarity_search": "clip", **options}
    )


def names(answer: dict[str, Any]) -> list[str]:
    return [each["public_id"] for each in answer["resources"]]


def ask(client: httpx.Client, **params: Any) -> dict[str, Any]:
    answer = client.post("resources/visual_search", json=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


# The four kinds of query ------------------------------------------------------------------------


def test_by_text(library: dict[str, Any]) -> None:
    for colour in COLOURS:
        answer = cloudinary.api.visual_search(text=f"something {colour}")
        assert names(answer)[0] == colour
        assert answer["total_count"] == 4
        assert "next_cursor" not in answer


def test_by_asset_id_finds_the_asset_itself_first(library: dict[str, Any]) -> None:
    answer = cloudinary.api.visual_search(image_asset_id=library["blue"]["asset_id"])
    assert names(answer)[0] == "blue"
    assert answer["resources"][0]["distance"] == pytest.approx(0, abs=1e-3)


def test_by_asset_that_is_not_indexed_itself(library: dict[str, Any]) -> None:
    other = add("other", picture("green", size=(50, 50)), similarity_search=None)
    answer = cloudinary.api.visual_search(image_asset_id=other["asset_id"])
    assert names(answer)[0] == "green"
    assert "other" not in names(answer)


def test_by_image_url(library: dict[str, Any], web: WebHost) -> None:
    url = web.add("/yellow.jpg", picture("yellow", format="JPEG"), "image/jpeg")
    assert names(cloudinary.api.visual_search(image_url=url))[0] == "yellow"


def test_by_image_file(library: dict[str, Any], tmp_path: Path, web: WebHost) -> None:
    data = picture("green", format="WEBP")
    path = tmp_path / "query.webp"
    path.write_bytes(data)
    url = web.add("/green.webp", data, "image/webp")
    uri = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
    for file in (str(path), path, data, io.BytesIO(data), url, uri):
        assert names(cloudinary.api.visual_search(image_file=file))[0] == "green"
    # A query image is used and forgotten.
    assert cloudinary.api.visual_search(text="green")["total_count"] == 4


# The answer -------------------------------------------------------------------------------------


def test_fields_and_types_of_a_result(sdk: Account) -> None:
    uploaded = add("folder/x", picture("red"), tags=["a"], context={"k": "v"})
    answer = cloudinary.api.visual_search(text="red")
    (found,) = answer["resources"]
    kept = (
        "asset_id", "public_id", "format", "version", "resource_type", "type", "created_at",
        "bytes", "width", "height", "asset_folder", "display_name", "access_mode", "url",
        "secure_url", "tags", "context",
    )  # fmt: skip
    assert {name: value for name, value in found.items() if name in kept} == {
        name: uploaded[name] for name in kept
    }
    assert set(found) == {*kept, "score", "match", "distance"}
    assert isinstance(found["score"], float)
    assert isinstance(found["distance"], float)
    assert isinstance(answer["time"], int)
    assert isinstance(answer["total_count"], int)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.request_id)


def test_best_first_with_falling_scores_between_0_and_1(shades: list[str]) -> None:
    answer = cloudinary.api.visual_search(text="red")
    assert names(answer) == shades
    scores = [each["score"] for each in answer["resources"]]
    distances = [each["distance"] for each in answer["resources"]]
    assert scores == sorted(scores, reverse=True)
    assert distances == sorted(distances)
    assert scores[0] <= 1
    assert scores[-1] >= 0


def test_nothing_indexed_is_an_empty_answer(sdk: Account) -> None:
    add("x", picture("red"), similarity_search=None)
    answer = cloudinary.api.visual_search(text="red")
    assert answer["resources"] == []
    assert answer["total_count"] == 0
    assert "next_cursor" not in answer


def test_restricted_images_are_among_the_results(sdk: Account) -> None:
    for type in ("upload", "private", "authenticated"):
        add(f"a {type} one", picture("red"), type=type)
    found = cloudinary.api.visual_search(text="red")["resources"]
    assert {(each["public_id"], each["type"]) for each in found} == {
        ("a upload one", "upload"),
        ("a private one", "private"),
        ("a authenticated one", "authenticated"),
    }


def test_a_warning_where_the_model_does_not_know_the_language(client: httpx.Client) -> None:
    assert ask(client, text="grün")["warning"] == "The fake encoder knows English colours only."
    assert "warning" not in ask(client, text="green")


def test_words_are_encoded_once(server: Account, client: httpx.Client) -> None:
    text = f"red {server.cloud}"
    assert ask(client, text=text) == ask(client, text=text) | {"time": mock.ANY, "search": mock.ANY}
    assert server.running.encoder.texts.count(text) == 1  # type: ignore[union-attr]


# Limits and pages -------------------------------------------------------------------------------


def test_max_results(shades: list[str], client: httpx.Client) -> None:
    answer = ask(client, text="red", max_results=3)
    assert names(answer) == shades[:3]
    assert answer["total_count"] == 12
    assert "next_cursor" in answer
    for wrong in (501, -1, "x", "1.5"):
        refused = client.post("resources/visual_search", json={"text": "a", "max_results": wrong})
        assert refused.status_code == 400
        assert "max_results" in refused.json()["error"]["message"]


def test_fifty_results_unless_asked_otherwise(sdk: Account, client: httpx.Client) -> None:
    for number in range(52):
        add(f"n{number}", picture("red", share=number / 52, size=(52, 8)))
    assert len(names(cloudinary.api.visual_search(text="red"))) == 50
    assert len(names(ask(client, text="red", max_results=500))) == 52


def test_threshold(shades: list[str], client: httpx.Client) -> None:
    everything = ask(client, text="red")["resources"]
    for place in (0, 2, 4):
        threshold = everything[place]["score"] - 1e-9
        answer = ask(client, text="red", threshold=threshold)
        assert names(answer) == shades[: place + 1]
        assert answer["total_count"] == place + 1
    for wrong in (-0.1, 1.1, "x", "nan", True):
        refused = client.post("resources/visual_search", json={"text": "a", "threshold": wrong})
        assert refused.status_code == 400
        assert "threshold" in refused.json()["error"]["message"]


@pytest.mark.parametrize("size", [1, 5, 6, 11, 12])
def test_pages_neither_repeat_nor_miss(shades: list[str], client: httpx.Client, size: int) -> None:
    seen = []
    answer = ask(client, text="red", max_results=size)
    while True:
        seen.append(names(answer))
        if "next_cursor" not in answer:
            break
        answer = ask(client, max_results=size, next_cursor=answer["next_cursor"])
        assert answer["total_count"] == 12
    assert [name for page in seen for name in page] == shades
    assert all(len(page) == size for page in seen[:-1])
    assert seen[-1] != []


def test_images_of_the_same_picture_are_paged_too(sdk: Account, client: httpx.Client) -> None:
    for number in range(7):
        add(f"same-{number}", picture("red", size=(20 + number, 20)))
    first = ask(client, text="red", max_results=3)
    second = ask(client, text="red", max_results=3, next_cursor=first["next_cursor"])
    third = ask(client, text="red", max_results=3, next_cursor=second["next_cursor"])
    seen = [*names(first), *names(second), *names(third)]
    assert sorted(seen) == [f"same-{number}" for number in range(7)]


@pytest.mark.parametrize("size", [1, 4, 11])
def test_images_that_arrive_between_pages_leave_no_gap(
    shades: list[str], client: httpx.Client, size: int
) -> None:
    answer = ask(client, text="red", max_results=size)
    seen = names(answer)
    while "next_cursor" in answer:
        add(f"newcomer-{len(seen)}", picture("red", size=(9, 9 + len(seen))))  # redder than all
        answer = ask(client, max_results=size, next_cursor=answer["next_cursor"])
        seen += names(answer)
    assert seen == shades


def test_a_cursor_carries_threshold_and_image(shades: list[str], client: httpx.Client) -> None:
    files = {"image_file": ("q.png", picture("red"))}
    scores = [each["score"] for each in ask(client, text="red")["resources"]]
    params = {"max_results": "4", "threshold": str(scores[6])}
    first = client.post("resources/visual_search", data=params, files=files).json()
    assert first["total_count"] < 12
    seen = names(first)
    rest = ask(client, next_cursor=first["next_cursor"], max_results=500)
    assert seen + names(rest) == shades[: first["total_count"]]
    assert rest["total_count"] == first["total_count"]


def test_the_sdk_can_page_through_get(shades: list[str], client: httpx.Client) -> None:
    params = {"text": "red", "max_results": "7"}
    first = client.get("resources/visual_search", params=params).json()
    params["next_cursor"] = first["next_cursor"]
    assert (
        names(first) + names(client.get("resources/visual_search", params=params).json()) == shades
    )


def test_forged_expired_and_foreign_cursors(shades: list[str], client: httpx.Client) -> None:
    def refused(account_client: httpx.Client, **params: Any) -> bool:
        answer = account_client.post("resources/visual_search", json=params)
        return (answer.status_code, answer.json()) == (
            400,
            {"error": {"message": "Invalid value for parameter next_cursor"}},
        )

    good = ask(client, text="red", max_results=2)["next_cursor"]
    middle = len(good) // 2
    changed = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
    for forged in ("x", "☂", changed, good[:-4], good + "AAAA"):
        assert refused(client, text="red", next_cursor=forged)
    assert refused(client, text="another search", next_cursor=good)
    with mock.patch.object(cursor.time, "time", return_value=cursor.time.time() - 25 * 3600):
        expired = ask(client, text="red", max_results=2)["next_cursor"]
    assert refused(client, text="red", next_cursor=expired)
    assert names(ask(client, text="red", next_cursor=good)) == shades[2:]


def test_a_cursor_of_another_environment(
    shades: list[str], client: httpx.Client, server: Account
) -> None:
    good = ask(client, text="red", max_results=2)["next_cursor"]
    stranger = server.running.account()
    answer = httpx.post(
        stranger.url("resources/visual_search"),
        json={"text": "red", "next_cursor": good},
        auth=stranger.auth,
    )
    assert answer.status_code == 400
    assert answer.json() == {"error": {"message": "Invalid value for parameter next_cursor"}}


def test_a_preset_cursor_is_none_for_searches(sdk: Account, client: httpx.Client) -> None:
    for name in ("a", "b"):
        cloudinary.api.create_upload_preset(name=name)
    other = cloudinary.api.upload_presets(max_results=1)["next_cursor"]
    answer = client.post("resources/visual_search", json={"text": "x", "next_cursor": other})
    assert answer.json() == {"error": {"message": "Invalid value for parameter next_cursor"}}


# SQL ranks --------------------------------------------------------------------------------------


def test_the_order_is_that_of_the_database_and_of_nothing_else(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer follows a ranking function that puts the worst first, and scores them oddly."""
    with serve(database_url, tmp_path) as running, configured(running.account(), monkeypatch):
        for number in range(6):
            data = picture("red", share=1 - number / 6, size=(48, 12))
            add(f"shade-{number}", data)
        before = cloudinary.api.visual_search(text="red")
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(_WORST_FIRST)
        after = cloudinary.api.visual_search(text="red")
    assert names(before) == [f"shade-{number}" for number in range(6)]
    assert names(after) == names(before)[::-1]
    assert [each["score"] for each in after["resources"]] == [0.5] * 6
    assert [each["match"] for each in after["resources"]] == ["weak"] * 6


_WORST_FIRST = """
    alter function search.judged rename to judged_before;
    create function search.judged(
        hits search.hit[], calibration search.calibration, direction text, candidates bigint,
        best_distance double precision, twins uuid[]
    ) returns search.hit[] language sql as $$
        select array_agg(
            (hit.asset_id, hit.distance, 0.5, 'weak', null)::search.hit order by place desc)
        from unnest(hits) with ordinality as hit (asset_id, distance, score, match, hidden, place)
    $$;
"""


# The switch -------------------------------------------------------------------------------------


def test_visual_search_off_and_on(sdk: Account, client: httpx.Client) -> None:
    async def switch(on: bool) -> None:
        runtime = sdk.running.runtime
        async with runtime.pool.connection() as connection:
            environment = await environments.get(connection, sdk.cloud)
            await environments.switch_visual_search(connection, environment, on)

    add("before", picture("red"))
    sdk.running.call(switch, False)
    sentence = (
        f"Visual search is off for {sdk.cloud}. Switch it on with:"
        f" iris env visual-search {sdk.cloud} on"
    )
    with pytest.raises(BadRequest) as refused:
        cloudinary.api.visual_search(text="red")
    assert str(refused.value) == f"Error 400 - {sentence}"
    cursor_only = client.post("resources/visual_search", json={"next_cursor": "x"})
    assert cursor_only.json() == {"error": {"message": sentence}}

    during = add("during", picture("red", size=(9, 9)))
    assert during["info"] == {"visual_search": {"status": "off"}}
    add("not asked", picture("red", size=(10, 10)), similarity_search=None)

    sdk.running.call(switch, True)
    assert names(cloudinary.api.visual_search(text="red")) == ["before"]
    sdk.running.call(work, sdk.running.runtime, forever=False)
    found = names(cloudinary.api.visual_search(text="red"))
    assert sorted(found) == ["before", "during", "not asked"]


# Errors -----------------------------------------------------------------------------------------


def test_one_query_is_needed(sdk: Account, client: httpx.Client) -> None:
    message = "Missing required parameter - one of: image_url, image_asset_id, image_file, text"
    with pytest.raises(BadRequest) as refused:
        cloudinary.api.visual_search()
    assert str(refused.value) == f"Error 400 - {message}"
    for empty in ({"text": ""}, {"text": "   "}, {"image_url": None}, {"other": "x"}):
        answer = client.post("resources/visual_search", json=empty)
        assert (answer.status_code, answer.json()) == (400, {"error": {"message": message}})


def test_only_one_query_is_taken(sdk: Account) -> None:
    with pytest.raises(BadRequest) as refused:
        cloudinary.api.visual_search(text="red", image_url="http://example.com/a.png")
    assert str(refused.value) == (
        "Error 400 - Only one of image_url, image_asset_id, image_file, text can be specified"
    )


@pytest.mark.parametrize("asset_id", ["0" * 32, "nonsense", "x" * 1000, "ü"])
def test_an_unknown_asset(sdk: Account, asset_id: str) -> None:
    with pytest.raises(NotFound) as refused:
        cloudinary.api.visual_search(image_asset_id=asset_id)
    assert str(refused.value) == f"Error 404 - Resource not found - {asset_id}"


def test_an_image_that_cannot_be_had(sdk: Account, web: WebHost) -> None:
    missing = f"http://{web.netloc}/missing.png"
    page = web.add("/page", b"<html></html>", "text/html")
    broken = web.add("/broken.png", b"not an image")
    with pytest.raises(NotFound) as refused:
        cloudinary.api.visual_search(image_url=missing)
    assert str(refused.value) == f"Error 404 - Resource not found - {missing}"
    with pytest.raises(NotFound) as refused:
        cloudinary.api.visual_search(image_url=page)
    assert str(refused.value) == (
        f"Error 404 - Resource not found - Error in loading {page} - HTML response"
    )
    with pytest.raises(BadRequest, match=r"^Error 400 - Invalid image file$"):
        cloudinary.api.visual_search(image_url=broken)
    with pytest.raises(BadRequest, match=r"^Error 400 - Invalid image file$"):
        cloudinary.api.visual_search(image_file=b"not an image")


def test_a_full_queue_is_429(sdk: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk.running.runtime.batcher, "_queue_size", 0)
    with pytest.raises(RateLimited, match="The encoder is busy"):
        cloudinary.api.visual_search(text=f"busy {sdk.cloud}")
