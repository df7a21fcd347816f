"""Parameters that stand in paths. Those at an end may hold slashes."""

from dataclasses import replace

from litestar.openapi.spec import Parameter

from app.api.listing import RESOURCE_TYPES
from app.api.openapi.parameter import text, word
from app.contract.moderation import KINDS, LISTED_STATUSES
from app.incoming import RESOURCE_TYPES as ACCEPTED
from app.ingest import TYPES

_USUAL = {
    "cloud": text("", "The name of the environment."),
    "resource_type": word("", "The kind of asset.", *RESOURCE_TYPES),
    "type": word("", "The delivery type.", *TYPES),
    "public_id": text("", "The name of the asset; may hold slashes."),
    "asset_id": text("", "The asset_id."),
    "tag": text("", "A tag; may hold slashes."),
    "kind": word("", "The kind of moderation.", *KINDS),
    "status": word("", "Where the assets stand in it.", *LISTED_STATUSES),
    "folder": text("", "The path of a folder."),
    "external_id": text("", "The id of a structured metadata field, or of a rule."),
    "name": text("", "The name of the preset; may hold slashes."),
    "day": text("", "A day as dd-mm-yyyy or yyyy-mm-dd."),
    "source": text(
        "",
        "`[s--SIGNATURE--/][transformation/][vVERSION/]public_id[.format]`, as the SDKs build it.",
    ),
}
_ACCEPTED = word("", "The kind of asset; `auto` decides by the content.", *ACCEPTED)
_UNUSUAL = {
    ("upload", "resource_type"): _ACCEPTED,
    ("delete_by_token_of_resource_type", "resource_type"): text("", "Any; it makes no difference."),
    ("get_resource_by_asset_id_or_list", "name"): text(
        "", "An asset_id; or `image`, `raw` or `video` for the list of these."
    ),
    ("update_resource_by_asset_id", "name"): text("", "The asset_id."),
}


def described(operation_id: str, parameter: Parameter) -> Parameter:
    """A parameter that Litestar found in a path, with what we know of it."""
    known = _UNUSUAL.get((operation_id, parameter.name)) or _USUAL[parameter.name]
    return replace(known, name=parameter.name, param_in="path", required=True)
