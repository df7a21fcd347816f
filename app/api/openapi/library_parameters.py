"""Parameters of folders, structured metadata fields and the account."""

from app.api.folders import MOST_FOLDERS
from app.api.metadata_fields import ORDERS
from app.api.openapi.asset_parameters import NEXT_CURSOR
from app.api.openapi.parameter import (
    an_object,
    any_value,
    flag,
    objects,
    required,
    text,
    texts,
    whole,
    word,
)
from app.contract.metadata import TYPES
from app.contract.metadata_definition import MOST_ENTRIES
from app.contract.metadata_rule_definition import STATES

FOLDERS = (whole("max_results", "Folders of a page.", 1, MOST_FOLDERS, MOST_FOLDERS), NEXT_CURSOR)
MOVE_FOLDER = (required(text("to_folder", "The new path of the folder.", max_length=255)),)
DELETE_FOLDER = (flag("skip_backup", "Accepted: an empty folder holds nothing to keep."),)

UPDATE_FIELD = (
    text("label", "The name that people see.", max_length=255),
    flag("mandatory", "Whether an asset must have a value."),
    any_value("default_value", "The value of new assets: a text, a number or a list of texts."),
    flag("default_disabled", "Whether new assets get no default."),
    an_object("validation", "`strlen`, `greater_than`, `less_than`, or several joined by `and`."),
    an_object("restrictions", "Kept with the field."),
    flag("allow_dynamic_list_values", "Kept with the field."),
)
CREATE_FIELD = (
    text("external_id", "The id of the field; random unless given.", max_length=255),
    required(word("type", "What values it has.", *TYPES)),
    required(UPDATE_FIELD[0]),
    *UPDATE_FIELD[1:],
    an_object("datasource", "Of an enum or set: `{values: [{external_id, value}]}`."),
)
_DIRECTION = word("direction", "The order.", "asc", "desc", default="asc")
ORDER_FIELDS = (required(word("order_by", "What to sort by.", *ORDERS)), _DIRECTION)
ORDER_ENTRIES = (required(word("order_by", "What to sort by.", "value")), _DIRECTION)
ENTRIES = (required(objects("values", "Values as `{external_id, value}`.", MOST_ENTRIES)),)
ENTRY_IDS = (required(texts("external_ids", "Ids of values.")),)
SEARCH_ENTRIES = (
    text("term", "What stands in the values, in any case."),
    whole("max_results", "The most values of the answer.", 1, MOST_ENTRIES, 500),
)

UPDATE_RULE = (
    text("metadata_field_id", "The field that the rule is about."),
    text("name", "What people call the rule.", max_length=255),
    an_object(
        "condition",
        "`{metadata_field_id}` with `populated`, `equals` or, of a set, `includes`; or `{and}` or"
        " `{or}` with a list of conditions.",
    ),
    an_object(
        "result",
        "What is in force while it holds: `enable`, `set_mandatory`, `activate_values` (`all` or"
        " `{external_ids, mode}`, append or override), `apply_value` (`{value, mode}`, default or"
        " append).",
    ),
    word("state", "Whether it is in force at all.", *STATES, default="active"),
    whole("position", "Later rules overrule.", 0, 999_999, 0),
)
CREATE_RULE = (
    text("external_id", "The id of the rule; random unless given.", max_length=255),
    *map(required, UPDATE_RULE[:4]),
    *UPDATE_RULE[4:],
)

CONFIG = (flag("settings", "Whether the answer has `settings`."),)
USAGE = (text("date", "A day as dd-mm-yyyy or yyyy-mm-dd; the last 30 unless given."),)
