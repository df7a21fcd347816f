"""What the OpenAPI document says of the API as a whole."""

from litestar import Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import License, Tag

from app import __version__

_DESCRIPTION = """\
Cloudinary's API, for visual search and the media library under it.

Parameters of a request that has a body may be sent as JSON, urlencoded or multipart, and in the
query; what is in the body wins. Lists are `name[]=a`, `name[0]=a`, repeated, or `a,b`; booleans are
`true`, `false`, `1` or `0`. Parameters that are not listed have no effect, but add-ons are refused,
and so is in an unsigned upload what Cloudinary does not allow there.

The Admin API takes HTTP Basic authentication with API key and secret, or an access token as
`Authorization: Bearer`. The Upload API takes these, a signature, or, for
uploads, an unsigned preset. Deliveries need none, except of restricted types.

Lists come in pages: `next_cursor` of an answer, sent back, gives the next one, and is absent on the
last. Every error is `{"error": {"message": "…"}}`. Every answer has an `X-Request-Id`.
"""
_TAGS = {
    "Visual search": "Images by words, or by another image.",
    "Search": "Assets by an expression.",
    "Assets": "Lists of assets, their details, changes and deletion.",
    "Upload": "Files become assets; commands about assets.",
    "Upload presets": "Named sets of upload parameters.",
    "Folders": "Where assets are shown.",
    "Structured metadata": "Fields that assets may have values of.",
    "Account": "The environment itself.",
    "Delivery": "Originals and renditions.",
    "Operation": "Probes and metrics, for whoever runs the server.",
}


def openapi_config(router: Router, page: OpenAPIRenderPlugin) -> OpenAPIConfig:
    """Serves the document at `/openapi.json` of a router, and a page that shows it at its root."""
    return OpenAPIConfig(
        title="Iris",
        version=__version__,
        description=_DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        tags=[Tag(name, description) for name, description in _TAGS.items()],
        use_handler_docstrings=True,
        openapi_router=router,
        render_plugins=[page, JsonRenderPlugin()],
    )
