"""Files to be saved and not shown: `fl_attachment` in a URL, and the header that says so."""

import re
from pathlib import PurePosixPath
from urllib.parse import quote

_FLAG = re.compile(r"fl_attachment(?::(?P<name>.{1,255}))?", re.DOTALL)
_ODD = re.compile(r"[^\w .()@=+-]", re.ASCII)


def split_attachment(transformation: str) -> tuple[str, str | None]:
    """The transformation without `fl_attachment[:name]`, and the name; empty if there is none of
    it, None where the flag is missing.
    """
    name = None
    components = []
    for component in transformation.split("/"):
        kept = []
        for part in component.split(","):
            found = _FLAG.fullmatch(part)
            if found:
                name = found["name"] or ""
            else:
                kept.append(part)
        components.append(",".join(kept))
    return "/".join(filter(None, components)), name


def disposition(public_id: str, format: str | None, name: str = "") -> str:
    """The `Content-Disposition` (RFC 6266) of a file that a browser saves.

    Args:
        format: the ending that the name gets; None for a raw file, whose public_id ends with it.
        name: without an ending; by default the last segment of the public_id.
    """
    path = PurePosixPath(public_id)
    ending = f".{format}" if format else path.suffix
    stem = name.removesuffix(ending) or (path.name if format else path.stem)
    filename = f"{stem}{ending}".replace("/", "_")
    plain = _ODD.sub("_", filename)
    value = f'attachment; filename="{plain}"'
    return value if plain == filename else f"{value}; filename*=UTF-8''{quote(filename, safe='')}"
