"""Renditions as rows: built once, limited in number, gone with their asset; and eager ones."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from cloudinary.utils import cloudinary_url

from app import delivery, eager
from app.api.delivery_url import delivery_url
from app.contract.transformation import parse
from app.db import renditions
from app.db.renditions import Key
from app.errors import BadRequest, NotFound, RateLimited
from app.vision.render import render
from tests.fake_encoder import COLOURS, picture
from tests.renditions import PHOTO, error, fetch, get, known, rows, shown, upload
from tests.server import Account


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was really rendered, in order."""
    built: list[str] = []

    def spy(data: bytes, transformation: Any, format: str, **options: Any) -> Any:
        built.append(f"{transformation}.{format}")
        time.sleep(0.05)  # or others would come too late to find it being built
        return render(data, transformation, format, **options)

    monkeypatch.setattr(delivery, "render", spy)
    return built


# Built once --------------------------------------------------------------------------------------


def test_ten_at_once_build_one(sdk: Account, builds: list[str]) -> None:
    upload("photo")
    url, _ = cloudinary_url("photo", width=33, crop="scale")
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(get, [url] * 10))
    assert [shown(each).width for each in answers] == [33] * 10
    assert len({each.content for each in answers}) == 1
    assert builds == ["c_scale,w_33.png"]
    assert rows(sdk, "rendition_claim") == []


def test_different_ones_at_once(sdk: Account, builds: list[str]) -> None:
    upload("photo")
    urls = [cloudinary_url("photo", width=width, crop="scale")[0] for width in range(10, 22)]
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(get, urls * 2))
    assert [shown(each).width for each in answers] == [*range(10, 22)] * 2
    assert len(builds) == 12


def test_a_failed_build_gives_its_claim_back(sdk: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    upload("photo")
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "render", lambda *_, **__: 1 / 0)
        assert fetch(sdk, "image/upload/w_40/photo").status_code == 500
    assert rows(sdk, "rendition_claim") == []
    assert shown(fetch(sdk, "image/upload/w_40/photo")).width == 40


def test_a_claim_of_a_process_that_died_expires(
    sdk: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload("photo")
    environment, asset = known(sdk)
    key = Key(environment.environment_id, asset.asset_id, "c_scale,w_40", "png")

    async def claim(lease: float) -> Any:
        async with sdk.running.runtime.pool.connection() as connection:
            return await renditions.claim(connection, key, lease=lease, limit=None)

    assert sdk.running.call(claim, 0.5) is not None
    assert sdk.running.call(claim, 0.5) is None
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "PATIENCE", 0.1)
        status, message = error(fetch(sdk, "image/upload/w_40/photo"))
        assert (status, message[:29]) == (429, "This picture is still being m")
    assert shown(fetch(sdk, "image/upload/w_40/photo")).width == 40


