"""Upload presets: how their settings are written and read back, and how they meet a request."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.contract.naming import random_text
from app.contract.wire import (
    invalid,
    parse_boolean,
    parse_context,
    parse_eager,
    parse_tags,
    parse_transformation,
)
from app.errors import BadRequest

_CONTROL = frozenset(
    {"timestamp", "api_key", "signature", "file", "cloud_name", "resource_type", "upload_preset"}
)
_BOOLEANS = frozenset({
    "accessibility_analysis", "async", "auto_chaptering", "backup", "cinemagraph_analysis",
    "clear_invalid", "colors", "disallow_public_id", "discard_original_filename", "eager_async",
    "exif", "faces", "image_metadata", "invalidate", "live", "media_metadata", "overwrite", "phash",
    "quality_analysis", "return_delete_token", "unique_display_name", "unique_filename",
    "use_asset_folder_as_public_id_prefix", "use_filename", "use_filename_as_display_name",
    "visual_search",
})  # fmt: skip
_TEXTS = frozenset({
    "asset_folder", "batch_id", "callback", "display_name", "eager_notification_url", "eval",
    "filename_override", "folder", "format", "moderation", "moderation_status", "notification_url",
    "on_success", "proxy", "public_id", "public_id_prefix", "similarity_search", "type",
})  # fmt: skip
_MERGED = ("tags", "context", "metadata")
_UNSIGNED = (
    "upload_preset", "callback", "public_id", "folder", "asset_folder", "tags", "context",
    "metadata", "face_coordinates", "custom_coordinates", "source", "filename_override",
    "manifest_transformation", "manifest_json", "template", "template_vars", "regions",
    "public_id_prefix",
)  # fmt: skip


class Preset(msgspec.Struct):
    """A named set of upload parameters, in the shape that the Admin API answers with."""

    name: str
    unsigned: bool
    settings: dict[str, Any]
    external_id: str


def random_name() -> str:
    """Eight characters of `[a-z0-9]`, for a preset that is created without a name."""
    return random_text(8)


def validate_name(name: str) -> str:
    """The name itself: 1 to 255 characters, any of them.

    Raises:
        BadRequest: it is empty or too long.
    """
    if not 1 <= len(name) <= 255:
        raise invalid("name", name, "A preset's name has 1 to 255 characters")
    return name


def settings_from_request(
    params: Mapping[str, Any],
) -> tuple[str | None, bool | None, dict[str, Any]]:
    """Name, `unsigned` and settings that a create or update request asks for; None is not given.

    Settings are in the form in which presets are read back: lists, objects and JSON booleans.
    Everything sent is kept, empty values too, so that an update can clear a setting.

    Raises:
        BadRequest: a value cannot be read.
    """
    name = params.get("name")
    unsigned = params.get("unsigned")
    rest = {key: value for key, value in params.items() if key not in ("name", "unsigned")}
    return (
        None if name in (None, "") else validate_name(str(name)),
        None if unsigned in (None, "") else parse_boolean("unsigned", unsigned),
        decode(rest),
    )


def decode(params: Mapping[str, Any]) -> dict[str, Any]:
    """Upload parameters without credentials, file and null values, each read by its kind.

    Raises:
        BadRequest: a value cannot be read.
    """
    return {
        name: _decode(name, value)
        for name, value in params.items()
        if value is not None and name not in _CONTROL
    }


def _decode(name: str, value: Any) -> Any:
    if name in _BOOLEANS:
        return value != "" and parse_boolean(name, value)
    if name in _TEXTS:
        return _decode_text(name, value)
    if name in _LISTS:
        return _LISTS[name](name, value)
    if name in _CHAINS and isinstance(value, str):
        return _CHAINS[name](value)
    return value


_LISTS: dict[str, Callable[[str, Any], Any]] = {
    "tags": parse_tags,
    "allowed_formats": parse_tags,
    "context": parse_context,
    "metadata": parse_context,
}
_CHAINS: dict[str, Callable[[str], Any]] = {
    "transformation": parse_transformation,
    "eager": parse_eager,
}


def _decode_text(name: str, value: Any) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise invalid(name, value)
    if name == "similarity_search" and value not in ("", "clip"):
        raise BadRequest(f"Illegal value for parameter similarity_search: {str(value)[:100]}")
    return str(value)


def unsigned_violations(params: Mapping[str, Any]) -> None:
    """Passes if an unsigned upload may send all of these parameters.

    Raises:
        BadRequest: the message has a sentence for each that it may not.
    """
    allowed = _CONTROL.union(_UNSIGNED)
    rest = f"Only {', '.join(_UNSIGNED)} upload parameters are allowed."
    problems = [
        f"{_title(name)} parameter is not allowed when using unsigned upload. {rest}"
        for name, value in params.items()
        if name not in allowed and not _is_empty(value)
    ]
    if problems:
        raise BadRequest(", ".join(problems))


def effective_params(
    request: Mapping[str, Any], preset: Preset | None, *, signed: bool
) -> dict[str, Any]:
    """Decoded parameters of an upload after its preset; names without a value are left out.

    A signed request overrules the preset. An unsigned one only fills what the preset leaves open,
    but tags, context and metadata are merged, and it never overwrites.

    Args:
        request: collected parameters as they were sent.
        signed: whether the caller proved who they are, by signature or otherwise.

    Raises:
        BadRequest: a value cannot be read, an unsigned upload asks for more than it may, or the
            preset does not let the caller choose the public_id.
    """
    if not signed:
        _check_unsigned(request, preset)
    asked = _present(decode(_present(request)))
    if preset is None:
        return asked
    defined = _present(decode(_present(preset.settings)))
    _check_public_id(asked, preset)
    if signed:
        return _uploadable(defined | asked)
    merged = asked | defined | _merge(asked, defined) | {"overwrite": False}
    if preset.settings.get("disallow_public_id"):
        merged["unique_filename"] = True
    return _uploadable(merged)


def _check_unsigned(request: Mapping[str, Any], preset: Preset | None) -> None:
    if preset is None:
        raise BadRequest("Upload preset must be specified when using unsigned upload")
    if not preset.unsigned:
        raise BadRequest("Upload preset must be whitelisted for unsigned uploads")
    unsigned_violations(request)


def _check_public_id(asked: Mapping[str, Any], preset: Preset) -> None:
    if preset.settings.get("disallow_public_id") and "public_id" in asked:
        raise BadRequest(f"Public id parameter is not allowed by upload preset {preset.name}")


def _merge(asked: Mapping[str, Any], defined: Mapping[str, Any]) -> dict[str, Any]:
    both = [name for name in _MERGED if name in asked and name in defined]
    return {
        name: list(dict.fromkeys([*defined[name], *asked[name]]))
        if name == "tags"
        else asked[name] | defined[name]
        for name in both
    }


def _uploadable(params: dict[str, Any]) -> dict[str, Any]:
    """Without the settings that are about the preset itself."""
    return {k: v for k, v in params.items() if k not in ("disallow_public_id", "live")}


def _present(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def _title(name: str) -> str:
    return name[:100].replace("_", " ").capitalize()


def wants_index(params: Mapping[str, Any]) -> bool | None:
    """Whether the asset shall be indexed for visual search; None if the request does not say.

    Raises:
        BadRequest: `visual_search` or `similarity_search` has a value that does not exist.
    """
    names = ("visual_search", "similarity_search")
    asked = decode(_present({name: params.get(name) for name in names}))
    return True if asked.get("similarity_search") else asked.get("visual_search")
