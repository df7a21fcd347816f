"""The grammar of the Search API: what an expression says, and which error a wrong one gets."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.contract.expression import parse
from app.contract.expression.fields import Field, Kind, find_field
from app.contract.expression.lexer import MOST_CHARACTERS, MOST_TERMS
from app.contract.expression.parser import DEEPEST
from app.contract.expression.tree import (
    EVERYTHING,
    And,
    Compare,
    Condition,
    Has,
    Match,
    Not,
    Operator,
    Or,
)
from app.contract.expression.values import parse_period, parse_ratio, parse_size
from app.errors import BadRequest

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def ask(expression: str) -> Condition:
    return parse(expression, NOW)


def field(name: str) -> Field:
    found = find_field(name)
    assert found is not None
    return found


def word(text: str, name: str | None = None, *, exact: bool = False, prefix: bool = False) -> Match:
    return Match(None if name is None else field(name), text, exact, prefix)


def compare(name: str, operator: str, value: Decimal | datetime | str | int) -> Compare:
    if isinstance(value, int):
        value = Decimal(value)
    return Compare(field(name), Operator(operator), value)


def between(name: str, low: Decimal | datetime | int, high: Decimal | datetime | int) -> And:
    return And((compare(name, ">=", low), compare(name, "<", high)))


def day(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize("expression", ["", "  ", "\n"])
def test_an_empty_expression_holds_for_everything(expression: str) -> None:
    assert ask(expression) == EVERYTHING


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("tags=T", word("T", "tags", exact=True)),
        ("tags:T", word("T", "tags")),
        ("public_id=X", word("X", "public_id", exact=True)),
        ("asset_id=X", word("X", "asset_id", exact=True)),
        ("asset_id:X", word("X", "asset_id")),
        ('folder:"X/*"', word("X/", "asset_folder", prefix=True)),
        (
            'asset_folder:"X/*" AND status:active',
            And((word("X/", "asset_folder", prefix=True), word("active", "status"))),
        ),
        (
            'folder:"X/*" AND status:(active OR pending)',
            And(
                (
                    word("X/", "asset_folder", prefix=True),
                    Or((word("active", "status"), word("pending", "status"))),
                )
            ),
        ),
        ('folder:"*"', EVERYTHING),
        (
            "X AND (type:upload OR type:private)",
            And((word("X"), Or((word("upload", "type"), word("private", "type"))))),
        ),
    ],
)
def test_what_the_official_tests_and_the_cli_ask(expression: str, condition: Condition) -> None:
    assert ask(expression) == condition


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        (
            "tags=catalog AND resource_type:image",
            And((word("catalog", "tags", exact=True), word("image", "resource_type"))),
        ),
        ("folder:products/*", word("products/", "asset_folder", prefix=True)),
        (
            "uploaded_at>1d AND bytes>1m",
            And(
                (
                    compare("uploaded_at", ">", NOW - timedelta(days=1)),
                    compare("bytes", ">", 1024**2),
                )
            ),
        ),
        (
            "format:mp4 AND duration>60",
            And((word("mp4", "format"), compare("duration", ">", 60))),
        ),
        ("-tags=archived", Not(word("archived", "tags", exact=True))),
        ("context.alt:bag*", word("bag", "context.alt", prefix=True)),
        ("-tags", Not(Has(Field("tags", Kind.WORDS)))),
        ("tags", Has(Field("tags", Kind.WORDS))),
        ('"tags"', word("tags")),
        ("context:stage", Has(Field("context", Kind.SET, "stage"))),
        ("context.stage:in review", And((word("in", "context.stage"), word("review")))),
        ("metadata.id=value", word("value", "metadata.id", exact=True)),
        ("metadata.size>5", compare("metadata.size", ">", 5)),
        ("metadata.day<2024-05-31", compare("metadata.day", "<", "2024-05-31")),
        (
            "created_at:[4w TO 1w]",
            between("created_at", NOW - timedelta(weeks=4), NOW - timedelta(weeks=1)),
        ),
        ("width:[100 TO 200]", between("width", 100, 200)),
        ("width=[100 TO 200]", between("width", 100, 200)),
        ("last_updated.tags_updated_at>=2024", compare("tags_updated_at", ">=", day(2024, 1, 1))),
        ("width : 5", compare("width", "=", 5)),
        ("width >= -5", compare("width", ">=", -5)),
        ("sho*", word("sho", prefix=True)),
        ('"red sho*"', word("red sho", prefix=True)),
        ("a-b+c", word("a-b+c")),
        ("TO", word("TO")),
    ],
)
def test_examples(expression: str, condition: Condition) -> None:
    assert ask(expression) == condition


A, B, C = word("a"), word("b"), word("c")


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("a b", And((A, B))),
        ("a AND b AND c", And((A, B, C))),
        ("a OR b AND c", Or((A, And((B, C))))),
        ("a AND b OR c", Or((And((A, B)), C))),
        ("a b OR c", And((A, Or((B, C))))),
        ("a AND (b OR c)", And((A, Or((B, C))))),
        ("NOT a b", And((Not(A), B))),
        ("-a OR +b", Or((Not(A), B))),
        ("-(a b)", Not(And((A, B)))),
        ("NOT NOT a", Not(Not(A))),
        ("((a))", A),
        ("and", word("and")),
        (r"\AND", word("AND")),
        ("-tags:(a OR b)", Not(Or((word("a", "tags"), word("b", "tags"))))),
        ('tags=(a OR "b c*")', Or((
            word("a", "tags", exact=True), word("b c", "tags", exact=True, prefix=True),
        ))),
        ("tags:(a tags)", And((word("a", "tags"), word("tags", "tags")))),
        ("tags=(a) b", And((word("a", "tags", exact=True), B))),
    ],
)  # fmt: skip
def test_operators_and_groups(expression: str, condition: Condition) -> None:
    assert ask(expression) == condition


@pytest.mark.parametrize("character", '!(){}[]*^~?:\\=&><" ')
def test_every_escape_of_the_contract(character: str) -> None:
    assert ask(f"tags=a\\{character}b") == word(f"a{character}b", "tags", exact=True)


def test_escapes_in_quotes_are_the_quote_the_star_and_the_backslash() -> None:
    assert ask(r'tags="a\"b\*c\\d\e:f"') == word(r'a"b*c\d\e:f', "tags", exact=True)


@pytest.mark.parametrize(
    ("expression", "position", "reason"),
    [
        ("*bag", 1, "beginning"),
        ("context.alt:*bag*", 13, "beginning"),
        ('tags:"*bag"', 7, "beginning"),
        ("tags:*", 6, "beginning"),
        ('"*"', 1, "beginning"),
        ("ba*g", 3, "at the end"),
        ('"ba*g"', 4, "at the end"),
        ("colour=red", 1, "no field colour"),
        ("a AND folders:b", 7, "no field folders"),
        ("tags:(a b:c)", 9, "inside another"),
        ("tags:a:b", 6, "inside another"),
        ('"tags":a', 7, "name of a field"),
        (">5", 1, "name of a field is missing"),
        ("[1 TO 2]", 1, "name of a field is missing"),
        ("(a", 3, "missing at the end"),
        ("a AND", 6, "missing at the end"),
        ("tags:", 6, "missing at the end"),
        ("width:[1 TO 2", 14, "missing at the end"),
        ("a)", 2, ") cannot stand here"),
        ("AND a", 1, "A cannot stand here"),
        ('a "b', 3, "quote is not closed"),
        ("a\\", 2, "backslash"),
        ("a&b", 2, r"escaped as \&"),
        ("a~2", 2, r"escaped as \~"),
        ("width:{1 TO 2}", 7, r"escaped as \{"),
        ("width:wide", 7, "width takes a number"),
        ("width:5*", 7, "width takes a number"),
        ("bytes>1tb", 7, "size such as"),
        ("created_at>yesterday", 12, "date such as"),
        ("created_at>2024-02-30", 12, "date such as"),
        ("created_at:9999-12-31", 12, "date such as"),
        ("created_at>99999y", 12, "date such as"),
        ("created_at:10d", 12, "compare created_at with < or >"),
        ("public_id>a", 11, "cannot be compared"),
        ("tags:[a TO b]", 7, "cannot be compared"),
        ("context:ke*", 9, "whole key"),
        ("metadata.size>big", 15, "number or date"),
    ],
)
def test_errors_name_the_position_and_the_reason(
    expression: str, position: int, reason: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        ask(expression)
    assert caught.value.message.startswith(f"Query Error (at position {position}): ")
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("fits", "too_much"),
    [
        ("a" * MOST_CHARACTERS, "a" * (MOST_CHARACTERS + 1)),
        ("a " * MOST_TERMS, "a " * (MOST_TERMS + 1)),
        ("(" * DEEPEST + "a" + ")" * DEEPEST, "(" * 51 + "a" + ")" * 51),
        ("-" * DEEPEST + "a", "-" * (DEEPEST + 1) + "a"),
    ],
)
def test_limits(fits: str, too_much: str) -> None:
    assert ask(fits)
    with pytest.raises(BadRequest, match=r"^Query Error \(at position \d+\): more than"):
        ask(too_much)


def test_a_deep_expression_does_not_exhaust_the_stack() -> None:
    with pytest.raises(BadRequest, match="more than 50 levels"):
        ask("NOT " * 1500 + "a")


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_text_that_postgresql_cannot_store(text: str) -> None:
    with pytest.raises(BadRequest, match="expression"):
        ask(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", day(2024, 1, 1), day(2025, 1, 1)),
        ("2024-02", day(2024, 2, 1), day(2024, 3, 1)),
        ("2024-12", day(2024, 12, 1), day(2025, 1, 1)),
        ("2024-02-29", day(2024, 2, 29), day(2024, 3, 1)),
        ("2024-02-29T10:30", day(2024, 2, 29, 10, 30), day(2024, 2, 29, 10, 31)),
        ("2024-02-29T10:30:05Z", day(2024, 2, 29, 10, 30, 5), day(2024, 2, 29, 10, 30, 6)),
        ("2024-02-29 10:30:05+02:00", day(2024, 2, 29, 8, 30, 5), day(2024, 2, 29, 8, 30, 6)),
        (
            "2024-02-29T10:30:05.25Z",
            day(2024, 2, 29, 10, 30, 5, 250_000),
            day(2024, 2, 29, 10, 30, 5, 250_001),
        ),
        ("3h", NOW - timedelta(hours=3), NOW - timedelta(hours=3)),
        ("10d", NOW - timedelta(days=10), NOW - timedelta(days=10)),
        ("2w", NOW - timedelta(days=14), NOW - timedelta(days=14)),
        ("1m", day(2026, 2, 28, 12), day(2026, 2, 28, 12)),
        ("13m", day(2025, 2, 28, 12), day(2025, 2, 28, 12)),
        ("2y", day(2024, 3, 31, 12), day(2024, 3, 31, 12)),
    ],
)
def test_periods(text: str, start: datetime, end: datetime) -> None:
    assert parse_period(text, NOW) == (start, end)


@pytest.mark.parametrize(
    "text", ["2024-1", "24-01-01", "2024-13", "10", "d", "0000", "2024-05-31T25:00"]
)
def test_no_periods(text: str) -> None:
    assert parse_period(text, NOW) is None


def test_comparing_with_a_day_counts_all_of_it() -> None:
    assert ask("created_at>2024-05-31") == compare("created_at", ">=", day(2024, 6, 1))
    assert ask("created_at>=2024-05-31") == compare("created_at", ">=", day(2024, 5, 31))
    assert ask("created_at<2024-05-31") == compare("created_at", "<", day(2024, 5, 31))
    assert ask("created_at<=2024-05-31") == compare("created_at", "<", day(2024, 6, 1))
    assert ask("created_at:2024-05-31") == between("created_at", day(2024, 5, 31), day(2024, 6, 1))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500", 500),
        ("500b", 500),
        ("1kb", 1024),
        ("1K", 1024),
        ("1.5mb", 1_572_864),
        ("2g", 2 * 1024**3),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_ratios_have_two_decimals() -> None:
    assert parse_ratio("16:9") == Decimal("1.78")
    assert ask("aspect_ratio=1.7777") == compare("aspect_ratio", "=", Decimal("1.78"))
    assert ask('aspect_ratio>"4:3"') == compare("aspect_ratio", ">", Decimal("1.33"))


SYNTAX = st.lists(
    st.sampled_from([
        "AND", "OR", "NOT", "TO", " ", "(", ")", "[", "]", "-", "+", ":", "=", "<", ">", ">=", "*",
        '"', "\\", "a", "5", "10d", "1mb", "2024-05", "tags", "width", "folder", "created_at",
        "context.k", "metadata.m", "status", "asset_id", "{", "~", "é", "'", "%s", "{}",
    ]),
    max_size=30,
).map("".join)  # fmt: skip


@given(st.one_of(st.text(), SYNTAX, st.lists(SYNTAX).map(" ".join)))
@example("a:b:c:d")
@example("((((")
@example("[")
@example("a [1 b")
def test_any_text_is_a_condition_or_a_bad_request(expression: str) -> None:
    with suppress(BadRequest):
        assert isinstance(ask(expression), Condition)
