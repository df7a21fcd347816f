"""Structured metadata of assets: checked when a file comes, when it changes, and in bulk."""

from typing import Any

import httpx
import pytest
from cloudinary import api, uploader
from cloudinary.exceptions import BadRequest, Error

from tests.fake_encoder import picture
from tests.server import Account


@pytest.fixture
def fields(sdk: Account) -> Account:
    """An environment with a field of each type; `s` has a default."""
    values = {"values": [{"external_id": "a", "value": "A"}, {"external_id": "b", "value": "B"}]}
    rule = {"type": "less_than", "value": 10}
    for field in (
        {"external_id": "s", "type": "string", "mandatory": True, "default_value": "std"},
        {"external_id": "i", "type": "integer", "validation": rule},
        {"external_id": "d", "type": "date"},
        {"external_id": "e", "type": "enum", "datasource": values},
        {"external_id": "m", "type": "set", "datasource": values},
    ):
        api.add_metadata_field({"label": "x", **field})
    return sdk


def upload(**options: Any) -> Any:
    """An image."""
    return uploader.upload(picture(), public_id="x", **options)


def test_an_upload_gets_values_and_defaults(fields: Account) -> None:
    assert upload()["metadata"] == {"s": "std"}
    sent = {"s": "a|b=c", "i": 9, "d": "2024-01-31", "e": "b", "m": ["a", "b"]}
    assert upload(metadata=sent)["metadata"] == sent
    assert upload()["metadata"] == {"s": "std"}  # a new file, new values


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"unknown": "x"}, 'Metadata External IDs do not exist: ."unknown"'),
        ({"s": ""}, "mandatory"),
        ({"i": 10}, "less than 10"),
        ({"i": "x"}, "whole number"),
        ({"d": "31.1.2024"}, "YYYY-MM-DD"),
        ({"e": "B"}, "entry of the datasource"),
        ({"m": ["a", "c"]}, "entry of the datasource"),
    ],
)
def test_wrong_values_change_nothing(
    fields: Account, metadata: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadRequest, match=message):
        upload(metadata=metadata)
    assert api.usage()["resources"] == 0
    before = upload(metadata={"i": 1})
    for change in (
        lambda: uploader.explicit("x", type="upload", metadata=metadata),
        lambda: uploader.update_metadata(metadata, ["x"]),
        lambda: api.update("x", metadata=metadata),
    ):
        with pytest.raises(Error, match=message):
            change()
    assert api.resource("x")["metadata"] == before["metadata"] == {"s": "std", "i": 1}


def test_changes_keep_other_fields(fields: Account) -> None:
    upload(metadata={"i": 1, "e": "a"})
    assert uploader.update_metadata({"i": 2, "e": ""}, ["x", "missing"])["public_ids"] == ["x"]
    assert api.resource("x")["metadata"] == {"s": "std", "i": 2}
    changed = uploader.explicit("x", type="upload", metadata={"m": ["b"]})
    assert changed["metadata"] == {"s": "std", "i": 2, "m": ["b"]}
    api.update("x", metadata={"d": "2024-01-31"})
    assert api.resource("x")["metadata"]["d"] == "2024-01-31"


def test_deleted_fields_and_entries(fields: Account) -> None:
    upload(metadata={"i": 1, "e": "a"})
    api.delete_datasource_entries("e", ["a"])
    with pytest.raises(BadRequest, match="entry of the datasource"):
        uploader.upload(picture(), metadata={"e": "a"})
    assert api.resource("x")["metadata"]["e"] == "a"
    api.delete_metadata_field("i")
    assert api.resource("x")["metadata"] == {"s": "std", "e": "a"}
    with pytest.raises(BadRequest, match=r'do not exist: \["i"\]'):
        uploader.upload(picture(), metadata={"i": 1})


def test_fields_of_another_environment_do_not_count(fields: Account) -> None:
    other = fields.running.account()
    url = other.url("image/upload")
    file = {"file": ("x.png", picture())}
    refused = httpx.post(url, auth=other.auth, files=file, data={"metadata": "s=x"})
    assert refused.status_code == 400
    stored = httpx.post(url, auth=other.auth, files=file)
    assert "metadata" not in stored.json()
