"""The invariant: an image that asked to be indexed is embedded, pending or failed, always."""

from uuid import UUID

import numpy as np
import psycopg
import pytest

from tests.sql.conftest import Sql, add_asset, add_embedding, add_environment, use_dimension, value

VECTOR = np.eye(8)[0]
REFUSED = "asked to be indexed but has neither an embedding nor a row in indexing"


@pytest.fixture
def environment(sql: Sql) -> int:
    use_dimension(sql, 8)
    return add_environment(sql, "e")


@pytest.fixture
def pending(sql: Sql, environment: int) -> UUID:
    """An image that waits for its embedding."""
    with sql.transaction():
        asset_id = add_asset(sql, environment, 1, visual_search=True)
        sql.execute("insert into library.indexing values (%s, %s)", (environment, asset_id))
    return asset_id


@pytest.fixture
def indexed(sql: Sql, environment: int) -> UUID:
    """An image with its embedding."""
    with sql.transaction():
        asset_id = add_asset(sql, environment, 2, visual_search=True)
        add_embedding(sql, environment, asset_id, VECTOR)
    return asset_id


def refused(sql: Sql, statement: str, *values: object) -> None:
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match=REFUSED):
        sql.execute(statement, values)  # type: ignore[call-overload]


def test_an_image_cannot_ask_and_be_forgotten(sql: Sql, environment: int) -> None:
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match=REFUSED):
        add_asset(sql, environment, 3, visual_search=True)
    assert value(sql, "select count(*) from library.asset") == 0
    add_asset(sql, environment, 3, visual_search=False)
    refused(sql, "update library.asset set visual_search = true")


def test_the_order_within_a_transaction_does_not_matter(pending: UUID, indexed: UUID) -> None:
    assert pending
    assert indexed


def test_a_place_in_the_queue_is_left_for_an_embedding_only(
    sql: Sql, environment: int, pending: UUID
) -> None:
    refused(sql, "delete from library.indexing")
    with sql.transaction():
        sql.execute("delete from library.indexing")
        add_embedding(sql, environment, pending, VECTOR)


def test_an_embedding_does_not_just_vanish(sql: Sql, environment: int, indexed: UUID) -> None:
    refused(sql, "delete from library.embedding")
    with sql.transaction():
        sql.execute("delete from library.embedding")
        sql.execute("insert into library.indexing values (%s, %s)", (environment, indexed))


def test_a_failure_has_a_reason(sql: Sql, environment: int, pending: UUID) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="indexing_failure_has_a_reason"):
        sql.execute("update library.indexing set state = 'failed'")
    sql.execute("update library.indexing set state = 'failed', reason = 'it is broken'")


def test_an_image_may_change_its_mind_or_go(
    sql: Sql, environment: int, pending: UUID, indexed: UUID
) -> None:
    with sql.transaction():
        sql.execute("update library.asset set visual_search = false")
        sql.execute("delete from library.embedding")
        sql.execute("delete from library.indexing")
    sql.execute("delete from library.asset")
    assert value(sql, "select count(*) from library.asset") == 0


def test_an_environment_goes_with_everything_in_it(
    sql: Sql, environment: int, pending: UUID, indexed: UUID
) -> None:
    sql.execute("delete from library.environment")
    for table in ("asset", "embedding", "indexing"):
        assert value(sql, f"select count(*) from library.{table}") == 0


def test_embeddings_are_unit_vectors(sql: Sql, environment: int) -> None:
    asset_id = add_asset(sql, environment, 4, visual_search=False)
    for vector in (np.zeros(8), 2 * VECTOR, np.full(8, np.nan)):
        with pytest.raises(psycopg.Error):
            add_embedding(sql, environment, asset_id, vector)
    add_embedding(sql, environment, asset_id, VECTOR)


def test_the_report_accounts_for_every_image(
    sql: Sql, environment: int, pending: UUID, indexed: UUID
) -> None:
    add_asset(sql, environment, 3, visual_search=False)
    row = sql.execute(
        "select cloud_name, images, indexed, pending, failed, not_asked_for from report.coverage"
    ).fetchone()
    assert row == ("e", 3, 1, 1, 0, 1)
