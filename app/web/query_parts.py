"""The parts of a visual search as the address has them: words, images, parts of images.

q=a dog             words
like=ID             an image of the library, or the part of it at ID@x,y,w,h (shares of its size)
picture=…           a picture of one's own, as `app.web.own_picture` seals it
image_url=…         a picture of the web
not_q=…  not_like=…  and so on: unlike that
"""

from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

import msgspec

from app.search import MOST_TERMS, Term

_KINDS = {
    "q": "text",
    "like": "image_asset_id",
    "picture": "picture",
    "image_url": "image_url",
}
_AGAINST = "not_"
_NEGATIVE = -0.5  # as strong as a positive one, it would lead away from what is looked for
_SMALLEST = 0.01  # of a side, as in the API

Region = tuple[float, float, float, float]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is searched for, or against."""

    name: str
    """q, like, picture or image_url."""
    value: str
    against: bool = False
    region: Region | None = None
    """Left, top, width and height of the part of the image that counts, as shares of its size."""

    @property
    def pair(self) -> tuple[str, str]:
        """As addresses have it."""
        value = self.value
        if self.region:
            value += "@" + ",".join(f"{number:g}" for number in self.region)
        return (_AGAINST + self.name if self.against else self.name), value

    @property
    def turned(self) -> "Part":
        """The same thing for instead of against, or against instead of for."""
        return msgspec.structs.replace(self, against=not self.against)

    def term(self) -> Term:
        """What `app.search` calls it."""
        corners = None
        if self.region:
            x, y, width, height = self.region
            corners = (x, y, min(1, x + width), min(1, y + height))
        return Term(
            kind=_KINDS[self.name],
            value=self.value,
            weight=_NEGATIVE if self.against else 1.0,
            region=corners,
        )


def read_parts(pairs: Iterable[tuple[str, str]]) -> tuple[Part, ...]:
    """The parts of an address in their order, each once, as many as a search takes."""
    found: dict[tuple[str, str], Part] = {}
    for name, text in pairs:
        kind = name.removeprefix(_AGAINST)
        if kind in _KINDS and text.strip():
            part = _part(kind, text.strip(), against=name != kind)
            found[part.name, part.pair[1]] = part
    return tuple(found.values())[:MOST_TERMS]


def _part(name: str, text: str, *, against: bool) -> Part:
    value, at, rest = text.partition("@")
    if name != "like":
        return Part(name=name, value=text, against=against)
    with suppress(ValueError):
        value = UUID(hex=value).hex
    region = _region(rest) if at else None
    return Part(name=name, value=value, against=against, region=region)


def _region(text: str) -> Region | None:
    """None where it is no part of an image: then the whole image counts."""
    try:
        x, y, width, height = (round(float(number), 4) for number in text.split(","))
    except (ValueError, OverflowError):
        return None
    inside = min(x, y) >= 0 and max(x + width, y + height) <= 1.001
    return (x, y, width, height) if inside and min(width, height) >= _SMALLEST else None
