"""Columns of `library.asset`, by the names that the Search API has for them.

Fragments of SQL rather than statements, for the reason given in `asset_predicate`.
"""

from psycopg import sql

_WIDTH_TIMES_HEIGHT = "(asset.width::bigint * asset.height)"
_NO_NUMBER = sql.SQL("null::numeric")  # of videos, which have no decoder here

ASSET_ID = sql.SQL("asset.asset_id")
NAME = sql.SQL('asset.public_id collate "C"')  # as the index on names has it
# Of all versions that can be restored, the present one included if it is kept.
BACKUP_BYTES = sql.SQL(
    "case when asset.backup then asset.bytes else 0 end + (select coalesce(sum(kept.bytes), 0)"
    " from library.backup as kept where kept.environment_id = asset.environment_id"
    " and kept.asset_id = asset.asset_id)::bigint as backup_bytes"
)
ASSET_ID_TEXT = sql.SQL("replace(asset.asset_id::text, '-', '')")
CONTEXT_VALUE = sql.SQL("(asset.context ->> {}::text)")

TEXTS = {
    "public_id": sql.SQL("asset.public_id"),
    "filename": sql.SQL("regexp_replace(asset.public_id, '^.*/', '')"),
    "display_name": sql.SQL("asset.display_name"),
    "asset_folder": sql.SQL("asset.asset_folder"),
    "resource_type": sql.SQL("asset.resource_type"),
    "type": sql.SQL("asset.type"),
    "format": sql.SQL("asset.format"),
    "access_mode": sql.SQL("asset.access_mode"),
    "etag": sql.SQL("asset.etag"),
    # Every asset is active: those that wait for moderation are delivered meanwhile, and deleted
    # ones are not found.
    "status": sql.SQL("'active'::text"),
    "moderation_kind": sql.SQL("case when asset.moderation_status is not null then 'manual' end"),
    "moderation_status": sql.SQL("asset.moderation_status"),
}

ORDERED = {
    "bytes": sql.SQL("asset.bytes"),
    "width": sql.SQL("asset.width"),
    "height": sql.SQL("asset.height"),
    "pixels": sql.SQL(_WIDTH_TIMES_HEIGHT),
    "aspect_ratio": sql.SQL("round(asset.width::numeric / nullif(asset.height, 0), 2)"),
    "duration": _NO_NUMBER,
    "created_at": sql.SQL("asset.created_at"),
    "uploaded_at": sql.SQL("asset.uploaded_at"),
    "updated_at": sql.SQL("asset.updated_at"),
    "public_id_updated_at": sql.SQL("asset.public_id_updated_at"),
    "tags_updated_at": sql.SQL("asset.tags_updated_at"),
    "context_updated_at": sql.SQL("asset.context_updated_at"),
    "metadata_updated_at": sql.SQL("asset.metadata_updated_at"),
}

# An order needs a value everywhere, and one that a cursor's text gives back exactly.
_BIGINT = sql.SQL("bigint")
_TEXT = sql.SQL("text")
_TIME = sql.SQL("timestamptz")


def _zero(name: str) -> sql.Composed:
    return sql.SQL("coalesce({}, 0)").format(ORDERED[name])


def _empty(name: str) -> sql.Composed:
    return sql.SQL("coalesce({}, '') collate \"C\"").format(TEXTS[name])


def _never(name: str) -> sql.Composed:
    return sql.SQL("coalesce({}, '-infinity')").format(ORDERED[name])


_WORDED = ("public_id", "filename", "display_name")

SORTED: dict[str, tuple[sql.Composable, sql.SQL]] = {
    "asset_id": (ASSET_ID, sql.SQL("uuid")),
    "aspect_ratio": (_zero("aspect_ratio"), sql.SQL("numeric")),
    **{name: (_zero(name), _BIGINT) for name in ("bytes", "width", "height", "pixels")},
    **{
        name: (_empty(name), _TEXT)
        for name in (*_WORDED, "asset_folder", "format", "resource_type", "type")
    },
    "created_at": (ORDERED["created_at"], _TIME),
    "uploaded_at": (ORDERED["uploaded_at"], _TIME),
    "updated_at": (ORDERED["updated_at"], _TIME),
    **{name: (_never(name), _TIME) for name in ORDERED if name.endswith("_updated_at")},
}

GROUPED = {name: TEXTS[name] for name in ("format", "resource_type", "type")}
RANGED = {
    "bytes": ORDERED["bytes"],
    "image_pixels": sql.SQL(
        f"case when asset.resource_type = 'image' then {_WIDTH_TIMES_HEIGHT} end"
    ),
    "video_pixels": sql.SQL(
        f"case when asset.resource_type = 'video' then {_WIDTH_TIMES_HEIGHT} end"
    ),
    "duration": _NO_NUMBER,
}
