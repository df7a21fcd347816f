"""Parameters of the Search API, as JSON bodies, forms and query strings spell them."""

import hashlib
import json
import re
from collections.abc import Callable, Container, Iterator
from decimal import Decimal
from typing import Any

from app.api.params import Params
from app.contract.expression.fields import Field, find_field
from app.contract.wire import check_text, invalid, parse_number
from app.db.asset_columns import GROUPED, RANGED
from app.db.asset_order import SORTABLE, Sort
from app.db.asset_search import Aggregate, Range

MOST_SORTS = 10
MOST_AGGREGATES = 10
MOST_RANGES = 50

_NEWEST_FIRST = (Sort("created_at", True),)
_SORT_KEY = re.compile(r"sort_by(\[\d{0,6}\])?\[(?P<field>[\w.]+)\]")
_DIRECTIONS = {"asc": False, "desc": True}


def read_sorts(
    params: Params,
    find: Callable[[str], Field | None] = find_field,
    sortable: Container[str] = SORTABLE,
) -> list[Sort]:
    """The order: `sort_by` of `[{"field": "asc"}]`, also as JSON text, or `sort_by[][field]=asc`.

    Raises:
        BadRequest: there is no such field or direction, or too many of them.
    """
    sorts: dict[str, Sort] = {}
    for name, direction in _sort_pairs(params):
        known = find(name)
        field = name if known is None else known.name
        descending = _DIRECTIONS.get(direction.lower()) if isinstance(direction, str) else None
        if field not in sortable or descending is None:
            raise invalid("sort_by", {name: direction}, "Use a field and asc or desc")
        sorts.setdefault(field, Sort(field, descending))
    if len(sorts) > MOST_SORTS:
        raise invalid("sort_by", list(sorts), f"The maximum is {MOST_SORTS} fields")
    return list(sorts.values() or _NEWEST_FIRST)


def _sort_pairs(params: Params) -> Iterator[tuple[str, Any]]:
    for item in _items("sort_by", params.get("sort_by")):
        if isinstance(item, str):
            yield item, "desc"
        elif isinstance(item, dict):
            yield from item.items()
        else:
            raise invalid("sort_by", item)
    for key, direction in params.items():
        match = _SORT_KEY.fullmatch(key)
        if match:
            yield match["field"], direction


def read_aggregates(params: Params) -> list[Aggregate]:
    """What to count by: `format`, or `{"type": "bytes", "ranges": [{"key", "from"?, "to"?}]}`.

    Raises:
        BadRequest: it cannot be counted by that, or there is too much of it.
    """
    wanted: dict[str, Aggregate] = {}
    for item in _items("aggregate", params.get("aggregate")):
        aggregate = _aggregate(item if isinstance(item, dict) else {"type": item})
        wanted.setdefault(aggregate.type, aggregate)
    if len(wanted) > MOST_AGGREGATES:
        raise invalid("aggregate", list(wanted), f"The maximum is {MOST_AGGREGATES}")
    return list(wanted.values())


def _aggregate(item: dict[str, Any]) -> Aggregate:
    kind, ranges = item.get("type"), item.get("ranges")
    if isinstance(kind, str) and kind in GROUPED and not ranges:
        return Aggregate(kind)
    if not isinstance(kind, str) or kind not in RANGED:
        allowed = ", ".join([*GROUPED, *RANGED])
        raise invalid("aggregate", kind, f"Use one of {allowed}")
    if not isinstance(ranges, list) or not 0 < len(ranges) <= MOST_RANGES:
        raise invalid("aggregate", kind, f"It needs a list of 1 to {MOST_RANGES} ranges")
    return Aggregate(kind, [_range(each) for each in ranges])


def _range(item: Any) -> Range:
    if not isinstance(item, dict) or not isinstance(item.get("key"), str | int):
        raise invalid("aggregate", item, "A range is an object with a key, from and to")
    return Range(str(item["key"]), _bound(item.get("from")), _bound(item.get("to")))


def _bound(value: Any) -> Decimal | None:
    if value is None:
        return None
    parse_number("aggregate", value)
    return Decimal(str(value).strip())


def _items(name: str, value: Any) -> list[Any]:
    """The elements of a list, of JSON text (also element by element), or of a comma list."""
    if value is None or value == "":
        return []
    if isinstance(value, str) and not value.lstrip().startswith(("[", "{")):
        return [part.strip() for part in value.split(",") if part.strip()]
    value = _json(name, value)
    return [_json(name, item) for item in value] if isinstance(value, list) else [value]


def _json(name: str, value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise invalid(name, value) from None
    check_text(name, value)
    return value


def digest(expression: str, sorts: list[Sort]) -> bytes:
    """What a cursor remembers of the search that it belongs to."""
    asked = [expression, *((sort.field, sort.descending) for sort in sorts)]
    return hashlib.sha256(json.dumps(asked).encode()).digest()[:8]
