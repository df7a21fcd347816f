"""`resources/visual_search`: images by words or by an image."""

from typing import Any

from litestar import Controller, Request, route
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath
from msgspec import UNSET

from app.api.access import admin_access
from app.api.openapi.operation_ids import each_of
from app.api.params import Params, close_files, page_size, read_params, text_param
from app.api.shapes import Shaper
from app.contract.wire import parse_number
from app.download import is_data_uri, parse_data_uri
from app.errors import BadRequest
from app.ingest import check_size
from app.runtime import Runtime
from app.schemas.search import SearchResponse
from app.search import MOST_RESULTS, Query, search

_KINDS = ("image_asset_id", "image_file", "image_url", "text")
_ONE_OF = "image_url, image_asset_id, image_file, text"


class VisualSearchController(Controller):
    """Visual search. Scoring knows no permissions: restricted images are among the results."""

    path = "/v1_1/{cloud:str}/resources"
    tags = ("Visual search",)

    @route(
        "/visual_search",
        http_method=[HttpMethod.GET, HttpMethod.POST],
        status_code=200,
        operation_id=each_of("visual_search"),
    )
    async def visual_search(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> SearchResponse:
        """The indexed images most like one of `text`, `image_url`, `image_asset_id`, `image_file`.

        `threshold` (0 to 1) leaves out results with a lower score; `max_results` is 50 unless
        given, 500 at most; `next_cursor` goes on where the page before ended.
        """
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        try:
            query = await _query(runtime, params)
        finally:
            await close_files(params)
        page = await search(runtime, access.environment, query)
        shaper = Shaper(request, runtime, access)
        return SearchResponse(
            resources=[shaper.match(hit) for hit in page.answer.hits],
            total_count=page.answer.total_count,
            time=round(page.encode_ms + page.rank_ms),
            next_cursor=page.next_cursor or UNSET,
            warning=page.warning or UNSET,
        )


async def _query(runtime: Runtime, params: Params) -> Query:
    next_cursor = text_param(params, "next_cursor")
    given = [kind for kind in _KINDS if params.get(kind) not in (None, "")]
    if len(given) > 1:
        raise BadRequest(f"Only one of {_ONE_OF} can be specified")
    if not given and not next_cursor:
        raise BadRequest(f"Missing required parameter - one of: {_ONE_OF}")
    kind, value = await _value(runtime, params, given[0]) if given else ("next_cursor", "")
    return Query(
        kind=kind,
        value=value,
        threshold=parse_number("threshold", params.get("threshold") or 0, 0, 1),
        max_results=page_size(params, 50, MOST_RESULTS),
        next_cursor=next_cursor or None,
    )


async def _value(runtime: Runtime, params: Params, kind: str) -> tuple[str, str | bytes]:
    """The query itself. SDKs send an image_file that is a URL or a data URI as a text field."""
    if kind == "image_file":
        file, maximum = params["image_file"], runtime.settings.max_file_bytes
        if isinstance(file, UploadFile):
            data = await file.read()
            check_size(len(data), maximum)
            return kind, data
        text = text_param(params, "image_file")
        if is_data_uri(text):
            return kind, parse_data_uri(text, maximum)
        return "image_url", text
    text = text_param(params, kind).strip()
    if not text:
        raise BadRequest(f"Missing required parameter - one of: {_ONE_OF}")
    if kind == "image_url" and is_data_uri(text):
        return "image_file", parse_data_uri(text, runtime.settings.max_file_bytes)
    return kind, text
