"""What all lists of assets have in common: page size, order, cursors, and the fields shown."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from litestar import Request
from msgspec import UNSET

from app.api.access import Access
from app.api.params import Params, page_size, text_param
from app.api.shapes import Shaper, moderation
from app.contract.moderation import KIND
from app.contract.wire import check_text, invalid, parse_boolean, parse_list
from app.cursor import Cursor, NameCursor, TimeCursor, list_digest, seal, unseal
from app.db.asset_lists import Page
from app.db.assets import Asset
from app.db.pool import Connection
from app.errors import BadRequest
from app.ingest import TYPES
from app.runtime import Runtime
from app.schemas.assets import ListedResource, ResourceList

RESOURCE_TYPES = ("image", "raw", "video")
_DIRECTIONS = {"": True, "desc": True, "-1": True, "asc": False, "1": False}
_FLAGS = ("tags", "context", "metadata")
_MODERATION = ("moderation", "moderation_kind", "moderation_status")
_DEFAULT = frozenset(ListedResource.__struct_fields__) - {
    *_FLAGS, *_MODERATION, "etag", "pages", "original_filename"
}  # fmt: skip

ListCursor = TypeVar("ListCursor", TimeCursor, NameCursor)
Fetch = Callable[[Connection, Page], Awaitable[list[Asset]]]
FetchByName = Callable[[Connection, int, tuple[str, str] | None], Awaitable[list[Asset]]]


class Listing:
    """Answers one request for a list of an environment's assets."""

    def __init__(
        self, request: Request[Any, Any, Any], runtime: Runtime, access: Access, params: Params
    ) -> None:
        self._runtime = runtime
        self._environment_id = access.environment.environment_id
        self._params = params
        self._shaper = Shaper(request, runtime, access)
        self._names = _selected(params)
        self._limit = limit_of(params)

    async def by_time(
        self, fetch: Fetch, *parts: object, start_at: datetime | None = None
    ) -> ResourceList:
        """A page in the order of creation; `parts` tell this list from others."""
        newest_first = _newest_first(self._params)
        digest = list_digest("time", newest_first, start_at, *parts)
        cursor = self._cursor(TimeCursor, digest)
        page = Page(
            limit=self._limit + 1,
            newest_first=newest_first,
            after=(cursor.created_at, cursor.asset_id) if cursor else None,
            start_at=start_at,
        )
        async with self._runtime.pool.connection() as connection:
            found = await fetch(connection, page)
        return self._page(
            found,
            lambda last: TimeCursor(
                environment_id=self._environment_id,
                list=digest,
                created_at=last.created_at,
                asset_id=last.asset_id,
            ),
        )

    async def by_name(self, fetch: FetchByName, *parts: object) -> ResourceList:
        """A page in the order of public_ids; `parts` tell this list from others."""
        digest = list_digest("name", *parts)
        cursor = self._cursor(NameCursor, digest)
        after = (cursor.name, cursor.delivery_type) if cursor else None
        async with self._runtime.pool.connection() as connection:
            found = await fetch(connection, self._limit + 1, after)
        return self._page(
            found,
            lambda last: NameCursor(
                environment_id=self._environment_id,
                list=digest,
                name=last.public_id,
                delivery_type=last.type,
            ),
        )

    def whole(self, assets: list[Asset]) -> ResourceList:
        """All of a list that has one page only."""
        return ResourceList(resources=[self._shape(asset) for asset in assets])

    def _page(self, found: list[Asset], behind: Callable[[Asset], Cursor]) -> ResourceList:
        page = found[: self._limit]
        more = len(found) > self._limit
        return ResourceList(
            resources=[self._shape(asset) for asset in page],
            next_cursor=seal(self._runtime.keyring, behind(page[-1])) if more else UNSET,
        )

    def _cursor(self, kind: type[ListCursor], digest: bytes) -> ListCursor | None:
        return cursor_of(self._runtime, self._environment_id, self._params, kind, digest)

    def _shape(self, asset: Asset) -> ListedResource:
        fields = self._shaper.resource(asset) | {
            "metadata": asset.metadata,
            "moderation": moderation(asset),
            "moderation_kind": KIND if asset.moderation_status else UNSET,
            "moderation_status": asset.moderation_status or UNSET,
            "etag": asset.etag,
            "pages": asset.pages,
            "original_filename": asset.original_filename,
        }
        return ListedResource(**{name: fields[name] for name in self._names})


def cursor_of(
    runtime: Runtime,
    environment_id: int,
    params: Params,
    kind: type[ListCursor],
    digest: bytes,
) -> ListCursor | None:
    """Where the page before ended; None on the first one.

    Raises:
        BadRequest: the cursor is not one that this list of this environment gave out.
    """
    text = text_param(params, "next_cursor")
    if not text:
        return None
    cursor = unseal(runtime.keyring, text, kind, environment_id)
    if cursor.list != digest:
        raise BadRequest("Invalid value for parameter next_cursor")
    return cursor


def limit_of(params: Params) -> int:
    """`max_results`: 10 unless given, 500 at most."""
    return page_size(params, 10, 500)


def flag(params: Params, name: str) -> bool:
    """A boolean parameter, false when it is missing."""
    value = params.get(name)
    return value not in (None, "") and parse_boolean(name, value)


def required(params: Params, name: str) -> str:
    """The text of a parameter that must be there.

    Raises:
        BadRequest: it is not.
    """
    text = text_param(params, name)
    if not text:
        raise BadRequest(f"Missing required parameter - {name}")
    return text


def path_text(name: str, path: str) -> str:
    """The text of a catch-all part of a path, which begins with a slash that is not its own.

    Raises:
        BadRequest: the database cannot hold such a text.
    """
    check_text(name, path)
    return path.removeprefix("/")


def resource_type_of(name: str) -> str:
    """The resource type itself, if it is one.

    Raises:
        BadRequest: it is not.
    """
    if name not in RESOURCE_TYPES:
        raise invalid("resource_type", name)
    return name


def type_of(name: str) -> str:
    """The delivery type itself, if it is one.

    Raises:
        BadRequest: it is not.
    """
    if name not in TYPES:
        raise invalid("type", name)
    return name


def start_at_of(params: Params) -> datetime | None:
    """`start_at`, a time in ISO 8601 or RFC 2822, in UTC unless it says otherwise."""
    text = text_param(params, "start_at").strip()
    if not text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            time = read(text.removesuffix(" UTC").strip())
        except ValueError:
            continue
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    raise invalid("start_at", text)


def _newest_first(params: Params) -> bool:
    direction = text_param(params, "direction").lower()
    if direction not in _DIRECTIONS:
        raise invalid("direction", direction)
    return _DIRECTIONS[direction]


def _selected(params: Params) -> frozenset[str]:
    """The fields to show: those of `fields`, else the usual ones and those that flags ask for."""
    known = frozenset(ListedResource.__struct_fields__)
    asked = {name for name in _FLAGS if flag(params, name)}
    if flag(params, "moderations"):
        asked.update(_MODERATION)
    fields = parse_list("fields", params.get("fields"))
    if fields:
        return known.intersection(fields) | {"public_id", "asset_id"}
    return _DEFAULT | asked
