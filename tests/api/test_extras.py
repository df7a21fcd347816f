"""What uploads, explicit and details say of an image's pixels and tags when they are asked."""

from io import BytesIO
from typing import Any

import cloudinary.uploader
import httpx
import pytest
from cloudinary import api
from cloudinary.exceptions import BadRequest
from PIL import Image

from tests.fake_encoder import picture
from tests.server import Account

ASKED = {
    "colors": True,
    "quality_analysis": True,
    "exif": True,
    "image_metadata": True,
    "media_metadata": True,
    "phash": True,
}
ADDED = {"predominant", *ASKED}


def photo() -> bytes:
    tags = Image.Exif()
    tags[0x010F] = "Iris"
    file = BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, "JPEG", exif=tags.tobytes())
    return file.getvalue()


def check(answer: dict[str, Any]) -> None:
    assert answer["colors"] == [["#FE0000", 100.0]]
    assert answer["predominant"] == {"google": [["red", 100.0]], "cloudinary": [["red", 100.0]]}
    assert answer["quality_analysis"] == {"focus": 0.0}
    assert answer["exif"] == answer["image_metadata"] == answer["media_metadata"]
    assert answer["exif"]["Make"] == "Iris"
    assert len(answer["phash"]) == 16


def test_only_who_asks_is_told(sdk: Account) -> None:
    uploaded = cloudinary.uploader.upload(photo(), public_id="x", **ASKED)
    check(uploaded)
    check(api.resource("x", **ASKED))
    check(api.resource_by_asset_id(uploaded["asset_id"], **ASKED))
    check(cloudinary.uploader.explicit("x", type="upload", **ASKED))
    assert ADDED.isdisjoint(api.resource("x"))
    assert ADDED.isdisjoint(cloudinary.uploader.upload(photo(), public_id="y"))
    alone = api.resource("x", image_metadata=True)
    assert ADDED.intersection(alone) == {"image_metadata"}


def test_a_preset_asks(sdk: Account) -> None:
    api.create_upload_preset(name="all", unsigned=True, **ASKED)
    check(cloudinary.uploader.unsigned_upload(photo(), "all"))


def test_other_files_have_nothing_of_it(sdk: Account) -> None:
    answer = cloudinary.uploader.upload(b"text", resource_type="raw", public_id="r", **ASKED)
    assert ADDED.isdisjoint(answer)
    assert ADDED.isdisjoint(api.resource("r", resource_type="raw", **ASKED))


def test_a_conversion_leaves_no_tags(sdk: Account) -> None:
    answer = cloudinary.uploader.upload(photo(), format="png", exif=True)
    assert answer["exif"] == {}


def test_an_upload_stands_though_nobody_has_time_to_look_at_it(
    sdk: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    batcher = sdk.running.runtime.batcher
    cloudinary.uploader.upload(picture(), public_id="x")
    monkeypatch.setattr(batcher, "_queue_size", 0)
    answer = cloudinary.uploader.explicit("x", type="upload", colors=True, tags="t")
    assert answer["tags"] == ["t"]
    assert "colors" not in answer
    refused = httpx.get(sdk.url("resources/image/upload/x?colors=1"), auth=sdk.auth)
    assert refused.status_code == 429


def test_a_wrong_flag(sdk: Account) -> None:
    cloudinary.uploader.upload(photo(), public_id="x")
    for name in ASKED:
        with pytest.raises(BadRequest, match=f"Invalid value for parameter {name}: perhaps"):
            api.resource("x", **{name: "perhaps"})
