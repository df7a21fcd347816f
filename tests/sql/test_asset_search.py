"""What expressions find in PostgreSQL, against a second implementation in Python."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database import Databases
from tests.sql.asset_library import Library, all_texts, near, open_library
from tests.sql.asset_oracle import FIXED, LEAVES, Asked, Check, combined, expected


@pytest.fixture(scope="module")
def library(databases: Databases) -> Iterator[Library]:
    with open_library(databases) as library:
        yield library


@pytest.mark.parametrize(("expression", "check"), FIXED, ids=[text for text, _ in FIXED])
def test_finds(library: Library, expression: str, check: Check) -> None:
    assert library.find(expression) == expected(check)


@settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(LEAVES)
def test_one_condition_finds_what_it_says(library: Library, asked: Asked) -> None:
    expression, check = asked
    assert library.find(expression) == expected(check)


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.recursive(LEAVES, combined, max_leaves=6))
def test_combinations_find_what_they_say(library: Library, asked: Asked) -> None:
    expression, check = asked
    assert library.find(expression) == expected(check)


def test_the_oracle_is_not_vacuous() -> None:
    """Most of the conditions above hold for some assets and not for others."""
    for name in ("Red Car", "sho"):
        assert (
            0
            < len(expected(lambda item, n=name: any(near(t, n, True) for t in all_texts(item))))
            < 60
        )  # type: ignore[misc]
