"""What the address bar says: which images are shown, and how."""

from typing import Any
from urllib.parse import urlencode

import msgspec

SORTS = {"newest": "Newest first", "oldest": "Oldest first", "name": "By name", "size": "Largest"}
_MODES = ("visual", "assets")
_LONGEST = 12_000  # characters; the vector of a picture takes up to 11,000


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the library page. Of the four queries, the first that is there counts."""

    like: str = ""
    """The asset_id of an image to find similar ones of."""
    picture: str = ""
    """A picture of one's own: its vector, as `app.web.own_picture` seals it."""
    image_url: str = ""
    q: str = ""
    mode: str = "visual"
    """Whether `q` is looked for in what images show, or in names and tags: visual or assets."""
    folder: str = ""
    sort: str = "newest"
    all: bool = False
    """Whether weak matches are shown, too."""
    asset: str = ""
    """The asset_id of the image whose details are open."""

    @property
    def visual(self) -> bool:
        """Whether images are ranked by what they show."""
        return bool(self.like or self.picture or self.image_url or (self.q and self.by_words))

    @property
    def by_words(self) -> bool:
        """Whether the search box stands on Visual Search."""
        return self.mode == "visual"

    def address(self, path: str = "/", **changes: Any) -> str:
        """The address of this view with some changes; what is as usual is left out."""
        changed = msgspec.structs.replace(self, **changes)
        usual = View()
        pairs = [
            (name, "1" if value is True else value)
            for name, value in msgspec.structs.asdict(changed).items()
            if value != getattr(usual, name)
        ]
        return f"{path}?{urlencode(pairs)}" if pairs else path


def read_view(params: dict[str, str]) -> View:
    """The view of an address. What makes no sense is as if it was not there."""
    texts = {name: _storable(value[:_LONGEST]) for name, value in params.items()}
    sort, mode = texts.get("sort", ""), texts.get("mode", "")
    return View(
        **{name: texts.get(name, "") for name in ("like", "picture", "asset")},
        **{name: texts.get(name, "").strip() for name in ("image_url", "q")},
        folder=texts.get("folder", "").strip("/"),
        mode=mode if mode in _MODES else "visual",
        sort=sort if sort in SORTS else "newest",
        all=texts.get("all") == "1",
    )


def _storable(text: str) -> str:
    """Without what PostgreSQL takes in no text."""
    return text.replace("\0", "").encode(errors="replace").decode()
