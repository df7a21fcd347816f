"""Folders by an expression: pages in an order, and counts."""

from psycopg import sql
from psycopg.rows import class_row

from app.contract.expression.tree import Condition
from app.db.asset_order import Sort
from app.db.folder_predicate import FolderOrder, FolderPredicate
from app.db.folders import Folder
from app.db.pool import Connection
from app.db.queries import load

_SQL = load("folders")


class FoundFolder(Folder, frozen=True, kw_only=True):
    """A folder. `sort_keys`: where a next page begins, as text."""

    sort_keys: list[str]


async def list_page(
    connection: Connection,
    environment_id: int,
    condition: Condition,
    sorts: list[Sort],
    *,
    limit: int,
    after: list[str],
) -> list[FoundFolder]:
    """Folders in an order of at least one key; `after` are the sort keys of the one before."""
    predicate, order = FolderPredicate(condition), FolderOrder(sorts, condition, after)
    statement = sql.SQL(_SQL["search"]).format(
        sort_keys=order.sort_keys, predicate=predicate.sql, after=order.after, order=order.order
    )
    values = {**predicate.values, **order.values, "environment_id": environment_id, "limit": limit}
    async with connection.cursor(row_factory=class_row(FoundFolder)) as cursor:
        await cursor.execute(statement, values, prepare=False)
        return await cursor.fetchall()


async def count(connection: Connection, environment_id: int, condition: Condition) -> int:
    """How many folders the condition holds for."""
    predicate = FolderPredicate(condition)
    statement = sql.SQL(_SQL["count_found"]).format(predicate=predicate.sql)
    values = {**predicate.values, "environment_id": environment_id}
    row = await (await connection.execute(statement, values, prepare=False)).fetchone()
    assert row is not None
    return int(row[0])
