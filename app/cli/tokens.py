"""iris token: access tokens of an environment, for `Authorization: Bearer`."""

import click
from rich.table import Table

from app.cli.command import console, iris_command, notices, prepare
from app.db import access_tokens, environments
from app.db.pool import open_pool


@click.group()
def token() -> None:
    """Access tokens of an environment: `oauth_token` of Cloudinary's SDKs."""


@token.command("add")
@click.argument("cloud")
@click.option("--label", default="", help="What the token is for.")
@iris_command
async def add(cloud: str, label: str) -> None:
    """Add an access token to CLOUD, and print it. It cannot be shown again."""
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        environment = await environments.get(connection, cloud)
        _, text = await access_tokens.add(connection, environment, label=label)
    console.print(text, soft_wrap=True, highlight=False)


@token.command("list")
@click.argument("cloud")
@iris_command
async def list_(cloud: str) -> None:
    """List the access tokens of CLOUD, without their secrets."""
    settings, url = prepare()
    table = Table("token", "label", "made")
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        environment = await environments.get(connection, cloud)
        for each in await access_tokens.list_all(connection, environment):
            table.add_row(each.token_id, each.label, f"{each.created_at:%Y-%m-%d %H:%M}")
    if table.row_count:
        console.print(table)
    else:
        notices.print(f"{cloud} has no access token yet: iris token add {cloud}")


@token.command("revoke")
@click.argument("cloud")
@click.argument("token_id")
@iris_command
async def revoke(cloud: str, token_id: str) -> None:
    """Make the token TOKEN_ID of CLOUD useless at once."""
    settings, url = prepare()
    async with open_pool(url, settings) as pool, pool.connection() as connection:
        environment = await environments.get(connection, cloud)
        await access_tokens.revoke(connection, environment, token_id)
    console.print(f"Access token {token_id} is revoked.", highlight=False)
