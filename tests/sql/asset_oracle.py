"""Expressions with a second implementation, in Python, of what they find."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.sql.asset_library import (
    FOLDERS,
    LIBRARY,
    TEXTS,
    TEXTS_OF,
    Item,
    all_texts,
    escaped,
    exactly,
    listed,
    near,
    quoted,
    words,
)

Check = Callable[[Item], bool]
Asked = tuple[str, Check]

spellings = st.sampled_from([quoted, escaped])
texts = st.sampled_from([*TEXTS, "Red C", "sho", "01", "r", "x/y", "5", "12.5", "a'b", "%s", "{}"])
prefixes = st.booleans()


@st.composite
def anywhere(draw: st.DrawFn) -> Asked:
    text, prefix = draw(texts), draw(prefixes)
    written = draw(spellings)(text, prefix)
    return written, lambda item: any(near(each, text, prefix) for each in all_texts(item))


@st.composite
def in_field(draw: st.DrawFn) -> Asked:
    name, text, prefix = draw(st.sampled_from(sorted(TEXTS_OF))), draw(texts), draw(prefixes)
    sign, same = draw(st.sampled_from([(":", near), ("=", exactly)]))
    written = f"{name}{sign}{draw(spellings)(text, prefix)}"
    return written, lambda item: any(same(each, text, prefix) for each in TEXTS_OF[name](item))


@st.composite
def in_folder(draw: st.DrawFn) -> Asked:
    path, name = (
        draw(st.sampled_from(FOLDERS[1:])),
        draw(st.sampled_from(["folder", "asset_folder"])),
    )
    form = draw(st.sampled_from(["exact", "below", "below exactly"]))
    if form == "exact":
        return f'{name}="{path}"', lambda item: item.asset_folder == path
    if form == "below exactly":
        return f'{name}="{path}/*"', lambda item: f"{item.asset_folder}/".startswith(f"{path}/")
    path = draw(st.sampled_from([path, path.upper()]))
    return f'{name}:"{path}/*"', lambda item: f"{item.asset_folder}/".lower().startswith(
        f"{path}/".lower()
    )


NUMBERS: dict[str, Callable[[Item], int | None]] = {
    "bytes": lambda item: item.bytes,
    "width": lambda item: item.width,
    "pixels": lambda item: item.width * item.height if item.width and item.height else None,
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ":": lambda a, b: a == b,
    "=": lambda a, b: a == b,
}


@st.composite
def numbers(draw: st.DrawFn) -> Asked:
    name, sign = draw(st.sampled_from(sorted(NUMBERS))), draw(st.sampled_from(sorted(COMPARISONS)))
    number = draw(st.sampled_from([1, 10, 100, 512, 1024, 1536, 9000, 1048576]))
    return (
        f"{name}{sign}{number}",
        lambda item: (
            (value := NUMBERS[name](item)) is not None and COMPARISONS[sign](value, number)
        ),
    )


@st.composite
def ranges(draw: st.DrawFn) -> Asked:
    name = draw(st.sampled_from(sorted(NUMBERS)))
    low, high = draw(st.sampled_from([0, 10, 512])), draw(st.sampled_from([100, 1024, 9000]))
    return (
        f"{name}:[{low} TO {high}]",
        lambda item: (value := NUMBERS[name](item)) is not None and low <= value < high,
    )


@st.composite
def dates(draw: st.DrawFn) -> Asked:
    """A date of any precision compares like the beginning of the time's text that is as long."""
    text = draw(st.sampled_from([
        "2024", "2025", "2024-05", "2024-12", "2024-05-31", "2025-01-01", "2024-05-31T23:59",
        "2024-05-31T23:59:59",
    ]))  # fmt: skip
    sign = draw(st.sampled_from(sorted(COMPARISONS)))
    return f'created_at{sign}"{text}"', lambda item: COMPARISONS[sign](
        item.created_at.isoformat()[: len(text)], text
    )


@st.composite
def keywords(draw: st.DrawFn) -> Asked:
    name, text = draw(st.sampled_from([
        ("resource_type", "image"), ("resource_type", "raw"), ("type", "private"),
        ("format", "jpg"), ("format", "png"), ("resource_type", "video"),
    ]))  # fmt: skip
    sign, written = draw(st.sampled_from([(":", text.upper()), (":", text), ("=", text)]))
    return f"{name}{sign}{written}", lambda item: getattr(item, name) == text


FIXED: list[Asked] = [
    ("tags", lambda item: bool(item.tags)),
    ("context", lambda item: bool(item.context)),
    ("metadata", lambda item: bool(item.metadata)),
    ("context:k", lambda item: "k" in item.context),
    ("metadata:m", lambda item: "m" in item.metadata),
    ("status:active", lambda item: True),
    ("status=deleted", lambda item: False),
    ("moderation_kind:manual", lambda item: False),
    ("duration>0", lambda item: False),
    ("tags=RED", lambda item: False),
    ('folder=""', lambda item: item.asset_folder == ""),
    ("folder:*", lambda item: True),
    ("folder:b", lambda item: "b" in words(item.asset_folder)),
    ("aspect_ratio:1.78", lambda item: (item.width, item.height) == (160, 90)),
    ('aspect_ratio="16:9"', lambda item: (item.width, item.height) == (160, 90)),
    ("metadata.m>4", lambda item: numeric(item.metadata.get("m"), lambda value: value > 4)),
    ("metadata.m:[5 TO 12.5]", lambda item: numeric(item.metadata.get("m"), between_5_and_12)),
    ("created_at>1000y", lambda item: True),
    ("created_at<1h", lambda item: True),
    (f"asset_id={LIBRARY[3].asset_id.hex}", lambda item: item.number == 4),
    (f"asset_id:{LIBRARY[3].asset_id.hex.upper()}", lambda item: item.number == 4),
    (f"asset_id:{LIBRARY[3].asset_id.hex[:20]}*", lambda item: item.number == 4),
    (f"asset_id={LIBRARY[3].asset_id.hex.upper()}", lambda item: False),
    (f"etag:{'0' * 32}", lambda item: False),
]  # fmt: skip


def between_5_and_12(value: float) -> bool:
    return 5 <= value < 12.5


def numeric(value: Any, check: Callable[[float], bool]) -> bool:
    for each in listed(value):
        if re.fullmatch(r"-?\d+(\.\d+)?", each) and check(float(each)):
            return True
    return False


def combined(inner: st.SearchStrategy[Asked]) -> st.SearchStrategy[Asked]:
    def both(pair: tuple[Asked, Asked, str]) -> Asked:
        (left, is_left), (right, is_right), word = pair
        if word == " OR ":
            return f"({left}){word}({right})", lambda item: is_left(item) or is_right(item)
        return f"({left}){word}({right})", lambda item: is_left(item) and is_right(item)

    def opposite(pair: tuple[Asked, str]) -> Asked:
        (text, holds), word = pair
        return f"{word}({text})", lambda item: not holds(item)

    return st.one_of(
        st.tuples(inner, inner, st.sampled_from([" AND ", " OR ", " "])).map(both),
        st.tuples(inner, st.sampled_from(["-", "NOT "])).map(opposite),
    )


LEAVES = st.one_of(
    anywhere(), in_field(), in_folder(), numbers(), ranges(), dates(), keywords(),
    st.sampled_from(FIXED),
)  # fmt: skip


def expected(check: Check) -> set[int]:
    """The numbers of the assets that the check holds for."""
    return {item.number for item in LIBRARY if check(item)}
