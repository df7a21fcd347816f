"""The application: wiring only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig

from app import __version__
from app.api import errors, request_id
from app.api.delivery import DeliveryController
from app.api.health import HealthController
from app.api.upload_presets import UploadPresetController
from app.api.uploads import UploadController
from app.api.visual_search import VisualSearchController
from app.runtime import Runtime, open_runtime
from app.settings import Settings
from app.vision.encoder import Encoder
from app.worker import work

_FORM_MARGIN = 1_000_000  # bytes of a request beside its file


def create_app(settings: Settings, url: str, *, encoder: Encoder | None = None) -> Litestar:
    """The application on a prepared database; without an encoder, with the active model's."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with open_runtime(settings, url, encoder) as runtime:
            app.state.runtime = runtime
            working = asyncio.create_task(work(runtime)) if settings.embed_in_server else None
            yield
            if working is not None:
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working

    return Litestar(
        route_handlers=[
            HealthController,
            VisualSearchController,
            UploadPresetController,
            UploadController,
            DeliveryController,
        ],
        dependencies={"runtime": Provide(_runtime, sync_to_thread=False)},
        lifespan=[lifespan],
        before_send=[request_id.add_headers],
        exception_handlers=errors.handlers(settings.max_file_bytes),
        # base64 in a data URI is a third longer than the file.
        request_max_body_size=settings.max_file_bytes * 4 // 3 + _FORM_MARGIN,
        cors_config=CORSConfig(
            allow_origins=["*"], expose_headers=["X-Cld-Error", "X-Request-Id", "ETag"]
        ),
        logging_config=None,  # `telemetry.configure_logs` did it
        openapi_config=OpenAPIConfig(title="Iris", version=__version__, path="/openapi"),
    )


def _runtime(state: State) -> Runtime:
    runtime: Runtime = state.runtime
    return runtime
