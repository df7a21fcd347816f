"""The fields that an expression about folders may name."""

from app.contract.expression.fields import Field, Kind

_FIELDS = {
    field.name: field
    for field in (
        Field("path", Kind.FOLDER),
        Field("name", Kind.WORDS),
        Field("id", Kind.KEYWORD),
        Field("created_at", Kind.DATE),
        Field("updated_at", Kind.DATE),
    )
}
_FIELDS["external_id"] = _FIELDS["id"]


def find_folder_field(name: str) -> Field | None:
    """The field of that name, or None."""
    return _FIELDS.get(name)
