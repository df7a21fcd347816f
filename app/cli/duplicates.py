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

    The first image of a group is its oldest. The others are copies of that one: the same file, or
    one that was scaled, re-encoded, mirrored, recoloured or cropped a little.
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
    table = Table("image", "size", "bytes", "how near", caption_justify="left")
    groups = 0
    for _, members in groupby(found, key=lambda each: each.leader_asset_id):
        group = list(members)
        groups += 1
        leader = group[0]
        table.add_section()
        table.add_row(
            Text(leader.leader_public_id, "bold"), leader.leader_size, decimal(leader.leader_bytes)
        )
        for member in group:
            table.add_row(
                Text(f"  {member.public_id}"),
                member.size,
                decimal(member.bytes_to_win_back),
                "same file" if member.same_bytes else f"{member.distance:.3f}",
            )
    total = decimal(sum(each.bytes_to_win_back for each in found))
    table.caption = f"{len(found)} copies in {groups} groups; {total} to be won back"
    return table


def _write_csv(found: list[NearDuplicate]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(NearDuplicate.__struct_fields__)
    writer.writerows(msgspec.structs.astuple(each) for each in found)
