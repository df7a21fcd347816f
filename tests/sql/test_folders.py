"""Folders and the assets in them stay consistent, whoever writes at the same time; plans."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from app.db.queries import load
from tests.sql.conftest import Sql, add_environment

_SQL = load("folders")


def put(sql: Sql, environment_id: int, folder: str) -> None:
    """A new asset in a folder."""
    sql.execute(
        "insert into library.asset (environment_id, public_id, version, bytes, width, height,"
        " etag, sha256, display_name, asset_folder)"
        " values (%s, %s, 1, 1, 1, 1, repeat('0', 32), '', '', %s)",
        (environment_id, uuid4().hex, folder),
    )


def paths(sql: Sql, environment_id: int) -> list[str]:
    """All folders of an environment."""
    rows = sql.execute(
        "select path from library.folder where environment_id = %s order by path",
        (environment_id,),
    )
    return [row[0] for row in rows]


def lacking(sql: Sql) -> int:
    """How many assets lie in a folder that is not there."""
    row = sql.execute(
        "select count(*) from library.asset where asset_folder <> '' and not exists (select from"
        " library.folder where folder.environment_id = asset.environment_id"
        " and path = asset_folder)"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_whatever_writes_a_folder_makes_it(sql: Sql) -> None:
    mine, other = add_environment(sql, "mine"), add_environment(sql, "other")
    put(sql, mine, "a/b")
    put(sql, mine, "")
    sql.execute("update library.asset set asset_folder = 'c' where asset_folder = 'a/b'")
    assert paths(sql, mine) == ["a", "a/b", "c"]
    assert paths(sql, other) == []
    assert lacking(sql) == 0


def test_a_folder_waits_for_an_upload_that_is_not_committed(sql: Sql, database_url: str) -> None:
    environment_id = add_environment(sql, "x")
    sql.execute(_SQL["create"], {"environment_id": environment_id, "path": "a"})
    with psycopg.connect(database_url) as uploading:
        put(uploading, environment_id, "a")
        sql.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            sql.execute(_SQL["lock"], {"environment_id": environment_id})
        # Another environment does not wait, and neither does another upload.
        other = add_environment(sql, "other")
        sql.execute(_SQL["lock"], {"environment_id": other})
        put(sql, environment_id, "a")
        uploading.commit()
    sql.execute(_SQL["lock"], {"environment_id": environment_id})
    assert lacking(sql) == 0


def test_an_upload_waits_for_a_folder_that_moves(sql: Sql, database_url: str) -> None:
    environment_id = add_environment(sql, "x")
    put(sql, environment_id, "a")
    key = {"environment_id": environment_id, "path": "a", "to_path": "b"}
    with psycopg.connect(database_url) as moving:
        moving.execute(_SQL["lock"], key)
        moving.execute(_SQL["move"], key)
        moving.execute(_SQL["move_assets"], key)
        sql.execute("set lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            put(sql, environment_id, "a")
        put(sql, environment_id, "")  # the root does not move
        moving.commit()
    put(sql, environment_id, "a")
    assert paths(sql, environment_id) == ["a", "b"]
    assert lacking(sql) == 0


def test_an_edit_does_not_wait_for_a_move(sql: Sql, database_url: str) -> None:
    """It holds the row that the move waits for."""
    environment_id = add_environment(sql, "x")
    put(sql, environment_id, "a")
    with psycopg.connect(database_url) as moving:
        moving.execute(_SQL["lock"], {"environment_id": environment_id})
        sql.execute("set lock_timeout = '100ms'")
        sql.execute("update library.asset set asset_folder = 'a', tags = '{t}'")


@pytest.mark.parametrize("path", ["/a", "a/", "a//b", "", "x" * 256])
def test_paths_that_the_table_refuses(sql: Sql, path: str) -> None:
    environment_id = add_environment(sql, "x")
    with pytest.raises(psycopg.errors.CheckViolation):
        sql.execute(
            "insert into library.folder (environment_id, path) values (%s, %s)",
            (environment_id, path),
        )


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("find", "folder_pkey"),
        ("list", "folder_by_parent"),
        ("count", "folder_by_parent"),
        ("move", "folder_pkey"),
        ("delete", "folder_pkey"),
        ("occupied", "asset_by_folder"),
        ("move_assets", "asset_by_folder"),
    ],
)
def test_plans_use_an_index(sql: Sql, name: str, index: str) -> None:
    environment_id = add_environment(sql, "x")
    sql.execute(
        "insert into library.asset (environment_id, public_id, version, bytes, width, height, etag,"
        " sha256, display_name, asset_folder) select %s, n::text, 1, 1, 1, 1, repeat('0', 32), '',"
        " '', 'f' || n %% 500 || '/g' from generate_series(1, 4000) as n",
        (environment_id,),
    )
    sql.execute("analyze library.asset, library.folder")
    values: dict[str, Any] = {
        "environment_id": environment_id,
        "path": "f7",
        "to_path": "g",
        "parent": "f7",
        "after": "",
        "limit": 10,
    }
    # The worst case: a plan made before the values are known.
    sql.execute("set plan_cache_mode = force_generic_plan")
    plan = sql.execute(b"explain " + _SQL[name].encode(), values, prepare=True).fetchall()
    text = "\n".join(row[0] for row in plan)
    assert index in text, text
    assert "Seq Scan on asset" not in text
    assert "Seq Scan on folder" not in text
