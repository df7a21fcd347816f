"""Schema search for people: what role iris_report may call, and that it answers as HTTP does."""

import os
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql as composed

from tests.fake_encoder import picture
from tests.server import Account, RunningServer

PUBLIC = {"by_vector", "by_asset", "by_text", "similarity"}
STORED = [("red", "upload"), ("green", "upload"), ("blue", "private"), ("red", "private")]


@pytest.fixture(scope="module")
def account(running: RunningServer) -> Account:
    """An environment with four images, and words that were searched for."""
    account = running.account()
    with httpx.Client(base_url=account.url(""), auth=account.auth) as client:
        for number, (name, delivery) in enumerate(STORED):
            form = {"public_id": name, "type": delivery, "similarity_search": "clip"}
            data = picture(name, share=1 - number / 8, rest="yellow")
            stored = client.post("image/upload", data=form, files={"file": ("a.png", data)})
            assert stored.status_code == 200, stored.text
    return account


@pytest.fixture(scope="module")
def report(running: RunningServer) -> Iterator[psycopg.Connection[Any]]:
    """A connection of somebody who is a member of iris_report, and nothing else."""
    role = composed.Identifier(f"reader_{os.getpid()}")
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        connection.execute(composed.SQL("create role {} in role iris_report").format(role))
        connection.execute(composed.SQL("set session authorization {}").format(role))
        yield connection
        connection.execute("reset session authorization")
        connection.execute(composed.SQL("drop role {}").format(role))


def by_http(account: Account, **params: Any) -> list[tuple[Any, ...]]:
    answer = httpx.post(
        account.url("resources/visual_search"), json=params, auth=account.auth, timeout=30
    )
    assert answer.status_code == 200, answer.text
    return [
        (place, each["public_id"], each["type"], each["asset_id"], each["score"], each["match"],
         each["distance"])
        for place, each in enumerate(answer.json()["resources"], start=1)
    ]  # fmt: skip


def by_sql(
    report: psycopg.Connection[Any], function: str, *values: object, **named: object
) -> list[tuple[Any, ...]]:
    arguments = ["%s"] * len(values) + [f"{name} => %s" for name in named]
    rows = report.execute(
        "select place, public_id, type, replace(asset_id::text, '-', ''), score, match, distance"
        f" from search.{function}({', '.join(arguments)})",
        (*values, *named.values()),
    )
    return rows.fetchall()


# As HTTP ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"max_results": 2}, {"threshold": 0.2}, {"exact": True}])
def test_by_text(
    report: psycopg.Connection[Any], account: Account, options: dict[str, Any]
) -> None:
    expected = by_http(account, text="red of reports", **options)
    assert expected
    assert by_sql(report, "by_text", account.cloud, "red of reports", **options) == expected


@pytest.mark.parametrize("options", [{}, {"max_results": 2}, {"threshold": 0.2}, {"exact": True}])
def test_by_asset(
    report: psycopg.Connection[Any], account: Account, options: dict[str, Any]
) -> None:
    # There are two of that name, and the one that is delivered to everybody is meant.
    (red,) = [row[3] for row in by_http(account, text="red") if row[1:3] == ("red", "upload")]
    expected = by_http(account, image_asset_id=red, **options)
    found = by_sql(report, "by_asset", account.cloud, "red", **options)
    assert found == expected
    assert found[0][1:3] == ("red", "upload")
    assert found[0][5] == "same"


def test_by_vector(report: psycopg.Connection[Any], account: Account) -> None:
    encoder = account.running.encoder
    vector = str(encoder.encode_texts(["green of reports"])[0].tolist())
    expected = by_http(account, text="green of reports")
    assert by_sql(report, "by_vector", account.cloud, vector, direction="text") == expected
    as_image = by_sql(report, "by_vector", account.cloud, vector)
    assert [row[3] for row in as_image] == [row[3] for row in expected]


def test_among_some(report: psycopg.Connection[Any], account: Account) -> None:
    everything = by_http(account, text="red of reports")
    some = [everything[at][3] for at in (1, 3)]
    for function, value in (("by_text", "red of reports"), ("by_asset", "green")):
        found = by_sql(report, function, account.cloud, value, among=some)
        assert {row[3] for row in found} == set(some)
        assert [row[0] for row in found] == [1, 2]
        assert by_sql(report, function, account.cloud, value, among=[]) == []
    stranger = ["00000000-0000-0000-0000-000000000000"]
    assert by_sql(report, "by_text", account.cloud, "red of reports", among=stranger) == []


