"""Nothing of what a client wrote becomes SQL, and PostgreSQL runs whatever is composed."""

import re
from collections.abc import Iterator
from string import Formatter
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.types.json import Jsonb

from app.contract.expression import parse
from app.contract.expression.lexer import MOST_TERMS
from app.contract.expression.parser import DEEPEST
from app.db import asset_columns, asset_order, asset_predicate
from app.db.asset_order import Order, Sort
from app.db.asset_predicate import Filter, Predicate
from app.errors import BadRequest
from tests.database import Databases
from tests.sql.asset_library import LIBRARY, NOW, Library, escaped, open_library, quoted
from tests.sql.asset_oracle import COMPARISONS, LEAVES, Asked, combined, prefixes, spellings


@pytest.fixture(scope="module")
def library(databases: Databases) -> Iterator[Library]:
    with open_library(databases) as library:
        yield library


FIELDS = [
    "", "tags", "folder", "public_id", "filename", "display_name", "format", "etag", "asset_id",
    "context.k", "metadata.m", "context", "metadata", "resource_type", "status",
]  # fmt: skip
ORDERED = ["bytes", "width", "pixels", "aspect_ratio", "duration", "created_at", "metadata.m"]
VALUES = ["1", "-5", "1.25", "2024-05", "0001", "99999999999999", "10d", "1mb", "16:9"]
HOSTILE = [
    "'; drop table library.asset --",
    "{}",
    "{0}",
    "%s",
    "%(value0)s",
    "$1",
    "\\",
    "''",
    '"',
    "\\u0041",
    "\n",
]

anything = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"])))


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    """A comparison; some values are none of their field's."""
    name, sign = draw(st.sampled_from(ORDERED)), draw(st.sampled_from(sorted(COMPARISONS)))
    return f"{name}{sign}{draw(st.sampled_from(VALUES))}"


@st.composite
def any_texts(draw: st.DrawFn) -> str:
    """A field with any text for a value, which is always understood."""
    name, sign = draw(st.sampled_from(FIELDS)), draw(st.sampled_from(":="))
    text = draw(anything.filter(lambda text: "\0" not in text and text.strip("/")))
    prefix = draw(prefixes) and name not in ("context", "metadata")
    spelling = draw(spellings) if name and not any(map(str.isspace, text)) else quoted
    return (name and name + sign) + spelling(text, prefix)


TOKENS = st.sampled_from(["AND", "OR", "NOT", "(", ")", "-", "[1 TO 2]", "width:", "*", ":", '"'])
FUZZ = st.lists(st.one_of(comparisons(), any_texts(), TOKENS, anything), max_size=8).map(" ".join)


def constants(*modules: Any) -> set[str]:
    """The text of every SQL constant of the modules."""
    found = set()
    for module in modules:
        for value in vars(module).values():
            for each in value.values() if isinstance(value, dict) else [value]:
                for part in each if isinstance(each, tuple) else [each]:
                    if isinstance(part, sql.SQL | sql.Composed):
                        found |= set(sql_texts(part))
    return found


def sql_texts(part: sql.Composable) -> list[str]:
    """All SQL text of a composition; parameters and names are none."""
    if isinstance(part, sql.Composed):
        return [text for inner in part for text in sql_texts(inner)]
    if isinstance(part, sql.SQL):
        return [part._obj]
    if isinstance(part, sql.Literal):
        assert re.fullmatch(r"value\d+", part._obj)  # the name that a Filter's value has
        return []
    assert isinstance(part, sql.Placeholder), f"neither SQL nor a parameter: {part!r}"
    assert re.fullmatch(r"(value|order)\d+", part._obj)
    return []


def pieces(templates: set[str]) -> set[str]:
    """The constants, and what psycopg's `format` leaves of them between their gaps."""
    between = (literal for text in templates for literal, *_ in Formatter().parse(text))
    return {*templates, *between}


KNOWN = pieces(constants(asset_predicate, asset_columns, asset_order, Filter))


def check_composition(expression: str) -> Predicate | None:
    try:
        condition = parse(expression, NOW)
    except BadRequest:
        return None
    predicate = Predicate(condition)
    order = Order([Sort("score", True)], condition, ["1", "2"])
    filter = Filter(condition)
    for part in (predicate.sql, order.sort_keys, order.order, order.after, filter.sql):
        assert set(sql_texts(part)) <= KNOWN
    assert [str(value) for value in predicate.values.values()] == [
        str(value) for value in filter.values.values()
    ]
    return predicate


def find_by_filter(library: Library, expression: str) -> set[int]:
    """The numbers of the assets that a Filter finds, which has its values in a JSON object."""
    filter = Filter(parse(expression, NOW))
    statement = f"select asset_id from library.asset where environment_id = $2 and {filter.text}"
    rows = psycopg.RawCursor(library.connection).execute(
        statement, (Jsonb(filter.values), library.environment_id), prepare=False
    )
    numbers = {item.asset_id: item.number for item in LIBRARY}
    return {numbers[row[0]] for row in rows}


@settings(deadline=None, max_examples=500, suppress_health_check=list(HealthCheck))
@given(FUZZ)
def test_no_client_text_becomes_sql_and_all_of_it_runs(library: Library, expression: str) -> None:
    if check_composition(expression) is not None:
        library.find(expression)


@settings(deadline=None, max_examples=500, suppress_health_check=list(HealthCheck))
@given(
    st.recursive(
        any_texts(), lambda inner: st.lists(inner, min_size=1, max_size=3).map(" OR ".join)
    )
)
def test_any_value_of_any_field_runs(library: Library, expression: str) -> None:
    assert check_composition(expression) is not None
    library.find(expression)


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(comparisons())
def test_any_comparison_runs(library: Library, expression: str) -> None:
    if check_composition(expression) is not None:
        library.find(expression)


EXPRESSIONS = st.recursive(LEAVES, combined, max_leaves=6).map(lambda asked: asked[0])


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.one_of(EXPRESSIONS, FUZZ, comparisons(), any_texts()))
def test_a_filter_finds_what_its_predicate_finds(library: Library, expression: str) -> None:
    if check_composition(expression) is not None:
        assert find_by_filter(library, expression) == library.find(expression)


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.recursive(LEAVES, combined, max_leaves=6))
def test_no_part_of_a_combination_is_client_text(asked: Asked) -> None:
    assert check_composition(asked[0]) is not None


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("field", ["", "tags=", "tags:", "context.k=", "metadata.m:", "folder="])
def test_hostile_values_are_parameters(library: Library, field: str, value: str) -> None:
    expression = f"{field}{quoted(value, False)}"
    predicate = check_composition(expression)
    assert predicate is not None
    if field:
        assert value in predicate.values.values() or value.strip("/") in predicate.values.values()
    assert find_by_filter(library, expression) == library.find(expression)


def test_hostile_keys_are_parameters(library: Library) -> None:
    key = "k' or true or '{}%s"
    expression = f"context.{escaped(key, False)}=a OR metadata:{quoted(key, False)}"
    predicate = check_composition(expression)
    assert predicate is not None
    assert list(predicate.values.values()).count(key) == 2
    assert library.find(expression) == find_by_filter(library, expression) == set()


@pytest.mark.parametrize("term", ["tags:red", "folder=a/*", "metadata.m=red", "-x", "bytes>1"])
def test_the_longest_expression_runs(library: Library, term: str) -> None:
    expression = " OR ".join([term] * MOST_TERMS)
    assert library.find(expression) == library.find(term)
    deep = "(" * (DEEPEST - 3) + term + ")" * (DEEPEST - 3)
    assert library.find(deep) == library.find(term)
