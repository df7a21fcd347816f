"""Filtered searches at five selectivities.

`expression` lets 50, 10, 1, 0.1 and 0.01 % of the library pass: by a tag that images have at
random, by a tag of whole topics, by a folder. The search is by a random image of the library, which
may or may not pass itself.

Baseline: the same searches without a condition, taking turns. Recall is against exact arithmetic
over the images that pass.

Target: every page is full if enough images pass, and p95 is under 5 times the unfiltered one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.bench import rows
from tests.bench.bench import PAGE, Bench
from tests.bench.client import Client, Refused, ids
from tests.bench.results import Line, Missing, Result, Target, percentiles
from tests.bench.statistics import exact, interleaved, recall
from tests.bench.vectors import Vectors

_FULL = Target("value", 1, "at least")
_P95 = Target("ratio", 5)
_SAMPLES = 100  # of each of 15 conditions


def compare(bench: Bench) -> Iterator[Line]:
    """Pages, recall and times of each condition."""
    with bench.client() as client:
        for kind, words in _WORDS.items():
            for name, share in rows.SELECTIVITIES.items():
                bench.progress(f"{kind}{name}")
                try:
                    yield from _condition(bench, client, f"{kind}{name}", f"{words}, {share:.2%}")
                except (Refused, _Unheeded) as error:
                    yield Missing("filters", str(error))
                    return


_WORDS = {"any": "tag", "near": "tag of topics", "folder": "folder"}  # of rows.KINDS


class _Unheeded(Exception):
    """The server answered with images that the condition does not let pass."""


def _condition(bench: Bench, client: Client, condition: str, title: str) -> Iterator[Line]:
    numbers = bench.draw(min(_SAMPLES, bench.samples) + bench.warm_up, 3)
    run = _Run(client, condition)
    plain, filtered = interleaved(
        [run.plain(bench.draw(len(numbers), 4)), run.filtered(numbers)], bench.warm_up
    )
    found = [
        [bench.library.numbers[identity] for identity in ids(answer)]
        for answer in run.answers[bench.warm_up :]
    ]
    mask = bench.library.masks[condition]
    if not all(mask[each].all() for each in found if each):
        raise _Unheeded("this server does not heed `expression` here")
    queries = bench.library.vectors[numbers[bench.warm_up :]]
    yield from _pages(bench.library.vectors, title, queries, mask, found)
    yield from percentiles(title, filtered, plain, p95=_P95)


def _pages(
    vectors: Vectors, title: str, queries: Vectors, mask: rows.Mask, found: Sequence[Sequence[int]]
) -> Iterator[Line]:
    possible = min(PAGE, int(mask.sum()))
    full = float(np.mean([len(each) == possible for each in found]))
    share = recall(vectors, exact(vectors, queries, PAGE, mask), found, PAGE)
    note = f"recall {share:.4f}" + (f", {possible} images pass" if possible < PAGE else "")
    yield Result(f"{title}, pages that are full", full, "", target=_FULL, note=note)


@dataclass
class _Run:
    client: Client
    condition: str
    answers: list[dict[str, Any]] = field(default_factory=list)

    def plain(self, numbers: Sequence[int]) -> Iterator[Callable[[], object]]:
        for number in numbers:
            identity = rows.asset_id(number).hex
            yield lambda identity=identity: self.client.search(image_asset_id=identity)

    def filtered(self, numbers: Sequence[int]) -> Iterator[Callable[[], object]]:
        wanted = rows.expression(self.condition)
        for number in numbers:
            identity = rows.asset_id(number).hex
            yield lambda identity=identity: self.answers.append(
                self.client.search(image_asset_id=identity, expression=wanted)
            )
