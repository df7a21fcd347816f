"""Parameters of visual search: what is searched for, among what, and in which order."""

import json
from typing import Any

from litestar.datastructures import UploadFile

from app.api.asset_query import read_sorts
from app.api.params import Params, page_size, text_param
from app.contract.wire import check_text, invalid, parse_boolean, parse_number, parse_tags
from app.download import is_data_uri, parse_data_uri
from app.errors import BadRequest
from app.ingest import TYPES, check_size
from app.runtime import Runtime
from app.search import MOST_RESULTS, MOST_TERMS, SORTABLE, Filter, Query, SortBy, Term

_KINDS = ("image_asset_id", "image_file", "image_url", "text")
_ONE_OF = "image_url, image_asset_id, image_file, text"
_TERM_KEYS = frozenset({*_KINDS, "weight", "region"})
_NEAR_DUPLICATES = "near_duplicates"
_LARGEST_WEIGHT = 100
_SMALLEST_WEIGHT = 0.001  # much less is too little for the numbers of a vector
_SMALLEST_REGION = 0.01  # of a side: 10 pixels of 1,000 show nothing


async def read_query(runtime: Runtime, params: Params) -> Query:
    """The search that a request asks for.

    Raises:
        BadRequest: it asks for nothing, for too much at once, or with a wrong value.
    """
    next_cursor = text_param(params, "next_cursor")
    given = [name for name in (*_KINDS, "queries") if params.get(name) not in (None, "", [])]
    if len(given) > 1:
        raise BadRequest(f"Only one of {_ONE_OF} can be specified")
    if not given and not next_cursor:
        raise BadRequest(f"Missing required parameter - one of: {_ONE_OF}")
    return Query(
        terms=await _terms(runtime, params, given[0]) if given else (),
        filter=_filter(params),
        threshold=parse_number("threshold", params.get("threshold") or 0, 0, 1),
        max_results=page_size(params, 50, MOST_RESULTS),
        next_cursor=next_cursor or None,
        exact=read_flag(params, "exact"),
        collapse=_collapse(params),
        sort_by=_sort_by(params),
    )


def read_flag(params: Params, name: str) -> bool:
    """A flag that is off unless given."""
    value = params.get(name)
    return value not in (None, "") and parse_boolean(name, value)


async def _terms(runtime: Runtime, params: Params, name: str) -> tuple[Term, ...]:
    if name != "queries":
        return (await _term(runtime, params, params, name),)
    if params.get("region"):
        raise invalid("region", params["region"], "Give it to one of the queries")
    given = _objects(params["queries"])
    if not 0 < len(given) <= MOST_TERMS:
        raise invalid("queries", given, f"Give 1 to {MOST_TERMS} of them")
    return tuple([await _query_term(runtime, params, each) for each in given])


async def _query_term(runtime: Runtime, params: Params, given: Any) -> Term:
    kinds = [name for name in _KINDS if isinstance(given, dict) and given.get(name)]
    if len(kinds) != 1 or not _TERM_KEYS.issuperset(given):
        raise invalid(
            "queries", given, f"Each is an object with one of {', '.join(_KINDS)}, weight, region"
        )
    return await _term(runtime, params, given, kinds[0])


async def _term(runtime: Runtime, params: Params, given: dict[str, Any], name: str) -> Term:
    """A term of the request itself, or of one of its `queries`."""
    kind, value = await _value(runtime, params, given, name)
    weight = 1.0
    if given is not params and given.get("weight") is not None:
        weight = parse_number("weight", given["weight"], -_LARGEST_WEIGHT, _LARGEST_WEIGHT)
        if abs(weight) < _SMALLEST_WEIGHT:
            raise invalid("weight", given["weight"], "It may not be 0")
    region = _region(given["region"]) if given.get("region") else None
    if region and kind == "text":
        raise invalid("region", given["region"], "Words have no regions")
    return Term(kind=kind, value=value, weight=weight, region=region)


async def _value(
    runtime: Runtime, params: Params, given: dict[str, Any], name: str
) -> tuple[str, str | bytes]:
    """The query itself. SDKs send an image_file that is a URL or a data URI as a text field."""
    file, largest = given[name], runtime.settings.max_file_bytes
    if name == "image_file" and isinstance(file, str):
        file = params.get(file, file)  # one of `queries` names a part of the form
    if name == "image_file" and isinstance(file, UploadFile):
        data = await file.read()
        check_size(len(data), largest)
        return name, data
    text = text_param({name: file}, name)
    check_text(name, text)
    if name == "text" or name == "image_asset_id":
        text = text.strip()
    if not text:
        raise BadRequest(f"Missing required parameter - one of: {_ONE_OF}")
    if name in ("image_file", "image_url"):
        if is_data_uri(text):
            return "image_file", parse_data_uri(text, largest)
        return "image_url", text.strip()
    return name, text


def _region(value: Any) -> tuple[float, float, float, float]:
    """Left, top, right and bottom from `x,y,w,h`, also as a list."""
    numbers = value.split(",") if isinstance(value, str) else value
    if not isinstance(numbers, list) or len(numbers) != 4:
        raise invalid("region", value, "It is x,y,w,h, each a share of the image from 0 to 1")
    x, y, width, height = (parse_number("region", number, 0, 1) for number in numbers)
    if min(width, height) < _SMALLEST_REGION or max(x + width, y + height) > 1.000001:
        raise invalid("region", value, "It is x,y,w,h, within the image and not empty")
    return x, y, min(1, x + width), min(1, y + height)


def _filter(params: Params) -> Filter:
    delivery_type = text_param(params, "type")
    if delivery_type and delivery_type not in TYPES:
        raise invalid("type", delivery_type, f"Use one of {', '.join(TYPES)}")
    folder = text_param(params, "asset_folder")
    check_text("asset_folder", folder)
    return Filter(
        expression=text_param(params, "expression"),
        asset_folder=folder,
        tags=parse_tags("tags", params.get("tags")) if params.get("tags") else [],
        type=delivery_type,
    )


def _collapse(params: Params) -> bool:
    value = text_param(params, "collapse")
    if value and value != _NEAR_DUPLICATES:
        raise invalid("collapse", value, f"Use {_NEAR_DUPLICATES}")
    if value and _has_sort_by(params):
        raise BadRequest("Only one of collapse, sort_by can be specified")
    return bool(value)


def _has_sort_by(params: Params) -> bool:
    return any(name == "sort_by" or name.startswith("sort_by[") for name in params)


def _sort_by(params: Params) -> SortBy | None:
    if not _has_sort_by(params):
        return None
    sorts = read_sorts(params, sortable=SORTABLE)
    if len(sorts) > 1:
        raise invalid("sort_by", [sort.field for sort in sorts], "Give one field")
    return SortBy(sorts[0].field, sorts[0].descending)


def _objects(value: Any) -> list[Any]:
    """A list of objects, also as JSON text or as a list of JSON texts."""
    try:
        value = json.loads(value) if isinstance(value, str) else value
        items = value if isinstance(value, list) else [value]
        found = [json.loads(item) if isinstance(item, str) else item for item in items]
    except (ValueError, RecursionError):
        raise invalid("queries", value, "It is a list of objects, as JSON") from None
    check_text("queries", found)
    return found