def test_no_connection_is_held_while_rendering(
    sdk: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload("photo")
    gate = threading.Event()
    monkeypatch.setattr(delivery, "render", lambda *a, **k: (gate.wait(60), render(*a, **k))[1])
    size = sdk.running.settings.pool_size
    paths = [f"image/upload/w_{40 + n}/photo" for n in range(size + 2)]
    with ThreadPoolExecutor(len(paths)) as threads:
        slow = [threads.submit(fetch, sdk, path) for path in paths]
        while len(rows(sdk, "rendition_claim")) < len(paths):
            time.sleep(0.02)
        assert fetch(sdk, "image/upload/photo").content == PHOTO
        gate.set()
        assert {each.result().status_code for each in slow} == {200}


def test_too_many_at_once_are_told_so(sdk: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    upload("photo")
    monkeypatch.setattr(delivery, "MAX_WAITING", 0)
    status, message = error(fetch(sdk, "image/upload/w_40/photo"))
    assert (status, message) == (429, "Too many pictures are being made. Try again in a moment.")
    assert rows(sdk, "rendition_claim") == []


# Limits ------------------------------------------------------------------------------------------


def test_the_limit_of_an_asset(sdk: Account) -> None:
    upload("photo")
    paths = [f"image/upload/w_{width}/photo" for width in range(20, 28)]
    url, _ = cloudinary_url("photo", width=30, crop="scale", sign_url=True)
    with sdk.running.limited(max_renditions_per_asset=3):
        with ThreadPoolExecutor(8) as threads:
            statuses = [each.status_code for each in threads.map(fetch, [sdk] * 8, paths)]
        assert sorted(statuses) == [200] * 3 + [420] * 5
        assert shown(fetch(sdk, paths[statuses.index(200)]))  # what is there stays there
        status, message = error(fetch(sdk, "image/upload/w_30/photo"))
        assert (status, message) == (420, "This asset has 3 renditions, which is the maximum")
        assert shown(get(url)).width == 30  # the owner may
        assert len(rows(sdk)) == 4
        assert rows(sdk, "rendition_claim") == []
        upload("other")
        assert shown(fetch(sdk, "image/upload/w_30/other")).width == 30


@pytest.mark.parametrize("limit", ["max_renditions", "max_rendition_bytes"])
def test_the_limits_of_an_environment(
    sdk: Account, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(delivery, "_COUNTED_FOR", 0)
    upload("photo")
    with sdk.running.limited(**{limit: 1}):
        assert shown(fetch(sdk, "image/upload/w_20/photo")).width == 20
        status, message = error(fetch(sdk, "image/upload/w_21/photo"))
        assert status == 420
        assert message.startswith(f"{sdk.cloud} has as many renditions as it may have.")
        assert shown(fetch(sdk, "image/upload/w_20/photo")).width == 20
        url, _ = cloudinary_url("photo", width=21, crop="scale", sign_url=True)
        assert shown(get(url)).width == 21


# Rows --------------------------------------------------------------------------------------------


def test_overwriting_forgets_renditions(sdk: Account) -> None:
    upload("photo")
    before = fetch(sdk, "image/upload/w_40/photo")
    upload("photo", picture("green", size=(80, 60)))
    assert rows(sdk) == []
    after = fetch(sdk, "image/upload/w_40/photo")
    assert after.content != before.content
    assert get(str(after.url), if_none_match=before.headers["etag"]).status_code == 200


def test_what_was_built_from_an_overwritten_original_is_not_stored(
    sdk: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload("photo")
    green = picture("green", size=(80, 60))

    def slow(data: bytes, *arguments: Any, **options: Any) -> Any:
        if data == PHOTO:
            upload("photo", green)
        return render(data, *arguments, **options)

    monkeypatch.setattr(delivery, "render", slow)
    assert fetch(sdk, "image/upload/w_40/photo").status_code == 404
    assert rows(sdk) == rows(sdk, "rendition_claim") == []
    image = shown(fetch(sdk, "image/upload/w_40/photo"))
    assert image.getpixel((5, 5)) == COLOURS["green"]


def test_deleting_an_asset_deletes_its_renditions(sdk: Account) -> None:
    upload("photo")
    shown(fetch(sdk, "image/upload/w_40/photo"))
    with psycopg.connect(sdk.running.database_url) as connection:
        connection.execute(
            "delete from library.asset using library.environment"
            " where asset.environment_id = environment.environment_id and cloud_name = %s",
            [sdk.cloud],
        )
    assert rows(sdk) == []
    assert fetch(sdk, "image/upload/w_40/photo").status_code == 404


def test_claims_and_slices_of_what_is_gone(sdk: Account) -> None:
    upload("photo")
    environment, asset = known(sdk)

    async def claim(asset_id: UUID) -> Any:
        async with sdk.running.runtime.pool.connection() as connection:
            key = Key(environment.environment_id, asset_id, "", "jpg")
            return await renditions.claim(connection, key, lease=1, limit=0)

    async def read() -> Any:
        async with sdk.running.runtime.pool.connection() as connection:
            return await renditions.read(
                connection, environment.environment_id, asset.asset_id, uuid4(), start=0, length=9
            )

    with pytest.raises(NotFound):
        sdk.running.call(claim, uuid4())
    with pytest.raises(RateLimited):
        sdk.running.call(claim, asset.asset_id)
    assert sdk.running.call(read) is None


# Eager -------------------------------------------------------------------------------------------


def test_eager_ones_are_built_and_listed(sdk: Account, builds: list[str]) -> None:
    upload("photo")
    environment, asset = known(sdk)
    requested = [
        "c_fill,h_20,w_20/jpg",
        {"width": 40, "crop": "scale"},
        {"transformation": [{"width": 0.5}, {"angle": 90}], "format": "webp"},
        "w_9999,h_9999",
    ]
    runtime = sdk.running.runtime
    with sdk.running.limited(max_renditions_per_asset=0):  # which is for strangers
        found = sdk.running.call(eager.build_eager, runtime, environment, asset, requested)
    assert [(each.transformation, each.format, each.width, each.height) for each in found] == [
        ("c_fill,h_20,w_20", "jpg", 20, 20),
        ("c_scale,w_40", "png", 40, 30),
        ("w_0.5/a_90", "webp", 30, 40),
        ("w_9999,h_9999", "png", 0, 0),
    ]
    assert [each.reason is None for each in found] == [True, True, True, False]

    async def derived() -> list[renditions.Rendition]:
        async with runtime.pool.connection() as connection:
            return await renditions.list_derived(
                connection, environment.environment_id, asset.asset_id
            )

    listed = sdk.running.call(derived)
    assert [(each.id, each.bytes) for each in listed] == [(x.id, x.bytes) for x in found[:3]]
    for each in found[:3]:
        base = f"{sdk.base_url}/{sdk.cloud}"
        url = delivery_url(base, asset, each.transformation, each.format)
        assert len(get(url).content) == each.bytes
    assert len(builds) == 3


@pytest.mark.parametrize("type", ["upload", "private"])
def test_urls_of_derived_ones_are_those_of_the_sdk(sdk: Account, type: str) -> None:
    version = upload("a folder/~photo", type=type)["version"]
    options = {"width": 40, "crop": "scale", "format": "jpg", "version": version, "type": type}
    expected, _ = cloudinary_url("a folder/~photo", sign_url=type == "private", **options)
    _, asset = known(sdk, "a folder/~photo", type)
    url = delivery_url(f"{sdk.base_url}/{sdk.cloud}", asset, "c_scale,w_40", "jpg", sdk.secret)
    assert url == expected
    assert shown(get(url)).width == 40


@pytest.mark.parametrize(
    "requested",
    [
        ["e_sepia"],
        [{"effect": "sepia"}],
        [7],
        ["w_5/exe"],
        ["w_5"] * 51,
        7,
        "w_5|w_x",
        {"width": 5},
    ],
)
def test_wrong_eager_ones_are_refused_beforehand(requested: object) -> None:
    with pytest.raises(BadRequest):
        eager.check_eager(requested)


def test_only_images_are_transformed(sdk: Account) -> None:
    upload("photo")
    environment, asset = known(sdk)
    raw = msgspec.structs.replace(asset, resource_type="raw")
    with pytest.raises(BadRequest, match="only images can be transformed"):
        sdk.running.call(
            delivery.rendition, sdk.running.runtime, environment, raw, parse("w_5"), "jpg"
        )
