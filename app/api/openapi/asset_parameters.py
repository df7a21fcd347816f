"""Parameters of the Admin API that are about assets."""

from app.api.asset_query import MOST_AGGREGATES, MOST_SORTS
from app.api.asset_search import MOST_RESULTS as MOST_FOUND
from app.api.ids import MOST_IDS
from app.api.openapi.parameter import (
    Parameters,
    file,
    flag,
    number,
    objects,
    pairs,
    required,
    text,
    texts,
    whole,
    word,
)
from app.contract.add_ons import OF_UPDATE
from app.contract.moderation import KIND, STATUSES
from app.ingest import TYPES
from app.relate import MOST as MOST_RELATED
from app.search import MOST_RESULTS as MOST_SIMILAR
from app.search import MOST_TERMS, SORTABLE

BATCH_ID = text("batch_id", "Passed on to webhooks.")
NEXT_CURSOR = text("next_cursor", "Where the page before ended, from its answer.")
PAGE = (whole("max_results", "Results of a page.", 1, 500, 10), NEXT_CURSOR)
SHOWN = (
    texts("fields", "The fields to show; overrules the flags."),
    flag("tags", "Whether tags are shown."),
    flag("context", "Whether context is shown."),
    flag("metadata", "Whether structured metadata is shown."),
    flag("moderations", "Whether the status in moderation is shown."),
)
LIST = (
    *PAGE,
    word("direction", "Newest or oldest first.", "desc", "asc", "-1", "1", default="desc"),
    *SHOWN,
)
PREFIX = text("prefix", "The beginning of the names.")
PUBLIC_IDS = texts("public_ids", f"Up to {MOST_IDS} public_ids.", MOST_IDS)
ASSET_IDS = required(texts("asset_ids", f"Up to {MOST_IDS} asset_ids.", MOST_IDS))
LIST_OF_TYPE = (
    *LIST,
    PREFIX,
    PUBLIC_IDS,
    text("start_at", "A time, ISO 8601 or RFC 2822: only assets made since."),
)
BY_CONTEXT = (
    *LIST,
    required(text("key", "A key of context.")),
    text("value", "Its value; any unless given."),
)
IN_FOLDER = (*LIST, required(text("asset_folder", "A folder; empty is the root.")))

EXTRAS = (
    flag("phash", "Whether the answer has the perceptual hash."),
    flag("colors", "Whether it has the frequent colours, and `predominant` ones by name."),
    flag("quality_analysis", "Whether it has `focus`: how sharp the image is, 0 to 1."),
    flag("exif", "Whether it has the EXIF tags of the file as they stand there."),
    flag("image_metadata", "Whether it has them as people read them, positions in degrees."),
    flag("media_metadata", "The same."),
)
DETAILS = (
    *EXTRAS,
    flag("pages", "Whether the number of pages is shown."),
    flag("related", "Whether the assets are shown that it is related to."),
    text("related_next_cursor", "Where the page of related assets before ended."),
    flag("versions", "Whether the versions are shown that can be restored."),
)
INDEXING = (
    flag("visual_search", "Whether the image can be found by visual search.", default=False),
    word("similarity_search", "The same, for SDKs without `visual_search`.", "clip"),
)
EDIT = (
    texts("tags", "All tags of the asset; they replace those that it has."),
    pairs("context", "All context of the asset; it replaces what there is."),
    pairs("metadata", "Values of structured metadata fields by external_id."),
    flag("clear_invalid", "Whether values go that metadata rules do not allow then."),
    text("asset_folder", "The folder that shows the asset.", max_length=255),
    text("display_name", "The name that people see, without a slash.", max_length=255),
    flag("unique_display_name", "Whether the name gets a number if the folder has it already."),
    word("moderation", "The queue that the asset is put into.", KIND),
    flag("backup", "Whether this version is kept when it is overwritten or deleted."),
    *INDEXING,
)
UPDATE = (
    *EDIT,
    text("notification_url", "Where webhooks tell what was changed."),
    BATCH_ID,
    word("moderation_status", "What was decided of an asset in the queue.", *STATUSES),
    *(text(name, "An add-on that Iris does not have; refused.") for name in OF_UPDATE),
)
_RELATED = f"Up to {MOST_RELATED} assets: resource_type/type/public_id, or asset_ids."
RELATE = (required(texts("assets_to_relate", _RELATED, MOST_RELATED)),)
UNRELATE = (required(texts("assets_to_unrelate", _RELATED, MOST_RELATED)),)
DELETION = (
    flag("keep_original", "Whether only renditions are deleted."),
    texts("transformations", "The renditions to delete; originals stay."),
    text("notification_url", "Where a webhook tells what was deleted."),
    BATCH_ID,
)
DELETE_OF_TYPE = (
    PUBLIC_IDS,
    PREFIX,
    flag("all", "Whether all assets are deleted. One of these three must be given."),
    *DELETION,
    NEXT_CURSOR,
)

_VERSIONS = texts("versions", "The versions to restore; by default the newest.", MOST_IDS)
RESTORE = (required(PUBLIC_IDS), _VERSIONS)
RESTORE_BY_IDS = (ASSET_IDS, _VERSIONS)
DELETE_VERSIONS = (required(texts("version_ids", "The versions to delete.", MOST_IDS)),)

_SORTED = (
    text("expression", "What to look for; everything when empty."),
    objects("sort_by", "The order: `[{field: asc or desc}]`.", MOST_SORTS),
    whole("max_results", "Results of a page.", 1, MOST_FOUND, 50),
    NEXT_CURSOR,
)
SEARCH = (
    *_SORTED,
    texts("with_field", "Fields to add: tags, context, metadata and others."),
    texts("fields", "The fields to show; overrules `with_field`."),
    objects(
        "aggregate",
        "What to count by: `{type}` of format, resource_type or type, or with `ranges` of"
        " `{key, from, to}` of bytes, image_pixels, video_pixels or duration.",
        MOST_AGGREGATES,
    ),
)
FOLDER_SEARCH: Parameters = _SORTED
VISUAL_SEARCH = (
    text("text", "What the images show, in words. One of these five must be given."),
    text("image_url", "An image that is like them, somewhere on the web."),
    text("image_asset_id", "An image of the library that is like them, by its asset_id."),
    file("image_file", "An image that is like them: a file, a data URI or a URL."),
    objects(
        "queries",
        "Several at once: `[{text or image_url or image_asset_id or image_file, weight, region}]`."
        " A negative weight asks for images unlike it; `image_file` may name a part of the form.",
        MOST_TERMS,
    ),
    text("region", "The part of the image that counts: `x,y,w,h`, shares of its size."),
    text("expression", "Rank only what this expression of the Search API describes."),
    text("asset_folder", "Rank only the images of this folder and of those below it."),
    texts("tags", "Rank only images with all of these tags."),
    word("type", "Rank only images of this type.", *TYPES),
    number("threshold", "The lowest score of a result.", 0, 1),
    objects(
        "sort_by",
        "Another order of what reaches the threshold (0.5 unless given): `[{field: asc or desc}]`,"
        f" one of {', '.join(SORTABLE)}.",
        1,
    ),
    word("collapse", "Show one of each group of near-identical images.", "near_duplicates"),
    flag("exact", "Whether every image is compared instead of asking the HNSW index."),
    flag("explain", "Whether `search.plan` shows how PostgreSQL ranked."),
    whole("max_results", "Results of a page.", 1, MOST_SIMILAR, 50),
    NEXT_CURSOR,
)
