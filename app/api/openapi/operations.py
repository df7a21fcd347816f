"""What every operation takes, who may call it and how it may fail, by its id."""

from msgspec import Struct

from app.api.openapi import asset_parameters as assets
from app.api.openapi import library_parameters as library
from app.api.openapi import upload_parameters as uploads
from app.api.openapi.parameter import Parameters
from app.errors import (
    AlreadyExists,
    BadRequest,
    Busy,
    IrisError,
    NotFound,
    RateLimited,
    Unauthorized,
)

Errors = tuple[type[IrisError], ...]
Security = tuple[str, ...]

_ANYWHERE = (BadRequest, Busy, IrisError)


class Access(Struct, frozen=True):
    """Who may call an operation, and how that may fail. A scheme without a name is nobody."""

    schemes: Security
    errors: Errors
    limited: bool = False
    """Whether its answers tell of the hourly limit."""


ADMIN = Access(("basic", "token"), (*_ANYWHERE, Unauthorized, RateLimited), limited=True)
SIGNED = Access(("basic", "token", "signature"), (*_ANYWHERE, Unauthorized))
UNSIGNED = Access(("basic", "token", "signature", ""), SIGNED.errors)
TOKEN = Access(("",), SIGNED.errors)
OPEN = Access(("",), ())


class Operation(Struct, frozen=True):
    """What the document says beside what Litestar finds out."""

    access: Access
    parameters: Parameters = ()
    errors: Errors = ()

    @property
    def all_errors(self) -> Errors:
        """Every error, by status."""
        return tuple(sorted({*self.access.errors, *self.errors}, key=lambda each: each.status))


def _admin(parameters: Parameters = (), *errors: type[IrisError]) -> Operation:
    return Operation(ADMIN, parameters, errors)


def _signed(parameters: Parameters, *errors: type[IrisError]) -> Operation:
    return Operation(SIGNED, parameters, errors)


OPERATIONS = {
    "visual_search": _admin(assets.VISUAL_SEARCH, NotFound),
    "search_assets": _admin(assets.SEARCH),
    "search_folders": _admin(assets.FOLDER_SEARCH),
    "list_resource_types": _admin(),
    "list_resources_of_type": _admin(assets.LIST_OF_TYPE),
    "list_resources_by_tag": _admin(assets.LIST),
    "list_resources_by_context": _admin(assets.BY_CONTEXT),
    "list_resources_by_moderation": _admin(assets.LIST),
    "list_resources_by_asset_folder": _admin(assets.IN_FOLDER),
    "list_resources_by_asset_ids": _admin((assets.ASSET_IDS, *assets.SHOWN)),
    "list_tags": _admin((assets.PREFIX, *assets.PAGE)),
    "get_resource": _admin(assets.DETAILS, NotFound),
    "get_resource_by_asset_id_or_list": _admin((*assets.DETAILS, *assets.LIST_OF_TYPE), NotFound),
    "update_resource": _admin(assets.UPDATE, NotFound),
    "update_resource_by_asset_id": _admin(assets.UPDATE, NotFound),
    "add_related_assets": _admin(assets.RELATE, NotFound),
    "add_related_assets_by_asset_id": _admin(assets.RELATE, NotFound),
    "delete_related_assets": _admin(assets.UNRELATE, NotFound),
    "delete_related_assets_by_asset_id": _admin(assets.UNRELATE, NotFound),
    "restore_resources": _admin(assets.RESTORE),
    "restore_resources_by_asset_ids": _admin(assets.RESTORE_BY_IDS),
    "delete_backed_up_versions": _admin(assets.DELETE_VERSIONS, NotFound),
    "delete_resources": _admin(assets.DELETE_OF_TYPE),
    "delete_resources_by_tag": _admin((*assets.DELETION, assets.NEXT_CURSOR)),
    "delete_resources_by_asset_ids": _admin((assets.ASSET_IDS, *assets.DELETION)),
    "list_upload_presets": _admin(assets.PAGE),
    "get_upload_preset": _admin((), NotFound),
    "create_upload_preset": _admin(uploads.CREATE_PRESET),
    "update_upload_preset": _admin(uploads.UPDATE_PRESET, NotFound),
    "delete_upload_preset": _admin((), NotFound),
    "upload": Operation(UNSIGNED, uploads.UPLOAD, (NotFound, RateLimited)),
    "explicit": _signed(uploads.EXPLICIT, NotFound),
    "rename": _signed(uploads.RENAME, NotFound),
    "destroy": _signed(uploads.DESTROY),
    "destroy_by_asset_id": _signed(uploads.DESTROY_BY_ID),
    "tags": _signed(uploads.TAGS),
    "context": _signed(uploads.CONTEXT),
    "metadata": _signed(uploads.METADATA),
    "download": _signed(uploads.DOWNLOAD, NotFound),
    "download_backup": _signed(uploads.DOWNLOAD_BACKUP, NotFound),
    "delete_by_token": Operation(TOKEN, uploads.DELETE_BY_TOKEN),
    "list_root_folders": _admin(library.FOLDERS),
    "list_subfolders": _admin(library.FOLDERS, NotFound),
    "create_folder": _admin(),
    "move_folder": _admin(library.MOVE_FOLDER, NotFound, AlreadyExists),
    "delete_folder": _admin(library.DELETE_FOLDER, NotFound),
    "list_metadata_fields": _admin(),
    "get_metadata_field": _admin((), NotFound),
    "create_metadata_field": _admin(library.CREATE_FIELD),
    "update_metadata_field": _admin(library.UPDATE_FIELD, NotFound),
    "delete_metadata_field": _admin((), NotFound),
    "order_metadata_fields": _admin(library.ORDER_FIELDS),
    "get_datasource": _admin((), NotFound),
    "update_datasource": _admin(library.ENTRIES, NotFound),
    "delete_datasource_entries": _admin(library.ENTRY_IDS, NotFound),
    "restore_datasource_entries": _admin(library.ENTRY_IDS, NotFound),
    "order_datasource": _admin(library.ORDER_ENTRIES, NotFound),
    "search_datasource": _admin(library.SEARCH_ENTRIES, NotFound),
    "list_metadata_rules": _admin(),
    "create_metadata_rule": _admin(library.CREATE_RULE),
    "update_metadata_rule": _admin(library.UPDATE_RULE, NotFound),
    "delete_metadata_rule": _admin((), NotFound),
    "ping": _admin(),
    "config": _admin(library.CONFIG),
    "usage": _admin(library.USAGE),
    "deliver": Operation(OPEN, (), (*_ANYWHERE, Unauthorized, NotFound, RateLimited)),
    "health": Operation(OPEN),
    "ready": Operation(OPEN),
    "metrics": Operation(OPEN),
}


def find(operation_id: str) -> Operation:
    """The operation of an id, of whatever method and path."""
    for end in ("", "_by_get", "_by_post", "_by_head"):
        name = operation_id.removesuffix(end)
        name = name if name in OPERATIONS else name.partition("_of_")[0]
        if name in OPERATIONS:
            return OPERATIONS[name]
    raise KeyError(operation_id)
