"""Small bar charts as inline SVG: geometry here, drawing in templates/settings/charts.html."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

import msgspec


class Piece(msgspec.Struct, frozen=True):
    """A part of a bar, in percent of the chart's height from its top."""

    top: float
    height: float


class Bar(msgspec.Struct, frozen=True):
    """One bar of pieces on top of each other; `title` says in words what it stands for."""

    title: str
    pieces: list[Piece]


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Bars from left to right. `names` are those of the pieces, the lowest one first."""

    names: Sequence[str]
    bars: list[Bar]
    highest: str
    first: str
    last: str


def chart(
    columns: Iterable[tuple[str, Sequence[float]]],
    names: Sequence[str],
    show: Callable[[float], str] = lambda number: f"{number:,.0f}",
) -> Chart | None:
    """A chart of columns: a label and the sizes of its pieces, as `show` writes them. None if all
    are empty.
    """
    given = list(columns)
    most = max((sum(sizes) for _, sizes in given), default=0)
    if not most:
        return None
    return Chart(
        names=names,
        bars=[
            Bar(_title(label, sizes, names, show), _pieces(sizes, most)) for label, sizes in given
        ],
        highest=show(most),
        first=given[0][0],
        last=given[-1][0],
    )


def _pieces(sizes: Sequence[float], most: float) -> list[Piece]:
    tops = accumulate(sizes)
    return [
        Piece(round(100 - 100 * top / most, 2), round(100 * size / most, 2))
        for top, size in zip(tops, sizes, strict=True)
    ]


def _title(
    label: str, sizes: Sequence[float], names: Sequence[str], show: Callable[[float], str]
) -> str:
    said = (f"{show(size)} {name}" for size, name in zip(sizes, names, strict=True))
    return f"{label}: {', '.join(said)}"
