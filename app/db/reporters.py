"""Database roles that log in to read reports and nothing else."""

import re
import secrets
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import InsufficientPrivilege

from app.db.pool import Connection, one, run, value
from app.db.queries import load
from app.errors import AlreadyExists, BadRequest, Misconfigured, NotFound

_SQL = load("reporters")
# PostgreSQL keeps pg_ for itself.
_NAME = re.compile("(?!pg_)[a-z_][a-z0-9_]{0,62}")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a reporter gets: connections at once, and settings by name and value."""

    connections: int
    settings: list[list[str]]


async def add(connection: Connection, name: str) -> str:
    """Makes a role with the limits of iris_report, and gives its password, which is kept nowhere.

    Raises:
        BadRequest: the name cannot be that of a role.
        AlreadyExists: there is such a role.
        Misconfigured: the server's own user may not create roles.
    """
    if not _NAME.fullmatch(name):
        raise BadRequest(
            f"{name!r} cannot be the name of a reporter: use up to 63 lower-case letters, digits"
            " and _, beginning with a letter."
        )
    limits = await one(connection, Limits, _SQL["limits"])
    if limits is None:
        raise Misconfigured(
            "There is no role iris_report, since the user of DATABASE_URL may not create roles."
            " Let one who may run `iris migrate` on this version's first start."
        )
    if await value(connection, _SQL["state"], name=name) is not None:
        raise AlreadyExists(f"There is a database role {name} already.")
    password = secrets.token_urlsafe(24)
    try:
        async with connection.transaction():
            await _create(connection, name, password, limits)
    except InsufficientPrivilege as error:
        raise Misconfigured(
            f"The user of DATABASE_URL may not create a reporter: {error.diag.message_primary}."
        ) from None
    return password


async def _create(connection: Connection, name: str, password: str, limits: Limits) -> None:
    # Encrypted here, so that no log of the server ever holds it.
    encrypted = connection.pgconn.encrypt_password(
        password.encode(), name.encode(), b"scram-sha-256"
    ).decode()
    await _run(
        connection,
        "create",
        name=sql.Identifier(name),
        connections=sql.Literal(limits.connections),
        password=sql.Literal(encrypted),
    )
    for setting, text in limits.settings:
        await _run(
            connection,
            "set",
            name=sql.Identifier(name),
            setting=sql.Identifier(setting),
            value=sql.Literal(text),
        )


async def remove(connection: Connection, name: str) -> None:
    """Drops a reporter, whose sessions end at once.

    Raises:
        NotFound: there is no reporter of that name.
    """
    if not await value(connection, _SQL["state"], name=name):
        raise NotFound(f"There is no reporter {name}.")
    await _run(connection, "disable", name=sql.Identifier(name))
    await run(connection, _SQL["end_sessions"], name=name)
    await _run(connection, "drop", name=sql.Identifier(name))


def url_of(database_url: str, name: str, password: str) -> str:
    """The URL with which a reporter connects to this database."""
    known: dict[str, Any] = dict(conninfo_to_dict(database_url))
    database = quote(str(known.pop("dbname", "")), safe="")
    host, port = str(known.pop("host", "")), known.pop("port", None)
    rest = {key: text for key, text in known.items() if key not in ("user", "password")}
    address = f"{host}:{port}" if port else host
    if host.startswith("/"):  # a Unix socket
        address, rest = "", {"host": host, **({"port": port} if port else {}), **rest}
    query = f"?{urlencode(rest, safe='/')}" if rest else ""
    return f"postgresql://{name}:{password}@{address}/{database}{query}"


async def _run(connection: Connection, statement: str, **parts: sql.Composable) -> None:
    await connection.execute(sql.SQL(_SQL[statement]).format(**parts))
