"""Cloudinary's paid add-ons, none of which Iris has: asking for one is an error, as it is there."""

from collections.abc import Mapping
from typing import Any

from app.errors import BadRequest

OF_UPDATE = ("raw_convert", "categorization", "detection", "background_removal", "ocr")
_OF_UPLOAD = {
    "raw_convert": "Raw convert is invalid",
    "categorization": "Categorization item {value} is not valid",
    "detection": "Detection invalid model '{value}'",
    "background_removal": "Background removal {value} is invalid",
    "ocr": "Ocr {value} is invalid",
}
_AUTO_TAGGING = "Must use a categorization add-on with auto_tagging, and there is none"


def refuse_for_update(params: Mapping[str, Any]) -> None:
    """Passes if an Admin API update asks for no add-on.

    Raises:
        BadRequest: `Illegal value for parameter …`, as Cloudinary has it.
    """
    for name in OF_UPDATE:
        if params.get(name):
            raise BadRequest(f"Illegal value for parameter {name}: {str(params[name])[:100]}")
    _refuse_auto_tagging(params)


def refuse_for_upload(params: Mapping[str, Any]) -> None:
    """Passes if an Upload API call asks for no add-on.

    Raises:
        BadRequest: in Cloudinary's words for that add-on.
    """
    for name, message in _OF_UPLOAD.items():
        if params.get(name):
            raise BadRequest(message.format(value=str(params[name])[:100]))
    _refuse_auto_tagging(params)


def _refuse_auto_tagging(params: Mapping[str, Any]) -> None:
    if params.get("auto_tagging"):
        raise BadRequest(_AUTO_TAGGING)
