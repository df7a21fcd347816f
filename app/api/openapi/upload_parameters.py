"""Parameters of the Upload API, and of presets, which hold the same."""

from app.api.openapi.asset_parameters import EDIT, EXTRAS
from app.api.openapi.parameter import file, flag, pairs, required, text, texts, word
from app.eager import MAX_EAGER
from app.edit import MOST_NAMED
from app.ingest import TYPES

SIGNATURE = (
    text("api_key", "The key that signed the request."),
    text("timestamp", "When it was signed, in Unix seconds; good for an hour."),
    text("signature", "SHA-1 or SHA-256 of the sorted parameters and the secret, in hex."),
)
_TYPE = word("type", "The delivery type.", *TYPES, default="upload")
_NOTICE = (
    text("notification_url", "Where a webhook tells what was done."),
    text("batch_id", "Passed on to the webhook."),
)
_PRESET = text("upload_preset", "The name of an upload preset.")
_EAGER = (texts("eager", "Transformations to make now.", MAX_EAGER),)
_EAGER_NOTICE = text("eager_notification_url", "Where a webhook tells of eager renditions.")
_ASYNC = flag("async", "Whether the answer is short.")

SETTINGS = (
    *EDIT,
    _TYPE,
    text("public_id", "The name of the asset.", max_length=255),
    text("public_id_prefix", "Goes in front of the name."),
    text("folder", "Goes in front of the name, and is the asset's folder."),
    flag("use_asset_folder_as_public_id_prefix", "Whether `asset_folder` goes in front."),
    flag("use_filename", "Whether the asset is named after its file."),
    flag("unique_filename", "Whether such a name gets random characters.", default=True),
    text("filename_override", "The name of the file, instead of its own."),
    flag("use_filename_as_display_name", "Whether people see the file's name."),
    flag("discard_original_filename", "Whether the file's name is forgotten."),
    flag("overwrite", "Whether an asset of that name is replaced.", default=True),
    texts("allowed_formats", "Formats that are accepted."),
    text("format", "The format to convert the image to."),
    text("transformation", "What to do to the image before it is stored."),
    *_EAGER,
    _EAGER_NOTICE,
    _ASYNC,
    *EXTRAS,
    flag("return_delete_token", "Whether the answer has a token to delete the asset with."),
    *_NOTICE,
)
UPLOAD = (
    required(file("file", "The file, a data URI, or a URL to fetch it from.")),
    _PRESET,
    *SETTINGS,
    *SIGNATURE,
)
CREATE_PRESET = (
    text("name", "The name of the preset; random unless given.", max_length=255),
    flag("unsigned", "Whether uploads need no signature with it."),
    flag("disallow_public_id", "Whether uploads may not choose their public_id."),
    flag("live", "Kept with the settings."),
    *SETTINGS,
)
UPDATE_PRESET = CREATE_PRESET[1:]

_PUBLIC_ID = required(text("public_id", "The name of the asset."))
EXPLICIT = (
    _PUBLIC_ID,
    _TYPE,
    _PRESET,
    *EDIT,
    *_EAGER,
    _EAGER_NOTICE,
    _ASYNC,
    *EXTRAS,
    *_NOTICE,
    *SIGNATURE,
)
RENAME = (
    required(text("from_public_id", "The name of the asset.")),
    required(text("to_public_id", "Its new name.", max_length=255)),
    _TYPE,
    word("to_type", "Its new delivery type.", *TYPES),
    flag("overwrite", "Whether an asset of the new name is replaced."),
    pairs("context", "Context to set."),
    pairs("metadata", "Structured metadata to set."),
    *_NOTICE,
    *SIGNATURE,
)
DESTROY = (_PUBLIC_ID, _TYPE, *_NOTICE, *SIGNATURE)
DESTROY_BY_ID = (required(text("asset_id", "The id of the asset.")), *_NOTICE, *SIGNATURE)
_EXPIRES = text("expires_at", "Until when the URL is good, in Unix seconds; else for an hour.")
DOWNLOAD = (
    _PUBLIC_ID,
    _TYPE,
    text("format", "The format to convert the image to; its own unless given."),
    text("attachment", "True to have it saved, or the name to save it by."),
    _EXPIRES,
    *SIGNATURE,
)
DOWNLOAD_BACKUP = (
    required(text("asset_id", "The id of the asset.")),
    required(text("version_id", "One of its `versions`.")),
    _EXPIRES,
    *SIGNATURE,
)
DELETE_BY_TOKEN = (required(text("token", "The `delete_token` of the upload's answer.")),)
_NAMED = (
    required(texts("public_ids", f"Up to {MOST_NAMED} public_ids.", MOST_NAMED)),
    _TYPE,
    *_NOTICE,
    *SIGNATURE,
)
_TAG_COMMANDS = ("add", "remove", "replace", "remove_all", "set_exclusive")
TAGS = (
    required(word("command", "What to do with the tags.", *_TAG_COMMANDS)),
    texts("tag", "The tags."),
    *_NAMED,
)
CONTEXT = (
    required(word("command", "What to do with the context.", "add", "remove_all")),
    pairs("context", "The keys and values."),
    *_NAMED,
)
METADATA = (
    required(pairs("metadata", "Values by external_id; an empty one clears the field.")),
    flag("clear_invalid", "Whether values go that metadata rules do not allow then."),
    *_NAMED,
)
