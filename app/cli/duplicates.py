"""iris duplicates: near-identical images of an environment, and what deleting them frees."""

import asyncio
import csv
import sys
from itertools import groupby

import click
import msgspec
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from app.cli.command import console, iris_command, notices, prepare
from app.cli.progress import image_progress
from app.db import environments, near_duplicates
from app.db.environments import Environment
from app.db.near_duplicates import NearDuplicate
from app.db.pool import Connection, open_pool


@click.command()
@click.argument("cloud")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table, a row a copy.")
@iris_command
async def duplicates(cloud: str, as_csv: bool) -> None:
    """Show the near-identical images of CLOUD in groups, with the bytes to be won back.

    The others of a group are the same file as its first one, or differ from it by size, encoding,
    colour, a mirror or a narrow crop. The best is the largest, of several the oldest.
    """
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        environment = await environments.get(connection, cloud)
        await _group(connection, environment)
        found = await near_duplicates.list_all(connection, cloud)
    if as_csv:
        _write_csv(found)
    elif found:
        console.print(_table(found))
        total = decimal(sum(each.bytes_to_win_back for each in found))
        console.print(f"{total} to be won back if only the best image of each group stays.")
    else:
        notices.print("No two indexed images are near-identical.")


async def _group(connection: Connection, environment: Environment) -> None:
    """Looks at the images that nobody has looked at yet, together with any worker that runs."""
    key = environment.environment_id
    total = await near_duplicates.count_ungrouped(connection, key)
    with image_progress() as progress:
        task = progress.add_task("Comparing", total=total, visible=total > 0)
        while waiting := await near_duplicates.count_ungrouped(connection, key):
            progress.update(task, total=max(total, waiting), completed=total - waiting)
            if not await near_duplicates.group_batch(connection, key):
                await asyncio.sleep(0.2)  # a worker is at it


def _table(found: list[NearDuplicate]) -> Table:
    table = Table("image", "size", "bytes", "distance", "best")
    groups = [list(group) for _, group in groupby(found, key=lambda each: each.leader_asset_id)]
    for members in groups:
        first = members[0]
        best = first.best_asset_id
        table.add_section()
        table.add_row(
            Text(first.leader_public_id, "bold"),
            first.leader_size,
            decimal(first.leader_bytes),
            "",
            "best" if best == first.leader_asset_id else "",
        )
        for member in members:
            table.add_row(
                Text(f"  {member.public_id}"),
                member.size,
                decimal(member.bytes),
                "same file" if member.same_bytes else f"{member.distance:.3f}",
                "best" if best == member.asset_id else "",
            )
    return table


def _write_csv(found: list[NearDuplicate]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(NearDuplicate.__struct_fields__)
    writer.writerows(msgspec.structs.astuple(each) for each in found)
