"""How good a match is, in words: a score alone says little to somebody who looks for a picture."""

from typing import Any

import msgspec

_LEVELS = {
    "same": ("same", "Same image"),
    "near_duplicate": ("close", "Nearly the same"),
    "similar": ("close", "Close match"),
    "related": ("good", "Good match"),
    "weak": ("fair", "Weak match"),
}
_MOST = 1_000_000


class Match(msgspec.Struct, frozen=True):
    """A score from 0 to 1 with its level, which is the name of a style, and its words."""

    score: float
    level: str
    words: str
    hidden: int = 0
    """How many near-identical images that match as well are not shown."""

    @property
    def weak(self) -> bool:
        """Whether chance alone may have brought it near."""
        return self.level == "fair"

    @property
    def one_in(self) -> int:
        """Among how many random images one would be as near (as `search.score` defines scores)."""
        return round(min(_MOST, (1 - min(self.score, 0.99)) ** -10))

    @property
    def percent(self) -> int:
        """How far the bar goes, of 100: half is where good matches begin."""
        return round(self.score * 100)


def match(hit: dict[str, Any]) -> Match:
    """The words for a hit of a ranking."""
    level, words = _LEVELS[hit["match"]]
    return Match(hit["score"], level, words, hit.get("hidden") or 0)
