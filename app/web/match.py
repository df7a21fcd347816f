"""How good a match is, in words: a score alone says little to somebody who looks for a picture."""

from itertools import pairwise

import msgspec

from app.web.view import View


class Direction(msgspec.Struct, frozen=True):
    """From which score on images of a kind of search are a good match, or a close one."""

    good: float
    close: float
    fair: float


_BY_WORDS = Direction(good=0.18, close=0.26, fair=0.1)
_BY_PICTURE = Direction(good=0.2, close=0.4, fair=0.1)


class Match(msgspec.Struct, frozen=True):
    """A score from 0 to 1 with its level, which is the name of a style, and its words."""

    score: float
    level: str
    words: str
    fill: int
    """How far the bar goes, of 100: half is where good matches begin."""

    @property
    def percent(self) -> int:
        """The score in whole per cent."""
        return round(self.score * 100)


def direction(view: View) -> Direction:
    """What scores mean in a view."""
    by_words = view.q and not (view.like or view.picture or view.image_url)
    return _BY_WORDS if by_words else _BY_PICTURE


def match(score: float, toward: Direction) -> Match:
    """The words for a score."""
    fill = _fill(score, toward)
    if score >= toward.close:
        return Match(score, "close", "Close match", fill)
    if score >= toward.good:
        return Match(score, "good", "Good match", fill)
    if score >= toward.fair:
        return Match(score, "fair", "Weak match", fill)
    return Match(score, "none", "No match", fill)


def _fill(score: float, toward: Direction) -> int:
    steps = ((0.0, 0), (toward.fair, 25), (toward.good, 50), (toward.close, 75), (1.0, 100))
    for (low, from_), (high, to) in pairwise(steps):
        if score < high:
            return round(from_ + (to - from_) * (score - low) / (high - low))
    return 100
