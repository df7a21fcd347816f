"""Audits: how much of the exact answer the approximate one has, measured and told."""

import numpy as np
import pytest

from app.db import recall_audits
from app.db.pool import Pool
from tests.sql.conftest import Sql, add_environment, text, value
from tests.sql.vector_library import COUNT, EF_SEARCH, PAGE, Library


@pytest.fixture
def library(sql: Sql) -> Library:
    """With an active model, under which three texts were searched; the vectors of two are kept."""
    library = Library(sql)
    sql.execute(
        "insert into library.model (name, fingerprint, dimension, state)"
        " values ('m', 'f', 64, 'active')"
    )
    for number in range(3):
        sql.execute(
            "insert into library.search_event (environment_id, kind, query, mode, candidates,"
            " returned, encode_ms, rank_ms) values (%s, 'text', %s, 'approximate', 1, 1, 1, 1)",
            (library.environment, f"words {number}"),
        )
    for number in range(2):
        sql.execute(
            "insert into library.query_vector (model_id, query, vector)"
            " select model_id, %s, %s from library.model",
            (f"words {number}", text(library.queries[number])),
        )
    return library


def test_recall_is_the_share_of_the_exact_answer(library: Library) -> None:
    for query in library.queries[:20]:
        row = library.sql.execute(
            "select array_agg(asset_id) from search.exact(%s, %s, %s)",
            (library.environment, text(query), PAGE),
        ).fetchone()
        assert row is not None
        expected = len(set(row[0]) & set(library.page(query))) / PAGE
        found = value(
            library.sql,
            "select search.recall_of(%s, %s, %s, %s)",
            *(library.environment, text(query), PAGE, EF_SEARCH),
        )
        assert found == pytest.approx(expected)


def test_recall_of_what_the_index_lacks(library: Library) -> None:
    sql, query = library.sql, library.queries[0]
    if not value(sql, "select rolsuper from pg_roles where rolname = current_user"):
        pytest.skip("this PostgreSQL's user may not break an index")
    arguments = (library.environment, text(query), PAGE, 100)
    assert value(sql, "select search.recall_of(%s, %s, %s, %s)", *arguments) == 1
    nearest = library.page(query)[:3]
    sql.execute("begin")
    state = (
        "update pg_index set indisready = %s, indislive = %s"
        " where indexrelid = 'library.embedding_hnsw'::regclass"
    )
    # The rows move, and the index is not told where to.
    sql.execute(state, (False, False))
    sql.execute("update library.embedding set vector = vector where asset_id = any(%s)", (nearest,))
    sql.execute(state, (True, True))
    sql.execute("commit")
    assert value(sql, "select search.recall_of(%s, %s, %s, %s)", *arguments) == pytest.approx(0.7)


def test_recall_in_an_empty_environment(library: Library) -> None:
    empty = add_environment(library.sql, "empty")
    query = text(library.queries[0])
    assert value(library.sql, "select search.recall_of(%s, %s)", empty, query) is None


async def test_an_audit_is_kept_and_told(library: Library, pool: Pool) -> None:
    sql, environment = library.sql, library.environment
    assert value(sql, "select search.audited_recall(%s)", environment) is None
    async with pool.connection() as connection:
        audit = await recall_audits.audit(
            connection, environment, ef_search=EF_SEARCH, queries=60, seconds=60
        )
    assert audit is not None
    assert (audit.queries, audit.text_queries) == (60, 2)
    assert 0.9 < audit.low < audit.recall <= audit.high <= 1
    assert audit.recall == pytest.approx(library.recall(EF_SEARCH), abs=0.05)
    told = sql.execute(
        "select recall, low, high, queries from search.audited_recall(%s)", (environment,)
    ).fetchone()
    assert told == (audit.recall, audit.low, audit.high, 60)
    reported = sql.execute(
        "select cloud_name, model, k, ef_search, queries, text_queries, recall from report.recall"
    ).fetchone()
    assert reported == ("e", "m", 10, EF_SEARCH, 60, 2, audit.recall)
    sql.execute("update library.model set state = 'retired'")
    assert value(sql, "select search.audited_recall(%s)", environment) is None


async def test_an_audit_ends_in_time(library: Library, pool: Pool) -> None:
    async with pool.connection() as connection:
        audit = await recall_audits.audit(
            connection, library.environment, ef_search=100, queries=1000, seconds=0
        )
    assert audit is not None
    assert audit.queries == 1


async def test_audits_are_due_once_a_day_where_answers_are_approximate(
    library: Library, pool: Pool
) -> None:
    key = library.environment
    async with pool.connection() as connection:
        assert await recall_audits.due(connection, exact_limit=COUNT) == []
        assert await recall_audits.due(connection, exact_limit=COUNT - 1) == [key]
        await recall_audits.audit(connection, key, ef_search=100, queries=2, seconds=10)
        assert await recall_audits.due(connection, exact_limit=COUNT - 1) == []
        library.sql.execute(
            "update library.recall_audit set audited_at = audited_at - interval '25 hours'"
        )
        assert await recall_audits.due(connection, exact_limit=COUNT - 1) == [key]


async def test_one_audit_of_an_environment_at_a_time(library: Library, pool: Pool) -> None:
    async def audit(connection: object) -> recall_audits.Audit | None:
        return await recall_audits.audit(
            connection,  # type: ignore[arg-type]
            library.environment,
            ef_search=100,
            queries=2,
            seconds=10,
        )

    async with pool.connection() as one, pool.connection() as other, one.transaction():
        assert await audit(one)
        assert await audit(other) is None


@pytest.mark.parametrize(
    ("share", "observations", "low", "high"),
    [(0.5, 10, 0.2366, 0.7634), (1.0, 20, 0.8389, 1.0), (0.0, 20, 0.0, 0.1611)],
)
def test_the_interval(sql: Sql, share: float, observations: int, low: float, high: float) -> None:
    found = sql.execute(
        "select low, high from search.wilson(%s, %s)", (share, observations)
    ).fetchone()
    assert np.allclose(found, (low, high), atol=1e-3)
