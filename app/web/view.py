"""What the address bar says: which images are shown, and how."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec

from app.web.filters import Filters, read_filters
from app.web.query_parts import Part, read_parts

SORTS = {"newest": "Newest first", "oldest": "Oldest first", "name": "By name", "size": "Largest"}
RANKED_SORTS = {"": "Best first", **{name: SORTS[name] for name in ("newest", "oldest", "name")}}
_LONGEST = 12_000  # characters; the vector of a picture takes up to 11,000


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the library page."""

    parts: tuple[Part, ...] = ()
    """What is searched for."""
    mode: str = "visual"
    """Whether words are looked for in what images show, or in names and tags: visual or assets."""
    filters: Filters = Filters()
    sort: str = ""
    """One of `SORTS`, or of `RANKED_SORTS` for a ranking; empty is the usual order."""
    all: bool = False
    """Whether weak matches are shown, too."""
    collapse: bool = False
    """Whether a ranking shows one of each group of near-identical images."""
    asset: str = ""
    """The asset_id of the image whose details are open."""

    @property
    def visual(self) -> bool:
        """Whether images are ranked by what they show."""
        return self.by_words and bool(self.parts)

    @property
    def by_words(self) -> bool:
        """Whether the search box stands on Visual Search."""
        return self.mode == "visual"

    @property
    def q(self) -> str:
        """The words in the search box."""
        words = (part.value for part in self.parts if part.name == "q" and not part.against)
        return next(words, "")

    @property
    def examples(self) -> frozenset[str]:
        """The asset_ids of images that others shall be like: as matches they would say nothing."""
        found = (part for part in self.parts if part.name == "like" and not part.against)
        return frozenset(part.value for part in found)

    @property
    def browsing(self) -> bool:
        """Whether this is the library as it is, or a folder of it."""
        return not self.parts and self.filters == Filters(folder=self.filters.folder)

    @property
    def aimless(self) -> bool:
        """Whether there are only things that images shall not be like."""
        return self.visual and all(part.against for part in self.parts)

    def address(self, path: str = "/", **changes: Any) -> str:
        """The address of this view with some changes; what is as usual is left out."""
        pairs = list(msgspec.structs.replace(self, **changes)._pairs())
        return f"{path}?{urlencode(pairs, safe='@,')}" if pairs else path

    def with_filters(self, **changes: Any) -> "View":
        """This view with some filters changed."""
        filters = msgspec.structs.replace(self.filters, **changes)
        return msgspec.structs.replace(self, filters=filters)

    def without(self, part: Part) -> "View":
        """This view without a part of what is searched for."""
        parts = tuple(each for each in self.parts if each != part)
        return msgspec.structs.replace(self, parts=parts, sort=self.sort if parts else "")

    def turned(self, part: Part) -> "View":
        """This view with a part of what is searched for turned around."""
        parts = tuple(each.turned if each == part else each for each in self.parts)
        return msgspec.structs.replace(self, parts=parts)

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for part in self.parts:
            yield part.pair
        yield from self.filters.pairs()
        usual = View()
        for name in ("mode", "sort", "all", "collapse", "asset"):
            value = getattr(self, name)
            if value != getattr(usual, name):
                yield name, "1" if value is True else value


def read_view(params: Iterable[tuple[str, str]]) -> View:
    """The view of an address. What makes no sense is as if it was not there."""
    pairs = [(name, _storable(value[:_LONGEST])) for name, value in params]
    texts, parts = dict(pairs), read_parts(pairs)
    assets = texts.get("mode") == "assets" and all(part.name == "q" for part in parts)
    sorts = RANKED_SORTS if parts and not assets else SORTS
    sort = texts.get("sort", "")
    return View(
        parts=tuple(part for part in parts if not part.against)[:1] if assets else parts,
        mode="assets" if assets else "visual",
        filters=read_filters(pairs),
        sort=sort if sort in sorts else "",
        all=texts.get("all") == "1",
        collapse=texts.get("collapse") == "1",
        asset=texts.get("asset", ""),
    )


def _storable(text: str) -> str:
    """Without what PostgreSQL takes in no text."""
    return text.replace("\0", "").encode(errors="replace").decode()
