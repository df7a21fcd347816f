"""A small library of assets with awkward values, and what their texts are to the Search API."""

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import md5
from itertools import chain
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from app.contract.expression import parse
from app.db.asset_order import Sort
from app.db.asset_predicate import Predicate
from tests.database import Databases

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NEWEST_FIRST = [Sort("created_at", True)]
INSERT = """
    insert into library.asset (
        environment_id, asset_id, resource_type, type, public_id, version, format, bytes, width,
        height, etag, sha256, asset_folder, display_name, tags, context, metadata, created_at
    ) values (
        %(environment_id)s, %(asset_id)s, %(resource_type)s, %(type)s, %(public_id)s, %(version)s,
        %(format)s, %(bytes)s, %(width)s, %(height)s, md5(%(public_id)s::text),
        sha256(%(public_id)s::text::bytea),
        %(asset_folder)s, %(display_name)s, %(tags)s, %(context)s, %(metadata)s, %(created_at)s
    )
"""


@dataclass(frozen=True)
class Item:
    """An asset as the oracle sees it."""

    number: int
    public_id: str
    asset_folder: str
    display_name: str
    tags: list[str]
    context: dict[str, str]
    metadata: dict[str, Any]
    resource_type: str
    type: str
    format: str | None
    bytes: int
    width: int | None
    height: int | None
    created_at: datetime

    @property
    def asset_id(self) -> UUID:
        return UUID(int=self.number * 0x0123456789ABCDEF0123456789)

    def row(self, environment_id: int) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            **values,
            "asset_id": self.asset_id,
            "environment_id": environment_id,
            "version": int(self.created_at.timestamp()) + self.number,
            "context": json.dumps(self.context),
            "metadata": json.dumps(self.metadata),
        }


TEXTS = ["Red Car", "red car_01", "Red", "car red", "shoe", "Shoes", "blue-SHOE.x", "été", "Ü", "a"]
FOLDERS = ["", "a", "a/b", "A/b/c", "ab", "a b", "a0", "shoes/Red", "shoes"]
METADATA: list[Any] = ["Red Car", 5, "5", 12.5, "2024-05-31", ["red", "Blue Car"], True, "-"]


def some(chance: random.Random, values: Sequence[str]) -> list[str]:
    """None to three of them."""
    return chance.sample(values, chance.randint(0, min(3, len(values))))


def make_library(seed: int = 1, size: int = 60) -> list[Item]:
    chance = random.Random(seed)
    items = []
    for number in range(1, size + 1):
        image = chance.random() < 0.8
        items.append(
            Item(
                number=number,
                public_id="/".join(chance.sample(TEXTS, chance.randint(1, 2))) + f"_{number}",
                asset_folder=chance.choice(FOLDERS),
                display_name=chance.choice(TEXTS),
                tags=some(chance, [*TEXTS, "a'b", "%s", "{}"]),
                context={key: chance.choice(TEXTS) for key in some(chance, "kl")},
                metadata={key: chance.choice(METADATA) for key in some(chance, "mn")},
                resource_type="image" if image else "raw",
                type=chance.choice(["upload", "private"]),
                format=chance.choice(["jpg", "png"]) if image else None,
                bytes=chance.choice([1, 512, 1024, 1536, 1048576]),
                width=chance.choice([10, 100, 160]) if image else None,
                height=chance.choice([10, 90, 100]) if image else None,
                created_at=datetime(
                    chance.choice([2024, 2025]), chance.choice([1, 5, 12]), chance.choice([1, 31]),
                    chance.choice([0, 23]), 59, 59, chance.choice([0, 999999]), tzinfo=UTC,
                ),
            )
        )  # fmt: skip
    return items


LIBRARY = make_library()


def store(connection: psycopg.Connection[Any], environment_id: int, items: list[Item]) -> None:
    """Inserts assets in one statement: triggers of each would take 5 ms."""
    rows = [item.row(environment_id) for item in items]
    names = [name for name in rows[0] if name != "number"]
    statement = sql.SQL("copy library.asset ({}, etag, sha256) from stdin").format(
        sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            etag = md5(row["public_id"].encode(), usedforsecurity=False).hexdigest()
            copy.write_row([*(row[name] for name in names), etag, b""])


@dataclass(frozen=True)
class Library:
    """A database with `LIBRARY` in one environment and the same names in another."""

    connection: psycopg.Connection[Any]
    environment_id: int
    url: str

    def find(self, expression: str) -> set[int]:
        """The numbers of the assets that the expression finds."""
        predicate = Predicate(parse(expression, NOW))
        statement = sql.SQL(
            "select asset_id from library.asset where environment_id = %(environment_id)s and {}"
        ).format(predicate.sql)
        values = {**predicate.values, "environment_id": self.environment_id}
        rows = self.connection.execute(statement, values, prepare=False)
        numbers = {item.asset_id: item.number for item in LIBRARY}
        return {numbers[row[0]] for row in rows}


def add_environment(connection: psycopg.Connection[Any], name: str) -> int:
    row = connection.execute(
        "insert into library.environment (cloud_name) values (%s) returning environment_id", [name]
    ).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def open_library(databases: Databases) -> Iterator[Library]:
    """`LIBRARY` in one environment, and other assets of the same names in another."""
    with databases.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        own = add_environment(connection, "own")
        with connection.cursor() as cursor:
            cursor.executemany(INSERT, [item.row(own) for item in LIBRARY])
            other = add_environment(connection, "other")
            for item in make_library(seed=2):
                cursor.execute(INSERT, item.row(other) | {"asset_id": UUID(int=item.number)})
        yield Library(connection, own, url)


@cache
def words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", text.lower()))


def near(text: str, asked: str, prefix: bool) -> bool:
    """Whether the words asked for are neighbours in the text; the last one may go on."""
    has, wants = words(text), words(asked)
    starts = range(len(has) - len(wants) + 1) if wants else []
    for start in starts:
        here = has[start : start + len(wants)]
        if here == wants:
            return True
        if prefix and here[:-1] == wants[:-1] and here[-1].startswith(wants[-1]):
            return True
    return False


def exactly(text: str, asked: str, prefix: bool) -> bool:
    return text.startswith(asked) if prefix else text == asked


def listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each if isinstance(each, str) else json.dumps(each) for each in values]


TEXTS_OF: dict[str, Callable[[Item], list[str]]] = {
    "public_id": lambda item: [item.public_id],
    "filename": lambda item: [item.public_id.split("/")[-1]],
    "display_name": lambda item: [item.display_name],
    "tags": lambda item: item.tags,
    "context.k": lambda item: [item.context["k"]] if "k" in item.context else [],
    "metadata.m": lambda item: listed(item.metadata["m"]) if "m" in item.metadata else [],
}


def all_texts(item: Item) -> list[str]:
    return [
        item.public_id,
        item.asset_folder,
        item.display_name,
        item.format or "",
        *item.tags,
        *item.context.values(),
        *chain(*map(listed, item.metadata.values())),
    ]


def quoted(text: str, prefix: bool) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")
    return f'"{text}*"' if prefix else f'"{text}"'


def escaped(text: str, prefix: bool) -> str:
    text = re.sub(r'([!(){}\[\]*^~?:\\=&><" ])', r"\\\1", text)
    return f"{text}*" if prefix else text
