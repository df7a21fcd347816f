"""What was measured, beside what it is compared with and what was aimed for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from rich.table import Table

from tests.bench.statistics import Times

_COLUMNS = ("", "measured", "baseline", "ratio", "target", "met", "remarks")


@dataclass(frozen=True)
class Target:
    """A limit of the value itself, of its ratio to the baseline, or of its difference from it."""

    of: Literal["value", "ratio", "difference"]
    limit: float
    sense: Literal["at most", "at least"] = "at most"

    def met(self, value: float, baseline: float | None) -> bool:
        """Whether a measurement keeps to it."""
        reached = value
        if self.of != "value":
            assert baseline is not None
            reached = value / baseline if self.of == "ratio" else value - baseline
        return reached <= self.limit if self.sense == "at most" else reached >= self.limit

    def text(self, unit: str) -> str:
        """For people."""
        sign = "≤" if self.sense == "at most" else "≥"
        if self.of == "ratio":
            return f"{sign} {self.limit:g} ×"
        if self.of == "difference":
            return f"{sign} baseline + {self.limit:g} {unit}"
        return f"{sign} {_number(self.limit, unit)}"


@dataclass(frozen=True)
class Result:
    """One line: a value in a unit, perhaps with a baseline in the same unit and a target."""

    name: str
    value: float
    unit: str = "ms"
    baseline: float | None = None
    target: Target | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value by baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the target is; None without one."""
        return self.target.met(self.value, self.baseline) if self.target else None

    def cells(self) -> tuple[str, ...]:
        """The texts of _COLUMNS."""
        return (
            self.name,
            _number(self.value, self.unit),
            "" if self.baseline is None else _number(self.baseline, self.unit),
            "" if self.ratio is None else f"{self.ratio:.2f}",
            self.target.text(self.unit) if self.target else "",
            {None: "", True: "yes", False: "no"}[self.met],
            self.note,
        )


@dataclass(frozen=True)
class Missing:
    """A line for what this server cannot do, or this machine lacks, and why."""

    name: str
    why: str

    def cells(self) -> tuple[str, ...]:
        """The texts of _COLUMNS."""
        return (self.name, "not measured", "", "", "", "", self.why)


Line = Result | Missing


def percentiles(
    name: str,
    times: Times,
    baseline: Times | None = None,
    *,
    p50: Target | None = None,
    p95: Target | None = None,
) -> list[Result]:
    """A line for each that has a target, or for p50; what has no line is a remark on the first."""
    lines = []
    for share, target in ((50, p50), (95, p95)):
        base = baseline and baseline.percentile(share)
        lines.append(Result(f"{name}, p{share}", times.percentile(share), "ms", base, target))
    shown = [line for line in lines if line.target] or lines[:1]
    left_out = [_remark(line) for line in lines if line not in shown]
    shown[0] = replace(shown[0], note=", ".join([*left_out, f"n={times.count}"]))
    return shown


def _remark(line: Result) -> str:
    compared = "" if line.baseline is None else f" ({_number(line.baseline, line.unit)})"
    return f"{line.name.rpartition(' ')[2]} {_number(line.value, line.unit)}{compared}"


def table(title: str, lines: Iterable[Line]) -> Table:
    """For a terminal."""
    made = Table(title=title, title_justify="left", title_style="bold")
    for number, column in enumerate(_COLUMNS):
        made.add_column(column, justify="left" if number in (0, 4, 6) else "right")
    for line in lines:
        style = "red" if isinstance(line, Result) and line.met is False else None
        made.add_row(*line.cells(), style=style)
    return made


def markdown(sections: Iterable[tuple[str, Iterable[Line]]]) -> str:
    """The README's table: the lines of all comparisons, each under its title."""
    rows = [_COLUMNS, ("---", *["---:"] * 3, *["---"] * 3)]
    for title, lines in sections:
        rows.append((f"**{title}**", *[""] * 6))
        rows += [line.cells() for line in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _number(value: float, unit: str) -> str:
    if unit == "recall":
        return f"{value:.4f}"
    digits = 2 if value < 10 else 1 if value < 100 else 0
    text = f"{value:,.{digits}f}" if unit else f"{value:g}"
    return f"{text} {unit}".rstrip()
