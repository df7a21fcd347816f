"""The fields that an expression may name."""

from enum import Enum

import msgspec


class Kind(Enum):
    """What the values of a field are, and so what can be asked of them."""

    WORDS = "text"
    KEYWORD = "one of a few words"
    FOLDER = "path"
    ID = "asset_id"
    NUMBER = "number"
    RATIO = "number or ratio such as 16:9"
    SIZE = "size such as 1.5mb"
    DATE = "date such as 2024-05-31, or age such as 10d"
    SET = "set of keys"
    METADATA = "value of structured metadata"


class Field(msgspec.Struct, frozen=True):
    """A field by the name under which `app.db` knows it; `key` is the one after a dot."""

    name: str
    kind: Kind
    key: str = ""


def _fields(kind: Kind, names: str) -> dict[str, Field]:
    return {name: Field(name, kind) for name in names.split()}


_CHANGES = _fields(
    Kind.DATE,
    "updated_at public_id_updated_at tags_updated_at context_updated_at metadata_updated_at",
)
_FIELDS = {
    **_fields(Kind.WORDS, "public_id filename display_name tags"),
    **_fields(
        Kind.KEYWORD,
        "resource_type type format status access_mode etag moderation_kind moderation_status",
    ),
    **_fields(Kind.FOLDER, "asset_folder"),
    **_fields(Kind.ID, "asset_id"),
    **_fields(Kind.NUMBER, "width height pixels duration"),
    **_fields(Kind.RATIO, "aspect_ratio"),
    **_fields(Kind.SIZE, "bytes"),
    **_fields(Kind.DATE, "created_at uploaded_at"),
    **_fields(Kind.SET, "context metadata"),
    **_CHANGES,
    **{f"last_updated.{name}": field for name, field in _CHANGES.items()},
}
_FIELDS["folder"] = _FIELDS["asset_folder"]
_KEYED = {"context": Kind.WORDS, "metadata": Kind.METADATA}
_SETS = frozenset({"tags", "context", "metadata"})


def find_field(name: str) -> Field | None:
    """The field of that name, or None. What follows `context.` and `metadata.` is a key."""
    family, _, key = name.partition(".")
    if key and family in _KEYED:
        return Field(family, _KEYED[family], key)
    return _FIELDS.get(name)


def find_set(name: str) -> Field | None:
    """The field of that name if standing alone it means "has any", or None."""
    return _FIELDS[name] if name in _SETS else None
