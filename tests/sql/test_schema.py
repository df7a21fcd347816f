"""What holds for the whole schema: descriptions, grants, statements, no ties to a swapped table."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.db.queries import SQL, load
from tests.sql.conftest import Sql, add_environment, value

APP = SQL.parent / "app"
SCHEMAS = ["library", "search", "report"]


# Descriptions -------------------------------------------------------------------------------------


def test_every_table_view_and_function_has_a_description(sql: Sql) -> None:
    bare = sql.execute(
        """
        select 'relation ' || relation.oid::regclass::text
        from pg_class as relation
        where relation.relnamespace = any (%(schemas)s::regnamespace[])
            and relation.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
            and obj_description(relation.oid, 'pg_class') is null
            and not exists (
                select from pg_type
                where typrelid = relation.oid
                    and obj_description(pg_type.oid, 'pg_type') is not null
            )
        union all
        select 'function ' || pg_proc.oid::regprocedure::text
        from pg_proc
        where pronamespace = any (%(schemas)s::regnamespace[])
            and obj_description(oid, 'pg_proc') is null
        union all
        select 'schema ' || nspname
        from pg_namespace
        where nspname = any (%(schemas)s::name[]) and obj_description(oid, 'pg_namespace') is null
        """,
        {"schemas": SCHEMAS},
    ).fetchall()
    assert bare == []


# Statements ---------------------------------------------------------------------------------------


def test_every_named_statement_is_used_and_every_use_exists() -> None:
    statements = {
        (path.stem, name) for path in (SQL / "queries").glob("*.sql") for name in load(path.stem)
    }
    uses = {use for path in APP.rglob("*.py") for use in _uses(path)}
    assert uses - statements == set(), "used in app/, but not in sql/queries"
    assert statements - uses == set(), "in sql/queries, but not used in app/"


def _uses(path: Path) -> Iterator[tuple[str, str]]:
    """File and name of `_SQL["name"]` where `_SQL = load("file")`, and of `load("file")["name"]`.

    A name that comes in a variable is taken to be any text of the module that is a name; of an
    f-string, every name that it could make.
    """
    tree = ast.parse(path.read_text())
    tables = {
        target.id: table
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and (table := _loaded(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Subscript):
            continue
        of = tables.get(node.value.id) if isinstance(node.value, ast.Name) else _loaded(node.value)
        if not of:
            continue
        match node.slice:
            case ast.Constant(value=str(name)):
                yield of, name
            case ast.JoinedStr(values=parts):
                pattern = "".join(
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+"
                    for part in parts
                )
                yield from ((of, name) for name in load(of) if re.fullmatch(pattern, name))
            case _:
                texts = {each.value for each in ast.walk(tree) if isinstance(each, ast.Constant)}
                yield from ((of, name) for name in load(of) if name in texts)


def _loaded(node: ast.AST) -> str | None:
    """The file whose statements `load("file")` gives."""
    match node:
        case ast.Call(func=ast.Name(id="load"), args=[ast.Constant(value=str(table))]):
            return table
    return None


def test_statements_name_their_columns() -> None:
    for path in SQL.rglob("*.sql"):
        if path.name != "snapshot.sql":
            assert not re.search(r"select\s+\*", path.read_text()), path


# Ties ---------------------------------------------------------------------------------------------


def test_no_view_is_tied_to_a_table_that_is_swapped(sql: Sql) -> None:
    """A view binds to the table, not to its name: after a change of model it would show the old."""
    tied = sql.execute(
        """
        select distinct pg_rewrite.ev_class::regclass::text
        from pg_depend
        join pg_rewrite on pg_depend.classid = 'pg_rewrite'::regclass and pg_rewrite.oid = objid
        where refclassid = 'pg_class'::regclass
            and refobjid in ('library.embedding'::regclass, 'library.embedding_next'::regclass)
        """
    ).fetchall()
    assert tied == []


def test_no_function_is_tied_to_a_table_that_is_swapped(sql: Sql) -> None:
    tied = sql.execute(
        """
        select objid::regprocedure::text
        from pg_depend
        where classid = 'pg_proc'::regclass
            and refclassid = 'pg_class'::regclass
            and refobjid in ('library.embedding'::regclass, 'library.embedding_next'::regclass)
        """
    ).fetchall()
    assert tied == []


def test_nothing_in_library_depends_on_what_is_made_anew(sql: Sql) -> None:
    sql.execute("begin")
    sql.execute("drop schema search, report cascade")
    assert value(sql, "select count(*) from library.asset") == 0
    relations = "select count(*) from pg_class where relnamespace = 'library'::regnamespace"
    within = value(sql, relations)
    sql.execute("rollback")
    assert within == value(sql, relations)


# Roles --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("roles")
def test_the_reporting_role_reads_every_report_and_nothing_else(sql: Sql) -> None:
    views = [row[0] for row in sql.execute(_RELATIONS, (["report"],))]
    tables = [row[0] for row in sql.execute(_RELATIONS, (["library"],))]
    assert views
    assert tables
    sql.execute("set role iris_report")
    for view in views:
        sql.execute(f"select count(*) from {view}")  # type: ignore[call-overload]
    for table in tables:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            sql.execute(f"select count(*) from {table}")  # type: ignore[call-overload]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sql.execute("create table report.mine (x integer)")


@pytest.mark.usefixtures("roles")
def test_the_apps_role_reads_and_writes_and_ranks(sql: Sql) -> None:
    sql.execute("set role iris_app")
    environment = add_environment(sql, "x")
    sql.execute(
        "insert into library.asset (environment_id, public_id, version, bytes, resource_type, etag,"
        " sha256, asset_folder, display_name, tags)"
        " values (%s, 'x', 1, 1, 'raw', md5(''), 'x', 'a/b', 'x', '{t}')",
        (environment,),
    )
    assert value(sql, "select total_assets from report.library_by_folder limit 1") == 1
    vector = "[" + ",".join(["1"] + ["0"] * 639) + "]"
    ranked = value(sql, "select (search.rank(%s, %s)).mode", environment, vector)
    assert ranked == "exact"
    with sql.transaction():
        sql.execute("set local search_path = procrastinate")
        assert value(sql, "select procrastinate_register_worker_v1()") == 1
    sql.execute("delete from library.environment")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sql.execute("drop table library.asset cascade")


_RELATIONS = """
    select oid::regclass::text
    from pg_class
    where relnamespace = any (%s::regnamespace[]) and relkind in ('r', 'v', 'm', 'p')
"""
