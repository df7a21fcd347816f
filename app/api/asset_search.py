"""`resources/search`: assets by an expression."""

import time
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Controller, Request, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath
from msgspec import UNSET

from app.api.access import Access, admin_access
from app.api.asset_query import digest, read_aggregates, read_sorts
from app.api.found_assets import AssetSearchResponse, Selection
from app.api.openapi.operation_ids import each_of
from app.api.params import Params, close_files, page_size, read_params, text_param
from app.api.shapes import Shaper
from app.contract.expression import parse
from app.contract.expression.tree import Condition
from app.contract.wire import parse_list
from app.cursor import AssetCursor, seal, unseal
from app.db import asset_search
from app.db.asset_order import Sort
from app.db.asset_search import Aggregate, FoundAsset
from app.errors import BadRequest
from app.runtime import Runtime

MOST_RESULTS = 500


class Search(msgspec.Struct, frozen=True):
    """One page of a search, as it was asked for."""

    condition: Condition
    sorts: list[Sort]
    aggregates: list[Aggregate]
    max_results: int
    selection: Selection
    next: AssetCursor
    """The cursor of this page; of the first one, with nothing in `after`."""


class SearchController(Controller):
    """The Search API."""

    path = "/v1_1/{cloud:str}/resources"
    tags = ("Search",)

    @route(
        "/search",
        http_method=[HttpMethod.GET, HttpMethod.POST],
        status_code=200,
        operation_id=each_of("search_assets"),
    )
    async def search(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> AssetSearchResponse:
        """The assets that `expression` describes, newest first unless `sort_by` says otherwise.

        `max_results` is 50 unless given, 500 at most; `next_cursor` goes on where the page before
        ended. `with_field` adds `tags`, `context` or `metadata`, `fields` picks fields, and
        `aggregate` counts by a field or by ranges of it.
        """
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        try:
            search = _read(runtime, access, params)
        finally:
            await close_files(params)
        return await _answer(runtime, access, search, Shaper(request, runtime, access))


def _read(runtime: Runtime, access: Access, params: Params) -> Search:
    expression, sorts = text_param(params, "expression"), read_sorts(params)
    cursor = _cursor(runtime, access, text_param(params, "next_cursor"), digest(expression, sorts))
    return Search(
        condition=parse(expression, datetime.fromtimestamp(cursor.asked_at, UTC)),
        sorts=sorts,
        aggregates=read_aggregates(params),
        max_results=page_size(params, 50, MOST_RESULTS),
        selection=Selection(
            parse_list("fields", params.get("fields")),
            parse_list("with_field", params.get("with_field")),
        ),
        next=cursor,
    )


def _cursor(runtime: Runtime, access: Access, text: str, query: bytes) -> AssetCursor:
    environment_id = access.environment.environment_id
    if not text:
        return AssetCursor(
            environment_id=environment_id, query=query, asked_at=time.time(), after=[]
        )
    cursor = unseal(runtime.keyring, text, AssetCursor, environment_id)
    if cursor.query != query:
        raise BadRequest("Invalid value for parameter next_cursor")
    return cursor


async def _answer(
    runtime: Runtime, access: Access, search: Search, shaper: Shaper
) -> AssetSearchResponse:
    started = time.perf_counter()
    environment_id = access.environment.environment_id
    async with runtime.pool.connection() as connection, asset_search.bounded(connection):
        found = await asset_search.list_page(
            connection,
            environment_id,
            search.condition,
            search.sorts,
            limit=search.max_results + 1,
            after=search.next.after,
        )
        page, more = found[: search.max_results], len(found) > search.max_results
        total = len(page)
        if more or search.next.after:
            total = await asset_search.count(connection, environment_id, search.condition)
        counts = {
            wanted.type: await asset_search.aggregate(
                connection, environment_id, search.condition, wanted
            )
            for wanted in search.aggregates
        }
    return AssetSearchResponse(
        total_count=total,
        time=round((time.perf_counter() - started) * 1000),
        aggregations=counts or UNSET,
        resources=[search.selection.shape(asset, shaper) for asset in page],
        next_cursor=_seal(runtime, search.next, page[-1]) if more else UNSET,
    )


def _seal(runtime: Runtime, cursor: AssetCursor, last: FoundAsset) -> str:
    following = AssetCursor(
        environment_id=cursor.environment_id,
        query=cursor.query,
        asked_at=cursor.asked_at,
        after=last.sort_keys,
    )
    return seal(runtime.keyring, following)
