"""Renditions over HTTP: what a URL means, how it is answered, who may see it."""

from typing import Any

import pytest
from cloudinary.utils import cloudinary_url

from tests.fake_encoder import COLOURS, picture
from tests.renditions import PHOTO, error, fetch, get, rows, shown, upload
from tests.server import Account

# What a URL means --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"width": 40, "crop": "scale"}, (40, 30)),
        ({"width": 20, "height": 20, "crop": "fill", "gravity": "west"}, (20, 20)),
        ({"width": 0.5, "crop": "fit", "dpr": 2.0, "quality": "auto"}, (40, 30)),
        ({"angle": [90, "hflip"], "format": "png"}, (60, 80)),
        ({"transformation": [{"width": 40, "crop": "limit"}, {"angle": 90}]}, (30, 40)),
        ({"width": 40, "height": 40, "crop": "pad", "background": "#ff0000"}, (40, 40)),
        ({"width": 10, "height": 10, "crop": "crop", "x": 70, "y": 50, "format": "jpg"}, (10, 10)),
        ({"fetch_format": "webp", "quality": 30}, (80, 60)),
    ],
)
@pytest.mark.parametrize("public_id", ["photo", "a folder/über ~photo", "w_5/c_fill/v2/photo"])
def test_urls_of_the_sdk(
    sdk: Account, options: dict[str, Any], size: tuple[int, int], public_id: str
) -> None:
    version = upload(public_id)["version"]
    for more in ({}, {"version": version}, {"sign_url": True}, {"sign_url": True, "format": "jpg"}):
        url, _ = cloudinary_url(public_id, **{**options, **more})
        assert shown(get(url)).size == size


@pytest.mark.parametrize(
    ("flags", "options", "saved_as"),
    [
        ("attachment", {}, 'attachment; filename="photo.png"'),
        ("attachment:mine", {"format": "png"}, 'attachment; filename="mine.png"'),
        ("attachment:a b", {"format": "jpg"}, 'attachment; filename="a b.jpg"'),
        ("attachment", {"width": 40, "crop": "scale"}, 'attachment; filename="photo.png"'),
        (
            "attachment:Grüße",
            {"sign_url": True},
            "attachment; filename=\"Gr__e.png\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.png",
        ),
    ],
)
def test_a_flag_has_it_saved(
    sdk: Account, flags: str, options: dict[str, Any], saved_as: str
) -> None:
    """It is no other rendition for that."""
    upload("a/photo")
    assert "content-disposition" not in fetch(sdk, "image/upload/a/photo").headers
    url, _ = cloudinary_url("a/photo", flags=flags, **options)
    answer = get(url)
    assert shown(answer).width == options.get("width", 80)
    assert answer.headers["content-disposition"] == saved_as
    assert [text for text, _ in rows(sdk) if "attachment" in text] == []
    if options.keys() <= {"sign_url"}:
        assert answer.content == PHOTO


def test_a_url_of_every_form(sdk: Account) -> None:
    version = upload("photo")["version"]
    for path in (
        "w_40/photo", "w_40/photo.png", "w_40/v1/photo.png", f"w_40/v{version}/photo",
        "w_40//photo", "c_scale,w_40/q_auto/v1/photo", "w_40/a_0/photo",
    ):  # fmt: skip
        assert shown(fetch(sdk, f"image/upload/{path}")).size == (40, 30), path
    assert shown(fetch(sdk, "image/upload/photo.webp")).size == (80, 60)
    assert shown(fetch(sdk, "image/upload/photo.JPEG")).format == "JPEG"
    assert fetch(sdk, "image/upload/photo.png").content == PHOTO
    assert shown(fetch(sdk, "image/upload/q_auto/photo.png")).size == (80, 60)
    assert rows(sdk) == [("", "jpg"), ("", "png"), ("", "webp"), ("c_scale,w_40", "png")]


