"""What a search costs beside the same work without Iris, measured in the same run.

The library is made if it is not there yet. Ratios travel between machines, milliseconds do not.
"""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from tests.bench import results
from tests.bench.bench import Bench
from tests.bench.library import EF_CONSTRUCTION, Library, M, open_library
from tests.bench.registry import COMPARISONS, comparison, title
from tests.bench.results import Line, Missing

_DIRECTORY = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iris-bench"

progress = Console(stderr=True)


@click.command(help=__doc__)
@click.option("--size", default=100_000, show_default=True, help="Images in the library.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=_DIRECTORY,
    show_default=True,
    help="Where libraries and their PostgreSQL are kept.",
)
@click.option("--only", multiple=True, type=click.Choice(list(COMPARISONS)), help="Some of them.")
@click.option("--samples", default=300, show_default=True, help="Calls that are measured.")
@click.option("--warm-up", default=30, show_default=True, help="Calls before them.")
@click.option("--seconds", default=10.0, show_default=True, help="Of each throughput.")
@click.option("--markdown", is_flag=True, help="Print the README's table.")
def main(
    size: int,
    directory: Path,
    only: Sequence[str],
    samples: int,
    warm_up: int,
    seconds: float,
    markdown: bool,
) -> None:
    with progress.status("") as status:
        library = open_library(directory.absolute(), size, lambda text: status.update(text))
        bench = Bench(library, samples, warm_up, seconds, lambda text: status.update(text))
        where = _where(library)
        if not markdown:
            Console().print(where)
        sections = []
        for name in only or COMPARISONS:
            status.update(name)
            lines = _run(bench, name)
            sections.append((title(name), lines))
            if not markdown:
                Console().print(results.table(f"{name}: {title(name)}", lines))
        if markdown:
            print(f"{where}\n\n{results.markdown(sections)}")


def _run(bench: Bench, name: str) -> list[Line]:
    """The lines of a comparison. One that breaks does not lose those before and behind it."""
    lines: list[Line] = []
    try:
        lines.extend(comparison(name)(bench))
    except Exception as error:
        progress.print_exception()
        lines.append(Missing(name, f"it broke: {error!r}"))
    return lines


def _where(library: Library) -> str:
    """One sentence about machine, server and library."""
    with library.connect() as connection:
        found = connection.execute(
            """select
                current_setting('server_version'),
                (select extversion from pg_extension where extname = 'vector'),
                current_setting('shared_buffers')"""
        ).fetchone()
    assert found is not None
    postgres, pgvector, buffers = found
    defaults = library.settings
    return (
        f"{library.size:,} images, halfvec({library.vectors.shape[1]}), HNSW m {M} and"
        f" ef_construction {EF_CONSTRUCTION}, ef_search {defaults.ef_search}, exact up to"
        f" {defaults.exact_limit:,}; PostgreSQL {postgres.split()[0]} with pgvector {pgvector},"
        f" shared_buffers {buffers}, caches warm; {os.cpu_count()} cores of {_processor()},"
        f" {_memory()} GB, Python {platform.python_version()}; load and server on the same machine."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30))


if __name__ == "__main__":
    main()
