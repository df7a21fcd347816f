"""Assets in tests that use the official Python SDK: put in, listed, found."""

from typing import Any

from cloudinary import api, uploader

from tests.fake_encoder import picture


def upload(public_id: str, colour: str = "red", **options: Any) -> Any:
    """Stores an image of that name and colour."""
    return uploader.upload(picture(colour), public_id=public_id, **options)


def ids(answer: Any) -> list[str]:
    """The public_ids of a list."""
    return [resource["public_id"] for resource in answer["resources"]]


def found(text: str) -> list[str]:
    """The public_ids that a visual search finds."""
    return ids(api.visual_search(text=text))
