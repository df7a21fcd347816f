"""Scripts, styles and pictures of the page, under an address that changes with their content."""

import hashlib
from pathlib import Path

from litestar import Router
from litestar.datastructures.headers import CacheControlHeader
from litestar.static_files import create_static_files_router

_FOLDER = Path(__file__).parent / "static"
_YEAR = 365 * 24 * 3600


def _digest() -> str:
    """One for all of them: modules import each other by relative names."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*.*")):
        digest.update(path.relative_to(_FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


PREFIX = f"/-/static/{_digest()}"
MODULES = sorted(path.name for path in _FOLDER.glob("*.js"))
"""Named in the page's head, so that a browser need not find them one by one."""


def static_router() -> Router:
    """Serves the files, for good: another content has another address."""
    return create_static_files_router(
        path=PREFIX,
        directories=[_FOLDER],
        name="page_static",
        cache_control=CacheControlHeader(public=True, max_age=_YEAR, immutable=True),
    )
