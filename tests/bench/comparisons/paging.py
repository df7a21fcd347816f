"""Deep paging.

Twenty pages of 50, each by the cursor of the one before, over HTTP. Baseline: the first pages of
the same searches.

Target: page 20 takes at most twice as long as page 1, and no image comes twice.
"""

from collections.abc import Iterator

from tests.bench.bench import PAGE, Bench
from tests.bench.client import Client, ids
from tests.bench.results import Line, Result, Target, percentiles
from tests.bench.rows import asset_id
from tests.bench.statistics import Times, timed

PAGES = 20
_SHOWN = (2, 10, 20)
_SAMPLES = 50  # walks of 20 pages


def compare(bench: Bench) -> Iterator[Line]:
    """Times of some of the pages, and how many images came twice."""
    numbers = bench.draw(min(_SAMPLES, bench.samples) + 3, 5)
    with bench.client() as client:
        walks = [_walk(client, asset_id(number).hex) for number in numbers][3:]  # warm-up
    pages = [Times(tuple(times)) for times in zip(*(walk[0] for walk in walks), strict=False)]
    yield from percentiles("page 1", pages[0])
    for number in _SHOWN:
        if number <= len(pages):
            target = Target("ratio", 2) if number == PAGES else None
            yield from percentiles(f"page {number}", pages[number - 1], pages[0], p50=target)
    twice = sum(repeated for _, repeated in walks)
    yield Result("images that came twice", twice, "", target=Target("value", 0))
    shortest = min(len(walk[0]) for walk in walks)
    possible = min(PAGES, -(-bench.library.size // PAGE))
    yield Result("pages", shortest, "", target=Target("value", possible, "at least"))


def _walk(client: Client, identity: str) -> tuple[list[float], int]:
    """Milliseconds of each page, and how many images came again."""
    milliseconds: list[float] = []
    seen: list[object] = []
    parameters: dict[str, object] = {"image_asset_id": identity}

    def page() -> None:
        answer = client.search(**parameters)
        seen.extend(ids(answer))
        parameters["next_cursor"] = answer.get("next_cursor")

    while len(milliseconds) < PAGES and parameters.get("next_cursor", "first"):
        milliseconds.append(timed(page))
    return milliseconds, len(seen) - len(set(seen))
