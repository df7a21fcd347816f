"""Composite queries.

Two images and not a third; words and an image; the first within a folder.

Baseline: searches by one stored image, taking turns, over HTTP.

Target: a median of at most 1.5 times that of a single query.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.bench.bench import Bench
from tests.bench.client import Refused
from tests.bench.library import TEXTS
from tests.bench.results import Line, Missing, Target, percentiles
from tests.bench.rows import asset_id, expression
from tests.bench.statistics import interleaved

_TARGET = Target("ratio", 1.5)


def compare(bench: Bench) -> Iterator[Line]:
    """Times of each kind of composite query."""
    with bench.client() as client:
        for name, parameters in _KINDS.items():
            bench.progress(name)
            numbers = bench.draw(3 * bench.calls, 8).reshape(-1, 3).tolist()
            asked = (_call(client.search, parameters(*each)) for each in numbers)
            single = (
                _call(client.search, {"image_asset_id": asset_id(number).hex})
                for number in bench.draw(bench.calls, 9)
            )
            try:
                times, alone = interleaved([asked, single], bench.warm_up)
            except Refused as error:
                yield Missing(name, str(error))
                continue
            yield from percentiles(name, times, alone, p50=_TARGET)


def _call(search: Callable[..., object], parameters: dict[str, Any]) -> Callable[[], object]:
    return lambda: search(**parameters)


def _image(number: int, weight: float) -> dict[str, object]:
    return {"image_asset_id": asset_id(number).hex, "weight": weight}


def _two_and_not(first: int, second: int, third: int) -> dict[str, object]:
    return {"queries": json.dumps([_image(first, 1), _image(second, 1), _image(third, -0.5)])}


def _words_and_image(first: int, second: int, _: int) -> dict[str, object]:
    words = {"text": f"query {first % TEXTS}", "weight": 1}
    return {"queries": json.dumps([words, _image(second, 0.5)])}


def _in_a_folder(first: int, second: int, third: int) -> dict[str, object]:
    return {**_two_and_not(first, second, third), "expression": expression("folder10")}


_KINDS = {
    "two images, not a third": _two_and_not,
    "words and an image": _words_and_image,
    "two images, not a third, in a folder": _in_a_folder,
}
