"""`resources/visual_search`: images by words or by an image."""

from typing import Any

from litestar import Controller, Request, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath
from msgspec import UNSET

from app.api.access import admin_access
from app.api.openapi.operation_ids import each_of
from app.api.params import close_files, read_params
from app.api.shapes import Shaper
from app.api.visual_query import read_flag, read_query
from app.runtime import Runtime
from app.schemas.search import Recall, SearchDetails, SearchResponse
from app.search import Page, search


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

        `queries` are several of these at once, each with a `weight`, which is negative for what is
        not wanted. `expression`, `asset_folder`, `tags` and `type` say which images are ranked.

        A `score` means the same for words and images: 0.5 is a match as one in a thousand images
        would be by chance. `threshold` (0 to 1) leaves out results with a lower one; `max_results`
        is 50 unless given, 500 at most; `next_cursor` goes on where the page before ended.
        """
        access = await admin_access(request, runtime, cloud)
        params = await read_params(request)
        try:
            query = await read_query(runtime, params)
            explain = read_flag(params, "explain")
        finally:
            await close_files(params)
        page = await search(runtime, access.environment, query, explain=explain)
        shaper = Shaper(request, runtime, access)
        return SearchResponse(
            resources=[shaper.match(hit) for hit in page.answer.hits],
            total_count=page.answer.total_count,
            time=round(page.encode_ms + page.rank_ms),
            search=details(page),
            next_cursor=page.next_cursor or UNSET,
            warning=page.warning or UNSET,
        )


def details(page: Page) -> SearchDetails:
    """How a page came about."""
    return SearchDetails(
        model=page.model,
        mode=page.answer.mode,
        complete=page.answer.complete,
        candidates=page.answer.candidates,
        estimated=page.answer.estimated,
        recall=Recall(**page.answer.recall) if page.answer.recall else UNSET,
        encode_ms=round(page.encode_ms, 2),
        rank_ms=round(page.rank_ms, 2),
        plan=UNSET if page.plan is None else page.plan,
    )
