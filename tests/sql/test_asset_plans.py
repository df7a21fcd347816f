"""Which index answers a search by tag, word, folder, name or date."""

import re
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from app.contract.expression import parse
from app.db import asset_search
from app.db.asset_order import Order, Sort
from app.db.asset_predicate import Predicate
from tests.database import Databases
from tests.sql.asset_library import NEWEST_FIRST, NOW, Library, add_environment

MANY = """
    insert into library.asset (
        environment_id, public_id, version, format, bytes, width, height, etag, sha256,
        asset_folder, display_name, tags, created_at, moderation_status, moderated_at
    )
    select %(environment_id)s, 'p/' || n, 1700000000 + n * 60, 'jpg', 1000, 10, 10,
        md5(n::text), sha256(n::text::bytea), 'shop/' || n %% 40 || '/' || n %% 400,
        'Photo ' || n, array['t' || n %% 1000, 'common'],
        timestamptz '2024-01-01' + n * interval '1 minute',
        case when n %% 200 = 0 then 'pending' end, case when n %% 200 = 0 then now() end
    from generate_series(1, %(assets)s) as n
"""


@pytest.fixture(scope="module")
def many(databases: Databases) -> Iterator[Library]:
    with databases.clone() as url, psycopg.connect(url, autocommit=True) as connection:
        other = add_environment(connection, "other")
        own = add_environment(connection, "own")
        # Triggers of other tables have their own tests.
        connection.execute("set session_replication_role = replica")
        connection.execute(MANY, {"environment_id": own, "assets": 20_000})
        connection.execute(MANY, {"environment_id": other, "assets": 10_000})
        connection.execute("vacuum analyze library.asset")
        yield Library(connection, own, url)


def plan_of(many: Library, expression: str, sorts: list[Sort], after: list[str]) -> str:
    condition = parse(expression, NOW)
    predicate, order = Predicate(condition), Order(sorts, condition, after)
    statement = sql.SQL("explain " + asset_search._SQL["list"]).format(
        columns=asset_search._COLUMNS,
        sort_keys=order.sort_keys,
        predicate=predicate.sql,
        after=order.after,
        order=order.order,
    )
    values = {**predicate.values, **order.values, "limit": 51}
    rows = many.connection.execute(
        statement, {**values, "environment_id": many.environment_id}, prepare=False
    )
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize(
    ("expression", "sorts", "after", "index"),
    [
        ("", NEWEST_FIRST, [], "asset_newest_first"),
        ("", NEWEST_FIRST, ["2024-01-05", str(UUID(int=0))], "asset_newest_first"),
        ("", [Sort("uploaded_at", True)], [], "asset_latest_upload_first"),
        ("tags=t7", NEWEST_FIRST, [], "asset_by_tag"),
        ("tags=t7 AND resource_type:image", NEWEST_FIRST, [], "asset_by_tag"),
        ("tags=(t7 OR t8)", NEWEST_FIRST, [], "asset_by_tag"),
        ("tags:T7", NEWEST_FIRST, [], "asset_by_word"),
        ("tags:t77* AND -tags=t7", NEWEST_FIRST, [], "asset_by_word"),
        ("1234", NEWEST_FIRST, [], "asset_by_word"),
        ('"photo 1234"', NEWEST_FIRST, [], "asset_by_word"),
        # Or the index that lists a folder by display_name.
        ("folder=shop/1/41", NEWEST_FIRST, [], "asset_by_(folder|display_name)"),
        ('folder:"shop/1/41/*" AND status:active', NEWEST_FIRST, [], "asset_by_folder"),
        ('folder:"SHOP/1/*"', [Sort("bytes", True)], [], "asset_by_folder"),
        ("created_at:2024-01-05", [Sort("bytes", True)], [], "asset_newest_first"),
        ("created_at>2024-01-14", NEWEST_FIRST, [], "asset_newest_first"),
        ("uploaded_at>2023-11-28", [Sort("bytes", True)], [], "asset_latest_upload_first"),
        ("public_id=p/77", NEWEST_FIRST, [], "asset_by_name"),
        ("public_id=p/777*", [Sort("bytes", True)], [], "asset_by_name"),
        ("moderation_status=rejected", NEWEST_FIRST, [], "asset_by_moderation"),
        ("moderation_status:pending", NEWEST_FIRST, [], "asset_by_moderation"),
        (f"asset_id={'0' * 32}", NEWEST_FIRST, [], "asset_pkey"),
    ],
)
def test_an_index_answers(
    many: Library, expression: str, sorts: list[Sort], after: list[str], index: str
) -> None:
    plan = plan_of(many, expression, sorts, after)
    assert re.search(f"(on|using) {index} ", plan), plan
    assert "Seq Scan" not in plan, plan