def test_folders_that_look_like_transformations_can_be_reached(sdk: Account) -> None:
    names = [
        "w_40/photo",
        "e_sepia/photo",
        "v12/photo",
        "c_fill,w_abc/x",
        "w_40/a.b/photo.x",
        "w_9",
    ]
    for name in names:
        upload(name)
        for path in (name, f"v1/{name}", f"{name}.png"):
            assert fetch(sdk, f"image/upload/{path}").content == PHOTO, path
        assert shown(fetch(sdk, f"image/upload/w_20/{name}")).width == 20
        assert shown(fetch(sdk, f"image/upload/w_20/v1/{name}.jpg")).format == "JPEG"
    upload("photo", picture("green", size=(90, 90)))
    assert fetch(sdk, "image/upload/w_40/photo").content == PHOTO  # the whole name wins
    assert shown(fetch(sdk, "image/upload/w_40/v1/photo")).size == (40, 40)


def test_a_version_wins_over_a_folder_of_its_form(sdk: Account) -> None:
    upload("v5/photo", picture("green"))
    upload("photo")
    assert fetch(sdk, "image/upload/v5/photo").content == PHOTO
    assert fetch(sdk, "image/upload/v1/v5/photo").content == picture("green")


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("w_abc/photo", 400, "Invalid transformation component w_abc: w_abc has to be 1 to 10000"),
        (
            "e_sepia,w_5/v1/photo",
            400,
            "Invalid transformation component e_sepia,w_5: e_ is not supp",
        ),
        ("c_fill,zz_1/photo", 400, "Invalid transformation component c_fill,zz_1"),
        (
            "c_fill/photo",
            400,
            "Invalid transformation component c_fill: a crop mode needs w_ or h_",
        ),
        ("w_9999,h_9999/photo", 400, "Invalid transformation: the result would have 9999 x 9999"),
        ("c_crop,w_5,x_900/photo", 400, "Invalid transformation: the part to crop lies outside"),
        ("w_1/" * 11 + "photo", 400, "Invalid transformation: it has more than"),
        ("w_abc/none", 400, "Invalid transformation component w_abc"),
        ("photo.exe", 400, "Conversion of png to exe is not supported"),
        ("w_40/photo.tiff", 400, "Conversion of png to tiff is not supported"),
        ("w_40/none.jpg", 404, "Resource not found - none.jpg"),
        ("w_40/v1/folder/none", 404, "Resource not found - folder/none"),
        ("zz_1/photo", 404, "Resource not found - zz_1/photo"),
        ("w_1/" * 500 + "none", 400, "Invalid transformation: it has more than"),
        ("%00", 404, "Resource not found - "),
        ("w_4%00/photo", 404, "Resource not found - "),
        ("%ff%fe/photo", 404, "Resource not found - "),
    ],
)
def test_wrong_urls(sdk: Account, path: str, status: int, message: str) -> None:
    upload("photo")
    answer = fetch(sdk, f"image/upload/{path}")
    assert answer.status_code == status
    assert answer.json()["error"]["message"].startswith(message)
    assert answer.headers["x-cld-error"].startswith(message[:18])
    assert rows(sdk) == []


# Formats -----------------------------------------------------------------------------------------


def test_automatic_format(sdk: Account) -> None:
    upload("photo")
    for accept, format in (
        ("image/avif,image/webp,*/*", "AVIF"),
        ("image/webp,*/*;q=0.8", "WEBP"),
        ("*/*", "PNG"),
    ):
        answer = fetch(sdk, "image/upload/f_auto,w_40/photo.jpg", accept=accept)
        assert shown(answer).format == format
        assert answer.headers["vary"] == "Accept"
    assert "vary" not in fetch(sdk, "image/upload/f_webp,w_40/photo").headers
    # One rendition each, however they were asked for.
    shown(fetch(sdk, "image/upload/w_40,f_webp/photo"))
    shown(fetch(sdk, "image/upload/c_scale,w_40/q_auto/photo.webp"))
    assert rows(sdk) == [("c_scale,w_40", each) for each in ("avif", "png", "webp")]


