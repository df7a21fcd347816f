"""iris index: where the images stand in the index, and what keeps it good."""

import asyncio
from collections.abc import Awaitable

import click
from psycopg.errors import Diagnostic
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from app.cli.command import console, iris_command, notices, prepare
from app.db import environments, index_status, maintenance, models, recall_audits
from app.db.pool import Connection, Pool, open_pool

_REASONS = 10
_WASTED = 0.15  # of an index: a fifth of the images deleted is 0.2
_AUDIT_QUERIES = 200
_AUDIT_SECONDS = 120.0


@click.group()
def index() -> None:
    """The index of images: its state, failures, maintenance and accuracy."""


@index.command()
@click.argument("cloud", required=False)
@iris_command
async def status(cloud: str | None) -> None:
    """Show how far indexing is, of CLOUD or of all, and the most frequent reasons for failures."""
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        await _require(connection, cloud)
        active = await models.active(connection)
        found = await index_status.environments(connection, cloud)
        reasons = await index_status.reasons(connection, cloud, limit=_REASONS)
    console.print(f"Model: {active.name if active else 'none yet'}", highlight=False)
    console.print(_status_table(found))
    if reasons:
        console.print(_reason_table(reasons))


def _status_table(found: list[index_status.Status]) -> Table:
    table = Table(
        "cloud", "images", "indexed", "pending", "next try", "failed", "not asked", "not compared",
        "recall", padding=(0, 1, 0, 0),  # to fit a terminal of 80 columns
    )  # fmt: skip
    for each in found:
        table.add_row(
            each.cloud_name,
            str(each.images),
            str(each.indexed),
            str(each.pending),
            f"{each.next_try_at:%Y-%m-%d %H:%M:%S %Z}" if each.next_try_at else "",
            str(each.failed),
            str(each.not_asked_for),
            str(each.ungrouped),
            "" if each.recall is None else f"{each.recall:.3f} (at least {each.low:.3f})",
        )
    return table


def _reason_table(reasons: list[index_status.Reason]) -> Table:
    table = Table("cloud", "images", "state", "reason")
    for each in reasons:
        table.add_row(each.cloud_name, str(each.images), each.state, Text(each.reason))
    return table


@index.command()
@click.argument("cloud", required=False)
@click.option("--reason", default="", help="Only failures whose reason contains this text.")
@iris_command
async def retry(cloud: str | None, reason: str) -> None:
    """Put the failed images of CLOUD, or of all environments, back into the queue."""
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        await _require(connection, cloud)
        count = await index_status.retry(connection, cloud, reason)
    console.print(f"{count} failed images wait for another try.")


@index.command()
@click.option("--force", is_flag=True, help="Rebuild the vector indexes even if they are compact.")
@click.option(
    "--memory",
    type=click.IntRange(min=64),
    metavar="MB",
    help="At most this much memory for a rebuild. By default what it needs, up to 1024 MB or the"
    " server's maintenance_work_mem.",
)
@iris_command
async def maintain(force: bool, memory: int | None) -> None:
    """Clean up after mass deletions. Searches go on meanwhile.

    Vacuums the tables of embeddings, and rebuilds a vector index of which more than 15 % is dead or
    empty.
    """
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        connection.add_notice_handler(_warn_of_memory)
        before = {each.table_name: each for each in await maintenance.indexes(connection)}
        for name in before:
            await _shown(pool, f"Vacuuming {name}", maintenance.vacuum(connection, name))
        for each in await maintenance.indexes(connection):
            if force or each.wasted > _WASTED:
                work = maintenance.rebuild(
                    connection, each, most_bytes=memory * 2**20 if memory else None
                )
                await _shown(pool, f"Rebuilding the index of {each.table_name}", work)
        after = await maintenance.indexes(connection)
    table = Table("table", "images", "index before", "after", "dead or empty")
    for each in after:
        table.add_row(
            each.table_name,
            str(each.images),
            decimal(before[each.table_name].bytes),
            decimal(each.bytes),
            f"{each.wasted:.0%}",
        )
    console.print(table)


def _warn_of_memory(notice: Diagnostic) -> None:
    text = notice.message_primary or ""
    if "no longer fits" in text:  # a build goes on then, at a tenth of the speed
        notices.print(f"{text}: give it more --memory.", markup=False)


async def _shown(pool: Pool, title: str, work: Awaitable[None]) -> None:
    """Does a step, showing how far it is."""
    with notices.status(f"{title} …") as shown:
        running = asyncio.ensure_future(work)
        while not (await asyncio.wait([running], timeout=0.5))[0]:
            async with pool.connection() as connection:
                share = await maintenance.progress(connection)
            if share is not None:
                shown.update(f"{title}: {share:.0%}")
        running.result()


@index.command()
@click.argument("cloud", required=False)
@iris_command
async def audit(cloud: str | None) -> None:
    """Measure how much of the exact answer the approximate one has, in CLOUD or in all.

    Compares both on words that were searched and on stored images, for two minutes at most.
    """
    settings, url = prepare()
    table = Table("cloud", "queries", "of words", f"recall@{recall_audits.K}", "95 % interval")
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        await _require(connection, cloud)
        for environment in await environments.list_all(connection):
            if cloud not in (None, environment.cloud_name):
                continue
            with notices.status(f"Auditing {environment.cloud_name} …"):
                found = await recall_audits.audit(
                    connection,
                    environment.environment_id,
                    ef_search=settings.ef_search,
                    queries=_AUDIT_QUERIES,
                    seconds=_AUDIT_SECONDS,
                )
            if found is None:
                notices.print(f"{environment.cloud_name}: nothing to audit, or it is audited now.")
                continue
            table.add_row(
                environment.cloud_name,
                str(found.queries),
                str(found.text_queries),
                f"{found.recall:.4f}",
                f"{found.low:.4f} to {found.high:.4f}",
            )
    if table.row_count:
        console.print(table)


async def _require(connection: Connection, cloud: str | None) -> None:
    """Passes if there is such an environment, or none was named.

    Raises:
        NotFound: there is none of that name.
    """
    if cloud is not None:
        await environments.get(connection, cloud)
