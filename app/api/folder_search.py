"""`folders/search`: folders by an expression."""

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
from app.api.asset_query import digest, read_sorts
from app.api.folders import MOST_FOLDERS, shape
from app.api.openapi.operation_ids import each_of
from app.api.params import Params, page_size, read_params, text_param
from app.contract.expression import parse
from app.contract.expression.folder_fields import find_folder_field
from app.contract.expression.tree import Condition
from app.cursor import FolderSearchCursor, seal, unseal
from app.db import folder_search
from app.db.asset_order import Sort
from app.db.asset_search import bounded
from app.db.folder_predicate import SORTABLE
from app.errors import BadRequest
from app.runtime import Runtime
from app.schemas.folders import FolderSearchResponse


class FolderSearch(msgspec.Struct, frozen=True):
    """One page of a search, as it was asked for."""

    condition: Condition
    sorts: list[Sort]
    max_results: int
    next: FolderSearchCursor
    """The cursor of this page; of the first one, with nothing in `after`."""


class FolderSearchController(Controller):
    """Search for folders."""

    path = "/v1_1/{cloud:str}/folders"
    tags = ("Folders",)

    @route(
        "/search",
        http_method=[HttpMethod.GET, HttpMethod.POST],
        status_code=200,
        operation_id=each_of("search_folders"),
    )
    async def search(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> FolderSearchResponse:
        """The folders that `expression` describes by path, name, id, created_at and updated_at.

        Newest first unless `sort_by` says otherwise; `max_results` is 50 unless given, 500 at most.
        """
        access = await admin_access(request, runtime, cloud)
        search = _read(runtime, access, await read_params(request))
        return await _answer(runtime, access, search)


def _read(runtime: Runtime, access: Access, params: Params) -> FolderSearch:
    expression = text_param(params, "expression")
    sorts = read_sorts(params, find_folder_field, SORTABLE)
    cursor = _cursor(runtime, access, text_param(params, "next_cursor"), digest(expression, sorts))
    return FolderSearch(
        parse(expression, datetime.fromtimestamp(cursor.asked_at, UTC), find_folder_field),
        sorts,
        page_size(params, 50, MOST_FOLDERS),
        cursor,
    )


def _cursor(runtime: Runtime, access: Access, text: str, query: bytes) -> FolderSearchCursor:
    environment_id = access.environment.environment_id
    if not text:
        return FolderSearchCursor(
            environment_id=environment_id, query=query, asked_at=time.time(), after=[]
        )
    cursor = unseal(runtime.keyring, text, FolderSearchCursor, environment_id)
    if cursor.query != query:
        raise BadRequest("Invalid value for parameter next_cursor")
    return cursor


async def _answer(runtime: Runtime, access: Access, search: FolderSearch) -> FolderSearchResponse:
    started = time.perf_counter()
    environment_id = access.environment.environment_id
    async with runtime.pool.connection() as connection, bounded(connection):
        found = await folder_search.list_page(
            connection,
            environment_id,
            search.condition,
            search.sorts,
            limit=search.max_results + 1,
            after=search.next.after,
        )
        total = await folder_search.count(connection, environment_id, search.condition)
    page, more = found[: search.max_results], len(found) > search.max_results
    following = msgspec.structs.replace(search.next, after=page[-1].sort_keys) if more else None
    return FolderSearchResponse(
        total_count=total,
        time=round((time.perf_counter() - started) * 1000),
        folders=[shape(folder) for folder in page],
        next_cursor=seal(runtime.keyring, following) if following else UNSET,
    )