def test_similarity(report: psycopg.Connection[Any], account: Account) -> None:
    def similarity(image: str, other: str) -> float:
        statement = "select search.similarity(%s, %s, %s)"
        row = report.execute(statement, (account.cloud, image, other)).fetchone()
        assert row is not None
        return float(row[0])

    distances = {
        row[1]: row[6]
        for row in by_sql(report, "by_asset", account.cloud, "green")
        if row[1] != "red"
    }
    assert similarity("green", "blue") == pytest.approx(1 - distances["blue"], abs=1e-6)
    assert similarity("green", "blue") == pytest.approx(similarity("blue", "green"), abs=1e-6)
    assert similarity("green", "green") == pytest.approx(1, abs=1e-3)


def test_settings_of_a_ranking_do_not_stay(
    report: psycopg.Connection[Any], account: Account
) -> None:
    by_sql(report, "by_asset", account.cloud, "red")
    row = report.execute("select current_setting('plan_cache_mode')").fetchone()
    assert row == ("auto",)


# Errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["by_text", "by_asset"])
def test_an_unknown_environment(report: psycopg.Connection[Any], function: str) -> None:
    with pytest.raises(
        psycopg.errors.NoDataFound, match="There is no environment nowhere"
    ) as error:
        by_sql(report, function, "nowhere", "red of reports")
    assert str(error.value).startswith("There is no environment nowhere\n")


def test_an_unknown_image(report: psycopg.Connection[Any], account: Account) -> None:
    message = f"Environment {account.cloud} has no indexed image none"
    with pytest.raises(psycopg.errors.NoDataFound, match=message):
        by_sql(report, "by_asset", account.cloud, "none")
    for pair in (("red", "none"), ("none", "red")):
        with pytest.raises(psycopg.errors.NoDataFound, match=message):
            report.execute("select search.similarity(%s, %s, %s)", (account.cloud, *pair))


def test_words_that_nobody_searched_for(report: psycopg.Connection[Any], account: Account) -> None:
    with pytest.raises(psycopg.errors.NoDataFound) as error:
        by_sql(report, "by_text", account.cloud, "never asked")
    diagnosis = error.value.diag
    assert diagnosis.message_primary == 'The database does not know the vector of "never asked"'
    assert "Search for these words once by HTTP or with `iris search`" in str(
        diagnosis.message_hint
    )


def test_a_vector_of_another_model(report: psycopg.Connection[Any], account: Account) -> None:
    with pytest.raises(psycopg.errors.DataException, match="dimensions"):
        by_sql(report, "by_vector", account.cloud, "[1,0,0]")


# Rights -------------------------------------------------------------------------------------------


def test_all_other_functions_are_refused(report: psycopg.Connection[Any]) -> None:
    callable_ones = {
        row[0]
        for row in report.execute(
            "select proname from pg_proc"
            " where pronamespace = 'search'::regnamespace"
            " and has_function_privilege(oid, 'execute')"
        )
    }
    assert callable_ones == PUBLIC
    for call in (
        "search.rank(1, '[1]', filter => 'true')",
        "search.sorted(1, '[1]', 'public_id', false, 0.5)",
        "search.matching(1, 'true', '{}', 1)",
        "search.vector_of(1, gen_random_uuid())",
        "search.embedding_of('a', 'b')",
        "search.environment_of('a')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            report.execute(f"select {call}")


def test_no_table_can_be_read(report: psycopg.Connection[Any]) -> None:
    rows = report.execute(
        "select relation.oid::regclass::text from pg_class as relation"
        " join pg_namespace on pg_namespace.oid = relnamespace"
        " where nspname in ('library', 'procrastinate', 'public') and relkind in ('r', 'p', 'v')"
        " and has_table_privilege(relation.oid, 'select, insert, update, delete')"
    ).fetchall()
    assert rows == []
    for table in ("library.asset", "library.original", "library.api_key", "library.embedding"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            report.execute(f"select from {table}")


def test_names_of_objects_cannot_be_taken_over(
    report: psycopg.Connection[Any], account: Account
) -> None:
    """A table of one's own called `embedding` is not what the functions read."""
    expected = by_sql(report, "by_asset", account.cloud, "red")
    with report.transaction(force_rollback=True):
        report.execute("create temp table environment (environment_id bigint, cloud_name text)")
        report.execute("create temp table embedding (environment_id bigint)")
        report.execute("create temp table asset (environment_id bigint)")
        assert by_sql(report, "by_asset", account.cloud, "red") == expected
