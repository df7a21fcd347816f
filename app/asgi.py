"""The application: wiring only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins.prometheus import PrometheusConfig

from app.api import errors, rate_limit, request_id, traffic
from app.api.account import AccountController
from app.api.asset_search import SearchController
from app.api.datasources import DatasourceController
from app.api.delivery import DeliveryController
from app.api.downloads import DownloadController
from app.api.folder_search import FolderSearchController
from app.api.folders import FolderController
from app.api.health import HealthController
from app.api.metadata_fields import MetadataFieldController
from app.api.metadata_rules import MetadataRuleController
from app.api.metrics import MetricsController
from app.api.openapi.config import openapi_config
from app.api.openapi.document import complete
from app.api.related_assets import RelatedAssetController
from app.api.resource_lists import TagController
from app.api.resources import ResourceController
from app.api.upload_actions import UploadActionController
from app.api.upload_presets import UploadPresetController
from app.api.uploads import UploadController
from app.api.visual_search import VisualSearchController
from app.runtime import Runtime
from app.telemetry import Gauges, exported
from app.traffic_log import TrafficLog
from app.web.reference import ReferencePage, reference_router
from app.web.routes import web_routes
from app.web.templates import template_config
from app.worker import work

_WITHOUT_FILE = 2_000_000  # bytes of a request beside its file: 1000 public_ids of 255 characters
_MOST_PARTS = 1100  # of a form: 1000 public_ids, and what is to be done to them
# What a page of another origin may read of an answer, beside what browsers always let it.
_EXPOSED_HEADERS = (
    "X-Cld-Error", "X-Request-Id", "ETag", "Last-Modified", "Content-Length", "Content-Range",
    "Accept-Ranges", "Content-Disposition",
)  # fmt: skip
# By route, not by path: a path holds public_ids, and each would become a series of its own.
_METRICS = PrometheusConfig(
    app_name="iris", prefix="iris", group_path=True, exclude_unhandled_paths=True
)


def create_app(runtime: Runtime) -> Litestar:
    """The application on an open runtime, which whoever opened it closes."""
    settings = runtime.settings

    @asynccontextmanager
    async def export_gauges(_: Litestar) -> AsyncIterator[None]:
        with exported(_gauges(runtime)):
            yield

    @asynccontextmanager
    async def log_traffic(app: Litestar) -> AsyncIterator[None]:
        async with TrafficLog.open(runtime.pool) as app.state.traffic:
            yield

    @asynccontextmanager
    async def embed_what_is_pending(_: Litestar) -> AsyncIterator[None]:
        working = asyncio.create_task(work(runtime))
        yield
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    return Litestar(
        route_handlers=[
            Router(
                "/",
                route_handlers=[*web_routes(), VisualSearchController, UploadController],
                # base64 in a data URI is a third longer than the file.
                request_max_body_size=settings.max_file_bytes * 4 // 3 + _WITHOUT_FILE,
            ),
            HealthController,
            MetricsController,
            SearchController,
            UploadPresetController,
            UploadActionController,
            ResourceController,
            RelatedAssetController,
            TagController,
            AccountController,
            FolderSearchController,
            FolderController,
            MetadataFieldController,
            DatasourceController,
            MetadataRuleController,
            DownloadController,
            DeliveryController,
        ],
        dependencies={"runtime": Provide(_runtime, sync_to_thread=False)},
        template_config=template_config(),
        lifespan=[
            export_gauges,
            log_traffic,
            *([embed_what_is_pending] if settings.embed_in_server else []),
        ],
        middleware=[_METRICS.middleware],
        state=State({"runtime": runtime}),
        before_send=[request_id.add_headers, rate_limit.add_headers, traffic.count_delivery],
        exception_handlers=errors.handlers(settings.max_file_bytes),
        multipart_form_part_limit=_MOST_PARTS,
        request_max_body_size=_WITHOUT_FILE,
        cors_config=CORSConfig(
            allow_origins=["*"],
            expose_headers=[*_EXPOSED_HEADERS, *rate_limit.EXPOSED_HEADERS],
        ),
        logging_config=None,  # `telemetry.configure_logs` did it
        openapi_config=openapi_config(reference_router(), ReferencePage()),
        on_startup=[complete],
    )


def _gauges(runtime: Runtime) -> Gauges:
    def connections(name: str) -> float:
        return runtime.pool.get_stats().get(name, 0)

    return {
        "iris_encoder_queue": ("Texts and images that wait", lambda: runtime.batcher.depth),
        "iris_connections": ("Open database connections", lambda: connections("pool_size")),
        "iris_connections_idle": ("Unused ones", lambda: connections("pool_available")),
        "iris_connection_waits": ("Requests that wait", lambda: connections("requests_waiting")),
    }


def _runtime(state: State) -> Runtime:
    runtime: Runtime = state.runtime
    return runtime
