"""The comparisons by name.

Each is a module with `compare` and a docstring that says what is compared with what, and what the
target is; its first line is the title of the table.
"""

from collections.abc import Callable, Iterator
from types import ModuleType

from tests.bench.bench import Bench
from tests.bench.comparisons import (
    composite,
    deletion,
    engines,
    filters,
    http,
    importing,
    index_build,
    inserts,
    paging,
    recall,
    throughput,
)
from tests.bench.results import Line

COMPARISONS: dict[str, ModuleType] = {
    "http": http,
    "throughput": throughput,
    "recall": recall,
    "engines": engines,
    "filters": filters,
    "paging": paging,
    "composite": composite,
    "inserts": inserts,
    "importing": importing,
    "index-build": index_build,
    "deletion": deletion,
}


def title(name: str) -> str:
    """The title of a comparison's table."""
    return (COMPARISONS[name].__doc__ or "").partition("\n")[0].rstrip(".")


def comparison(name: str) -> Callable[[Bench], Iterator[Line]]:
    """What makes its lines."""
    compare: Callable[[Bench], Iterator[Line]] = COMPARISONS[name].compare
    return compare
