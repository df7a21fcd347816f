"""iris search, iris similar: results as a table or as JSON."""

import json
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from app.cli.command import console, iris_command, loaded_runtime, notices, prepare
from app.db import assets, environments
from app.db.assets import Asset
from app.db.environments import Environment
from app.errors import NotFound
from app.ingest import TYPES
from app.runtime import Runtime
from app.search import MOST_RESULTS, Filter, Page, Query, Term
from app.search import search as find_images

_count = click.option(
    "-n",
    "--max-results",
    default=10,
    show_default=True,
    type=click.IntRange(1, MOST_RESULTS),
    help="How many images to show.",
)
_threshold = click.option(
    "--threshold",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Leave out images with a lower score.",
)
_filter = click.option(
    "--expression",
    default="",
    help="Rank only what this expression describes, for example: tags=summer AND folder:trips/*",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


@click.command()
@click.argument("cloud")
@click.argument("words")
@_count
@_threshold
@_filter
@_json
@iris_command
async def search(
    cloud: str, words: str, max_results: int, threshold: float, expression: str, as_json: bool
) -> None:
    """Show the images of CLOUD that look like WORDS, best first."""
    settings, url = prepare()
    async with loaded_runtime(settings, url) as runtime:
        environment = await _environment(runtime, cloud)
        query = Query(
            terms=(Term(kind="text", value=words),),
            filter=Filter(expression=expression),
            threshold=threshold,
            max_results=max_results,
        )
        show(await find_images(runtime, environment, query), as_json)


@click.command()
@click.argument("cloud")
@click.argument("public_id")
@_count
@_threshold
@_filter
@_json
@iris_command
async def similar(
    cloud: str,
    public_id: str,
    max_results: int,
    threshold: float,
    expression: str,
    as_json: bool,
) -> None:
    """Show the images of CLOUD most like its image PUBLIC_ID, which comes first itself."""
    settings, url = prepare()
    async with loaded_runtime(settings, url) as runtime:
        environment = await _environment(runtime, cloud)
        asset = await _asset(runtime, environment, public_id)
        query = Query(
            terms=(Term(kind="image_asset_id", value=asset.asset_id.hex),),
            filter=Filter(expression=expression),
            threshold=threshold,
            max_results=max_results,
        )
        show(await find_images(runtime, environment, query), as_json)


@click.command()
@click.argument("cloud")
@click.argument("words")
@_count
@_filter
@iris_command
async def explain(cloud: str, words: str, max_results: int, expression: str) -> None:
    """Show how CLOUD is searched for WORDS: vector, mode, times and the plan of PostgreSQL."""
    settings, url = prepare()
    async with loaded_runtime(settings, url) as runtime:
        environment = await _environment(runtime, cloud)
        query = Query(
            terms=(Term(kind="text", value=words),),
            filter=Filter(expression=expression),
            max_results=max_results,
        )
        page = await find_images(runtime, environment, query, explain=True)
    answer, best = page.answer, page.answer.hits[:1]
    facts = {
        "Model": page.model,
        "Vector": f"{page.encode_ms:.1f} ms, from {page.vector_source}",
        "Candidates": f"{answer.candidates:,} indexed",
        "Ranking": f"{page.rank_ms:.1f} ms, {answer.mode}",
        "Best match": f"{best[0]['match']}, score {best[0]['score']:.3f}" if best else "none",
    }
    for name, fact in facts.items():
        console.print(f"{name + ':':12}{fact}", highlight=False, markup=False)
    console.print("Plan:")
    for line in page.plan or ():
        console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)


async def _environment(runtime: Runtime, cloud: str) -> Environment:
    async with runtime.pool.connection() as connection:
        return await environments.get(connection, cloud)


async def _asset(runtime: Runtime, environment: Environment, public_id: str) -> Asset:
    async with runtime.pool.connection() as connection:
        for delivery_type in TYPES:
            asset = await assets.find(
                connection, environment.environment_id, "image", delivery_type, public_id
            )
            if asset is not None:
                return asset
    raise NotFound(f"{environment.cloud_name} has no image {public_id}.")


def show(page: Page, as_json: bool) -> None:
    """Prints a page of results."""
    rows = [
        {
            "rank": rank,
            "public_id": hit["public_id"],
            "score": round(hit["score"], 4),
            "match": hit["match"],
            "distance": round(hit["distance"], 6),
            "asset_id": hit["asset_id"].hex,
            "type": hit["type"],
        }
        for rank, hit in enumerate(page.answer.hits, start=1)
    ]
    if page.warning:
        notices.print(f"Note: {page.warning}", style="yellow", markup=False)
    if as_json:
        body = {"total_count": page.answer.total_count, "resources": rows}
        console.out(json.dumps(body, ensure_ascii=False, indent=2), highlight=False)
        return
    if not rows:
        notices.print("Nothing found: no image of this environment is indexed and close enough.")
        return
    console.print(results_table(page.answer.hits))


def results_table(hits: list[dict[str, Any]], title: str | None = None) -> Table:
    """Rank, name, score and match of results that are in order already."""
    table = Table(title=title, title_justify="left")
    table.add_column("rank", justify="right")
    table.add_column("name")
    table.add_column("score", justify="right")
    table.add_column("match")
    for rank, hit in enumerate(hits, start=1):
        match = str(hit["match"]).replace("_", " ")
        table.add_row(str(rank), Text(hit["public_id"]), f"{hit['score']:.3f}", match)
    return table
