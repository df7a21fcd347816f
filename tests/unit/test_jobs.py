"""The job queue's schema is the installed package's, and its jobs survive what they meet."""

import asyncio

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from app.db import jobs
from app.db.pool import Pool
from tests.database import Databases

QUERY = """
    select 'column', table_name, column_name, data_type, column_default, is_nullable
    from information_schema.columns where table_schema = current_schema
    union all
    select 'function', proname, pg_get_function_identity_arguments(oid), prosrc, null, null
    from pg_proc where pronamespace = current_schema::regnamespace
    union all
    select 'index', tablename, indexname, indexdef, null, null
    from pg_indexes where schemaname = current_schema
    union all
    select 'trigger', event_object_table, trigger_name, action_statement, event_manipulation,
        action_condition
    from information_schema.triggers where trigger_schema = current_schema
    union all
    select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), null, null
    from pg_constraint where connamespace = current_schema::regnamespace and contype <> 'n'
    order by 1, 2, 3, 4, 5, 6
"""


def test_the_schema_is_the_package_s(database_url: str, databases: Databases) -> None:
    """A newer procrastinate needs another migration of ours, a copy of its own."""
    options = "-c search_path=procrastinate"
    with databases.empty() as url, psycopg.connect(url, options=options) as theirs:
        theirs.execute("create schema procrastinate")
        theirs.execute(SchemaManager.get_schema())
        expected = theirs.execute(QUERY).fetchall()
    with psycopg.connect(database_url, options=options) as ours:
        assert ours.execute(QUERY).fetchall() == expected


async def test_a_job_is_done_once_its_transaction_is_committed(pool: Pool) -> None:
    done: asyncio.Queue[int] = asyncio.Queue()

    async def remember(number: int) -> None:
        await done.put(number)

    worker = asyncio.create_task(jobs.Worker(pool, {"remember": remember}, jobs.Waits(())).run())
    async with pool.connection() as connection, connection.transaction(force_rollback=True):
        await jobs.defer(connection, "remember", number=1)
    async with pool.connection() as connection, connection.transaction():
        await jobs.defer(connection, "remember", number=2)
        await asyncio.sleep(1.5)
        assert done.empty()
    assert await asyncio.wait_for(done.get(), 10) == 2
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert done.empty()


async def test_the_job_of_a_worker_that_died_is_done_by_another(pool: Pool) -> None:
    done: asyncio.Queue[int] = asyncio.Queue()

    async def remember(number: int) -> None:
        await done.put(number)

    async with pool.connection() as connection:
        await jobs.defer(connection, "remember", number=3)
        # A heartbeat of an hour ago, and a job in its hands.
        await connection.execute(
            "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour')"
        )
        await connection.execute(
            "select procrastinate_fetch_job_v2(null, max(id)) from procrastinate_workers"
        )
    worker = asyncio.create_task(jobs.Worker(pool, {"remember": remember}, jobs.Waits(())).run())
    assert await asyncio.wait_for(done.get(), 10) == 3
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker


async def test_a_worker_says_that_the_database_is_gone(pool: Pool) -> None:
    worker = asyncio.create_task(jobs.Worker(pool, {}, jobs.Waits(())).run())
    await asyncio.sleep(0.5)
    await pool.close()
    with pytest.raises(jobs.JobError):
        await asyncio.wait_for(worker, 20)


async def test_a_worker_survives_the_loss_of_its_connections(pool: Pool) -> None:
    done: asyncio.Queue[int] = asyncio.Queue()

    async def remember(number: int) -> None:
        await done.put(number)

    worker = asyncio.create_task(jobs.Worker(pool, {"remember": remember}, jobs.Waits(())).run())
    await asyncio.sleep(0.5)
    async with await psycopg.AsyncConnection.connect(pool.conninfo, autocommit=True) as other:
        await other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    await asyncio.sleep(0.1)  # until the farewell has arrived, which the pool looks for
    async with pool.connection() as connection:
        await jobs.defer(connection, "remember", number=4)
    assert await asyncio.wait_for(done.get(), 10) == 4
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
