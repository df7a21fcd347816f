"""Searching while an import runs at full speed.

Another process stores pictures as `iris import` does, 16 at a time: decoded, hashed, with bytes,
row and embedding, but with vectors that cost nothing, so that it writes as fast as it can.
Baseline: the same searches over HTTP just before, on the same copy of the library.

Target: p95 of a search by asset within three times that at rest; words answer within a second.
"""

from collections.abc import Callable, Iterator, Mapping
from subprocess import Popen

from tests.bench.bench import Bench
from tests.bench.client import SEARCH, Client
from tests.bench.library import TEXTS
from tests.bench.results import Line, Missing, Result, Target, percentiles
from tests.bench.rows import asset_id
from tests.bench.serving import process
from tests.bench.statistics import Times, interleaved

_P95 = Target("ratio", 3)
_WORDS = Target("value", 1000)


def compare(bench: Bench) -> Iterator[Line]:
    """Times at rest and during the import, and the import's rate."""
    with bench.library.copied() as library, bench.client(library) as client:
        bench.progress("at rest")
        images_before, words_before = _search(client, bench, 10)
        with process("tests.bench.importer", library) as importer:
            bench.progress("the import starts")
            if not importer.stdout or importer.stdout.readline() != "under way\n":
                yield Missing("import", "it did not start")
                return
            bench.progress("during the import")
            images, words = _search(client, bench, 20)
            rate, failures = _stop(importer)
    yield from percentiles("by asset, during an import", images, images_before, p95=_P95)
    yield from percentiles("by words, during an import", words, words_before, p95=_WORDS)
    yield Result("import", rate, "images/s", note=failures)


def _search(client: Client, bench: Bench, seed: int) -> list[Times]:
    by_image = (
        _call(client, {"image_asset_id": asset_id(number).hex})
        for number in bench.draw(bench.calls, seed)
    )
    by_words = (
        _call(client, {"text": f"query {number % TEXTS}"})
        for number in bench.draw(bench.calls, seed + 1)
    )
    return interleaved([by_image, by_words], bench.warm_up)


def _call(client: Client, parameters: Mapping[str, object]) -> Callable[[], object]:
    return lambda: client.get(SEARCH, parameters)


def _stop(importer: "Popen[str]") -> tuple[float, str]:
    """Ends the import; its rate, and what failed in it."""
    output, _ = importer.communicate()
    stored, seconds, *failures = output.split()
    return int(stored) / float(seconds), " ".join(failures)