@pytest.mark.parametrize("format", ["BMP", "TIFF", "HEIF"])
def test_formats_that_browsers_do_not_show_become_jpg(sdk: Account, format: str) -> None:
    upload("photo", picture("green", format=format))
    image = shown(fetch(sdk, "image/upload/w_20/photo"))
    assert (image.format, image.size) == ("JPEG", (20, 15))
    pixel = image.getpixel((10, 7))
    assert isinstance(pixel, tuple)
    assert max(abs(a - b) for a, b in zip(pixel, COLOURS["green"], strict=True)) < 25


# Headers -----------------------------------------------------------------------------------------


def test_headers_conditions_and_ranges(sdk: Account) -> None:
    uploaded = upload("photo")
    url, _ = cloudinary_url("photo", width=40, crop="scale", version=uploaded["version"])
    whole = get(url, origin="http://example.com")
    etag = whole.headers["etag"]
    assert etag != f'"{uploaded["etag"]}"'
    assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert whole.headers["access-control-allow-origin"] == "*"
    assert whole.headers["content-length"] == str(len(whole.content))
    assert whole.headers["accept-ranges"] == "bytes"
    assert get(url.replace("/v", "/v9")).headers["cache-control"] == "public, no-cache"
    head = get(url, "HEAD", range="bytes=1-2")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "last-modified", "cache-control"):
        assert head.headers[name] == whole.headers[name]
    part = get(url, range="bytes=5-9")
    assert (part.status_code, part.content) == (206, whole.content[5:10])
    assert part.headers["content-range"] == f"bytes 5-9/{len(whole.content)}"
    assert get(url, range="bytes=5-9", if_range='"old"').status_code == 200
    assert get(url, range="bytes=5-9", if_range=etag).status_code == 206
    assert get(url, range="bytes=999999-").status_code == 416
    modified = whole.headers["last-modified"]
    for headers in (
        {"if_none_match": etag},
        {"if_none_match": f'"x", W/{etag}'},
        {"if_none_match": "*"},
        {"if_modified_since": modified},
    ):
        same = get(url, **headers)
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == etag
    for headers in (
        {"if_none_match": '"x"', "if_modified_since": modified},
        {"if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"if_modified_since": "yesterday"},
    ):
        assert get(url, **headers).content == whole.content


# Signatures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", ["private", "authenticated"])
@pytest.mark.parametrize(
    "more", [{}, {"long_url_signature": True}, {"signature_algorithm": "sha256"}]
)
def test_restricted_types(sdk: Account, type: str, more: dict[str, Any]) -> None:
    upload("folder/a photo", type=type)
    options: dict[str, Any] = {"type": type, "width": 40, "crop": "scale", "format": "jpg", **more}
    url, _ = cloudinary_url("folder/a photo", sign_url=True, **options)
    answer = get(url)
    assert shown(answer).size == (40, 30)
    assert answer.headers["cache-control"].startswith("private")
    unsigned, _ = cloudinary_url("folder/a photo", **options)
    assert error(get(unsigned))[0] == 401
    for wrong in (
        url.replace("w_40", "w_41"),
        url.replace("/c_scale,w_40", ""),
        url.replace(".jpg", ".png"),
        cloudinary_url("folder/a photo", sign_url=True, api_secret="other", **options)[0],
    ):
        assert wrong != url
        assert error(get(wrong))[0] == 401


def test_a_wrong_signature_is_refused_on_public_assets_too(sdk: Account) -> None:
    upload("photo")
    url, _ = cloudinary_url("photo", sign_url=True, width=40, crop="scale")
    assert shown(get(url)).width == 40
    for wrong in (url.replace("w_40", "w_41"), url.replace("s--", "s--x")):
        assert error(get(wrong)) == (401, "The signature of this URL does not match - photo")
    original, _ = cloudinary_url("photo", sign_url=True)
    assert get(original).content == PHOTO


def test_environments_are_separate(sdk: Account) -> None:
    upload("photo", type="private")
    url, _ = cloudinary_url("photo", sign_url=True, type="private", width=40, crop="scale")
    other = sdk.running.account()
    assert get(url.replace(sdk.cloud, other.cloud)).status_code == 404
    signed_by_other, _ = cloudinary_url(
        "photo", sign_url=True, type="private", width=40, crop="scale", api_secret=other.secret
    )
    assert get(signed_by_other).status_code == 401
