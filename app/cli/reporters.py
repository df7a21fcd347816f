"""iris reporter: who may connect to the database to read reports."""

import click

from app.cli.command import console, iris_command, prepare
from app.db import reporters
from app.db.pool import open_pool


@click.group()
def reporter() -> None:
    """Database users who read reports and call the search functions, and nothing else."""


@reporter.command("add")
@click.argument("name")
@iris_command
async def add(name: str) -> None:
    """Make the database user NAME a reporter, and print the URL that it connects with.

    It reads every environment. Its queries end after 60 s, and it has 5 connections, unless an
    administrator has set other limits for the role iris_report.
    """
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        password = await reporters.add(connection, name)
    console.print(reporters.url_of(url, name, password), soft_wrap=True, highlight=False)


@reporter.command("remove")
@click.argument("name")
@iris_command
async def remove(name: str) -> None:
    """Drop the reporter NAME. Its connections end at once."""
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        await reporters.remove(connection, name)
    console.print(f"Reporter {name} is removed.", highlight=False)
