"""Display names that no other asset of their folder has."""

from app.contract.naming import MAX_LENGTH, random_text
from app.db.pool import Connection, run, value
from app.db.queries import load

_SQL = load("asset_edits")
_SUFFIX = 6  # random characters of [a-z0-9]


async def free(
    connection: Connection,
    environment_id: int,
    *,
    resource_type: str,
    type: str,
    public_id: str,
    asset_folder: str,
    display_name: str,
) -> str:
    """The name, with random characters behind it if another asset of the folder has it already.

    It stays free until the end of the transaction in which this must be called.
    """
    place = {
        "environment_id": environment_id,
        "asset_folder": asset_folder,
        "display_name": display_name,
    }
    asset = {"resource_type": resource_type, "type": type, "public_id": public_id}
    await run(connection, _SQL["lock_display_name"], **place)
    if not await value(connection, _SQL["has_display_name"], **place, **asset):
        return display_name
    return f"{display_name[: MAX_LENGTH - _SUFFIX - 1]}_{random_text(_SUFFIX)}"
