"""Filters of the library: which images are looked at, whatever is looked for among them."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import msgspec

from app.contract.expression import parse
from app.ingest import TYPES
from app.search import Filter

ACCESS = {"upload": "Public", "private": "Private", "authenticated": "Authenticated"}
FORMATS = ("jpg", "png", "webp", "gif", "avif", "heic", "tiff", "bmp")
_FORMAT = re.compile(r"[a-z0-9]{1,10}")
_MOST_TAGS = 20


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What has to hold of an image; empty is anything. All of it is in the address."""

    folder: str = ""
    """The images in this folder and in those below it."""
    tag: tuple[str, ...] = ()
    """All of them."""
    type: str = ""
    format: str = ""
    after: str = ""
    """The first day, such as 2026-05-31, on which it may have been added."""
    before: str = ""
    """The last one."""
    expression: str = ""
    """One of the Search API."""

    def __bool__(self) -> bool:
        return self != Filters()

    def pairs(self) -> Iterator[tuple[str, str]]:
        """As addresses have them."""
        for name, value in msgspec.structs.asdict(self).items():
            for each in value if isinstance(value, tuple) else filter(None, (value,)):
                yield name, each

    def chips(self) -> Iterator[tuple[str, str, "Filters"]]:
        """Each filter as a name, its words, and the filters without it."""
        for tag in self.tag:
            rest = tuple(each for each in self.tag if each != tag)
            yield "Tag", tag, msgspec.structs.replace(self, tag=rest)
        texts = {
            "folder": ("Folder", self.folder),
            "type": ("Access", ACCESS.get(self.type, "")),
            "format": ("Format", self.format.upper()),
            "after": ("Added from", self.after),
            "before": ("Added until", self.before),
            "expression": ("Where", self.expression),
        }
        for name, (label, text) in texts.items():
            if text:
                yield label, text, msgspec.structs.replace(self, **{name: ""})

    def for_search(self) -> Filter:
        """What `app.search` calls them.

        Raises:
            BadRequest: the expression cannot be understood.
        """
        return Filter(
            expression=" AND ".join(self._expressions()),
            asset_folder=self.folder,
            tags=list(self.tag),
            type=self.type,
        )

    def _expressions(self) -> Iterator[str]:
        if self.format:
            yield f"format={self.format}"
        if self.after:
            yield f"created_at>={self.after}"
        if self.before:
            yield f"created_at<={self.before}"
        if self.expression:
            parse(self.expression, datetime.now(UTC))  # by itself: a bracket may not close ours
            yield f"({self.expression})"


def read_filters(pairs: list[tuple[str, str]]) -> Filters:
    """The filters of an address. What makes no sense is as if it was not there."""
    texts = {name: text.strip() for name, text in pairs}
    tags = (tag.strip() for name, text in pairs if name == "tag" for tag in text.split(","))
    kind, format = texts.get("type", ""), texts.get("format", "").lower()
    return Filters(
        folder=texts.get("folder", "").strip("/"),
        tag=tuple(dict.fromkeys(filter(None, tags)))[:_MOST_TAGS],
        type=kind if kind in TYPES else "",
        format=format if _FORMAT.fullmatch(format) else "",
        after=_day(texts.get("after", "")),
        before=_day(texts.get("before", "")),
        expression=texts.get("expression", ""),
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
