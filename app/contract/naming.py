"""What an asset is called: public_id, folder, display name. Knows nothing of what is stored."""

import re
import secrets
import string
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from app.contract.wire import parse_boolean
from app.errors import BadRequest

MAX_LENGTH = 255
_EXTENSION = 20  # characters of a raw asset's extension, the full stop included

_ALPHABET = string.ascii_lowercase + string.digits
_ILLEGAL = re.compile(r"[?&#\\%<>+\x00-\x1f\x7f]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def random_text(length: int) -> str:
    """Random characters of `[a-z0-9]`."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def validate_public_id(public_id: str) -> str:
    """The public_id itself, if an asset may be called so.

    Raises:
        BadRequest: it is empty or longer than 255 characters, begins or ends with a space or slash,
            has an empty or dotted segment, or contains one of ``? & # \\ % < > +``.
    """
    if len(public_id) > MAX_LENGTH:
        raise BadRequest(f"public_id is too long. The maximum is {MAX_LENGTH} characters")
    segments = public_id.split("/")
    if _ILLEGAL.search(public_id):
        reason = "It must not contain any of ? & # \\ % < > + or control characters"
    elif public_id != public_id.strip() or not segments[0] or not segments[-1]:
        reason = "It must not be empty, nor begin or end with a space or a slash"
    elif any(segment in ("", ".", "..") for segment in segments):
        reason = "It must not contain an empty segment, . or .."
    else:
        return public_id
    raise BadRequest(f"public_id ({public_id}) is invalid. {reason}")


def normalize_folder(folder: str, name: str = "folder") -> str:
    """A folder as it is stored: `a/b`, without slashes around it; `` is the root.

    Raises:
        BadRequest: it contains `.` or `..` as a segment, control characters, or is too long.
    """
    segments = [segment.strip() for segment in folder.split("/")]
    path = "/".join(filter(None, segments))
    if _CONTROL.search(folder) or not {".", ".."}.isdisjoint(segments) or len(path) > MAX_LENGTH:
        raise BadRequest(f"Invalid value for parameter {name}: {folder[:MAX_LENGTH]}")
    return path


def asset_folder_for(params: Mapping[str, Any]) -> str:
    """The folder that shows the asset: `asset_folder`, else the older parameter `folder`."""
    name = "asset_folder" if params.get("asset_folder") is not None else "folder"
    return normalize_folder(params.get(name) or "", name)


def original_filename(filename: str | None) -> str:
    """The last segment of a path (POSIX or Windows) without its extension; `file` if unknown."""
    return PurePosixPath(_basename(filename)).stem


def public_id_for(
    params: Mapping[str, Any], filename: str | None, resource_type: str = "image"
) -> str:
    """The public_id of an upload: the one asked for, or one made up by the naming parameters.

    `public_id_prefix`, else `folder`, else `asset_folder` (if
    `use_asset_folder_as_public_id_prefix`) goes in front. The ids of raw assets that are made up
    keep the file's extension.

    Args:
        params: decoded upload parameters.
        filename: as the client sent it, possibly a full path.

    Raises:
        BadRequest: the result is not a legal public_id.
    """
    prefix = _prefix(params)
    asked = params.get("public_id")
    if asked:
        validate_public_id(asked)
        return validate_public_id(f"{prefix}{asked}")
    return validate_public_id(prefix + _made_up(params, filename, resource_type, len(prefix)))


def display_name_for(params: Mapping[str, Any], public_id: str, filename: str | None) -> str:
    """What people see: `display_name`, the file's name if asked for, or the public_id's last part.

    Raises:
        BadRequest: the name asked for contains a slash or is longer than 255 characters.
    """
    asked = params.get("display_name")
    if asked:
        if "/" in asked or _CONTROL.search(asked) or len(asked) > MAX_LENGTH:
            raise BadRequest(f"Invalid value for parameter display_name: {asked[:MAX_LENGTH]}")
        return str(asked)
    if _flag(params, "use_filename_as_display_name"):
        return original_filename(params.get("filename_override") or filename)[:MAX_LENGTH]
    return public_id.rpartition("/")[2]


def _basename(filename: str | None) -> str:
    # the name is stored, so half a surrogate pair or a NUL must not get any further
    text = (filename or "").encode(errors="replace").decode().replace("\\", "/")
    name = _CONTROL.sub("_", text.rstrip("/").rpartition("/")[2].strip())
    return name if name.strip(".") else "file"


def _prefix(params: Mapping[str, Any]) -> str:
    for name in ("public_id_prefix", "folder", "asset_folder"):
        applies = name != "asset_folder" or _flag(params, "use_asset_folder_as_public_id_prefix")
        path = normalize_folder(params.get(name) or "", name) if applies else ""
        if path:
            return f"{_ILLEGAL.sub('_', path)}/"
    return ""


def _made_up(
    params: Mapping[str, Any], filename: str | None, resource_type: str, taken: int
) -> str:
    path = PurePosixPath(_basename(params.get("filename_override") or filename))
    extension = (
        _ILLEGAL.sub("_", path.suffix[:_EXTENSION]).rstrip() if resource_type == "raw" else ""
    )
    if not _flag(params, "use_filename") or _flag(params, "discard_original_filename"):
        return random_text(20) + extension
    suffix = f"_{random_text(6)}" if _flag(params, "unique_filename", True) else ""
    room = max(1, MAX_LENGTH - taken - len(suffix) - len(extension))
    stem = _ILLEGAL.sub("_", path.stem)[:room].strip()
    return f"{stem if stem.strip('.') else 'file'}{suffix}{extension}"


def _flag(params: Mapping[str, Any], name: str, default: bool = False) -> bool:
    value = params.get(name)
    return default if value in (None, "") else parse_boolean(name, value)
