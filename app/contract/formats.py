"""Image formats by their lower-case extensions: which Iris writes, and which one to deliver in."""

from app.contract.transformation import AUTO
from app.errors import BadRequest

WRITTEN = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "gif": "image/gif",
}
_ALIASES = {"jpeg": "jpg", "jpe": "jpg", "tif": "tiff", "heif": "heic"}
_UNIVERSAL = ("jpg", "png", "gif")  # what every program shows, whatever it says that it accepts


def normal(extension: str) -> str:
    """Our name of a format: `JPEG` is `jpg`."""
    return _ALIASES.get(extension.lower(), extension.lower())


def content_type(format: str, kind: str = "image") -> str:
    """What to deliver bytes as; `kind` is image or video."""
    return WRITTEN.get(format) or f"{kind}/{format}"


def choose(asked: str | None, asset_format: str | None, accept: str = "") -> str:
    """The format to deliver a rendition in: the one asked for; for `auto` the best that `accept`
    names; else the asset's own, or jpg where that is one that we or browsers cannot deal with.

    Raises:
        BadRequest: Iris does not write the format asked for.
    """
    own = asset_format or "jpg"
    if asked == AUTO:
        named = _accepted(accept)
        best = next((each for each in ("avif", "webp") if WRITTEN[each] in named), None)
        return best or (own if own in _UNIVERSAL else "jpg")
    if asked is None:
        return own if own in WRITTEN else "jpg"
    if asked not in WRITTEN:
        raise BadRequest(f"Conversion of {own} to {asked[:20]} is not supported")
    return asked


def _accepted(accept: str) -> set[str]:
    """The content types that an Accept header names, those with quality 0 left out."""
    named = set()
    for part in accept.lower().split(","):
        kind, _, parameters = part.replace(" ", "").partition(";")
        if parameters.rstrip("0.") != "q=":
            named.add(kind)
    return named
