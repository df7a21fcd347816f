"""All routes of the page, behind one guard, one policy and one way to tell errors."""

from pathlib import Path

from litestar import Response, Router, get
from litestar.datastructures.headers import CacheControlHeader
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from app.web import csp, errors, session
from app.web.csrf import same_site
from app.web.details import DetailsController
from app.web.duplicate_settings import DuplicateSettingsController
from app.web.index_settings import IndexSettingsController
from app.web.key_settings import KeySettingsController
from app.web.library import LibraryController
from app.web.preset_settings import PresetSettingsController
from app.web.progress import ProgressController
from app.web.report_settings import ReportSettingsController
from app.web.selected import SelectedController
from app.web.sign_in import SignInController
from app.web.static_files import static_router
from app.web.uploading import UploadingController

_FORM = 1_000_000  # bytes of a form without a file, of which strangers send one to sign in
_ICON = (Path(__file__).parent / "static" / "iris.svg").read_bytes()


@get("/favicon.ico", cache_control=CacheControlHeader(public=True, max_age=86400))
async def favicon() -> Response[bytes]:
    """For browsers that ask before they have read the page."""
    return Response(_ICON, media_type="image/svg+xml")


_SMALL: list[ControllerRouterHandler] = [
    SignInController,
    LibraryController,
    DetailsController,
    SelectedController,
    ProgressController,
    PresetSettingsController,
    KeySettingsController,
    IndexSettingsController,
    ReportSettingsController,
    DuplicateSettingsController,
    favicon,
]


def web_routes() -> list[ControllerRouterHandler]:
    """What the application has to be given."""
    pages = Router(
        "/",
        route_handlers=[
            UploadingController,
            Router("/", route_handlers=_SMALL, request_max_body_size=_FORM),
        ],
        dependencies={"visitor": Provide(session.visitor)},
        guards=[same_site],
        after_request=csp.add_headers,
        exception_handlers=errors.HANDLERS,
        include_in_schema=False,
    )
    return [pages, static_router()]
