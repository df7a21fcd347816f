"""What kind of asset a file is, by its first bytes. Decodes nothing: an image may be broken."""

import re

import msgspec

_IMAGE = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP"
    rb"|....ftyp(?:avi[fs]|hei[cmsx]|hev[cmsx]|mi[fa]1|msf1)",
    re.DOTALL,
)
# Many other files begin like these: cameras' raw files are TIFFs, and BM are two letters.
_PERHAPS_IMAGE = re.compile(rb"II\*\0|MM\0\*|BM", re.DOTALL)
_VIDEOS = {
    "mov": rb"....ftypqt  ",
    "mp4": rb"....ftyp(?:isom|iso\d|mp4\d|avc1|M4V |M4VP|dash|mmp4|3gp\w|f4v )",
    "webm": rb"\x1aE\xdf\xa3.{0,60}webm",
    "mkv": rb"\x1aE\xdf\xa3.{0,60}matroska",
    "avi": rb"RIFF....AVI ",
}
_VIDEO = re.compile(
    b"|".join(b"(?P<%s>%s)" % (name.encode(), magic) for name, magic in _VIDEOS.items()), re.DOTALL
)


class Kind(msgspec.Struct, frozen=True):
    """A resource_type. `sure`: a file that begins so is nothing else, though it may be broken."""

    resource_type: str
    format: str | None = None
    sure: bool = True


def kind_of(data: bytes) -> Kind:
    """Image, video with its format, or raw."""
    head = data[:100]
    if _IMAGE.match(head):
        return Kind("image")
    if _PERHAPS_IMAGE.match(head):
        return Kind("image", sure=False)
    video = _VIDEO.match(head)
    return Kind("video", video.lastgroup) if video else Kind("raw")
