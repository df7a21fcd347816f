"""Lists of assets, page by page, in an order that an index has. SQL orders and filters."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.db.assets import Asset
from app.db.pool import Connection, many, value
from app.db.queries import load

_SQL = load("asset_lists")
_FIRST, _LAST = UUID(int=0), UUID(int=(1 << 128) - 1)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which page of a list in the order of creation: up to `limit` assets behind one of them."""

    limit: int
    newest_first: bool = True
    after: tuple[datetime, UUID] | None = None
    start_at: datetime | None = None
    """Only assets created since then; for lists by type."""

    def position(self) -> dict[str, datetime | UUID | str]:
        """The parameters after_created_at and after_asset_id; without `after`, before the first."""
        created_at, asset_id = self.after or (
            ("infinity", _LAST) if self.newest_first else ("-infinity", _FIRST)
        )
        return {"after_created_at": created_at, "after_asset_id": asset_id}


async def by_type(
    connection: Connection, environment_id: int, resource_type: str, types: list[str], page: Page
) -> list[Asset]:
    """Assets of one resource type and some types."""
    return await many(
        connection,
        Asset,
        _SQL["newest" if page.newest_first else "oldest"],
        environment_id=environment_id,
        resource_type=resource_type,
        types=types,
        start_at=page.start_at or "-infinity",
        limit=page.limit,
        **page.position(),
    )


async def by_tag(
    connection: Connection, environment_id: int, resource_type: str, tag: str, page: Page
) -> list[Asset]:
    """Assets with a tag, of any type."""
    return await _by_term(connection, environment_id, resource_type, "tag", tag, page)


async def by_context(
    connection: Connection,
    environment_id: int,
    resource_type: str,
    key: str,
    text: str | None,
    page: Page,
) -> list[Asset]:
    """Assets with a context key, and with that text for it unless it is None."""
    kind = "context_key" if text is None else "context_pair"
    term = await value(connection, _SQL["context_term"], key=key, value=text)
    return await _by_term(connection, environment_id, resource_type, kind, term, page)


async def _by_term(
    connection: Connection,
    environment_id: int,
    resource_type: str,
    kind: str,
    term: str,
    page: Page,
) -> list[Asset]:
    return await many(
        connection,
        Asset,
        _SQL["newest_by_term" if page.newest_first else "oldest_by_term"],
        environment_id=environment_id,
        resource_type=resource_type,
        term_kind=kind,
        term=term,
        limit=page.limit,
        **page.position(),
    )


async def by_folder(
    connection: Connection, environment_id: int, asset_folder: str, page: Page
) -> list[Asset]:
    """Assets of any kind that lie in a folder, whose name counts without case; not below it."""
    return await many(
        connection,
        Asset,
        _SQL["newest_by_folder" if page.newest_first else "oldest_by_folder"],
        environment_id=environment_id,
        asset_folder=asset_folder,
        limit=page.limit,
        **page.position(),
    )


async def by_moderation(
    connection: Connection, environment_id: int, resource_type: str, status: str, page: Page
) -> list[Asset]:
    """Assets that stand so in manual moderation, of any type."""
    return await many(
        connection,
        Asset,
        _SQL["newest_by_moderation" if page.newest_first else "oldest_by_moderation"],
        environment_id=environment_id,
        resource_type=resource_type,
        moderation_status=status,
        limit=page.limit,
        **page.position(),
    )


async def by_name(
    connection: Connection,
    environment_id: int,
    resource_type: str,
    types: list[str],
    prefix: str,
    *,
    limit: int,
    after: tuple[str, str] | None = None,
) -> list[Asset]:
    """Assets whose public_id begins with a prefix, by public_id, behind that public_id and type."""
    return await many(
        connection,
        Asset,
        _SQL["by_name"],
        environment_id=environment_id,
        resource_type=resource_type,
        types=types,
        prefix=prefix,
        limit=limit,
        after_public_id=after[0] if after else "",
        after_type=after[1] if after else "",
    )


async def by_public_ids(
    connection: Connection,
    environment_id: int,
    resource_type: str,
    types: list[str],
    public_ids: list[str],
) -> list[Asset]:
    """Those of the assets that there are, newest first."""
    return await many(
        connection,
        Asset,
        _SQL["by_public_ids"],
        environment_id=environment_id,
        resource_type=resource_type,
        types=types,
        public_ids=public_ids,
    )


async def by_asset_ids(
    connection: Connection, environment_id: int, asset_ids: list[UUID]
) -> list[Asset]:
    """Those of the assets that there are, newest first."""
    return await many(
        connection,
        Asset,
        _SQL["by_asset_ids"],
        environment_id=environment_id,
        asset_ids=asset_ids,
    )


async def tags(
    connection: Connection,
    environment_id: int,
    resource_type: str,
    *,
    prefix: str,
    after: str,
    limit: int,
) -> list[str]:
    """Tags that assets of the resource type have, each once, by name, behind the tag `after`."""
    cursor = await connection.execute(
        _SQL["tags"],
        {
            "environment_id": environment_id,
            "resource_type": resource_type,
            "prefix": prefix,
            "after": after,
            "limit": limit,
        },
    )
    return [row[0] for row in await cursor.fetchall()]
