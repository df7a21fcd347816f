"""Admin API: deletion of assets, or of their renditions alone."""

from collections.abc import Callable
from typing import Any

from litestar import Request, delete
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.access import Access, admin_access
from app.api.action_notices import deleted
from app.api.ids import asset_ids_of, ids_of
from app.api.listing import (
    cursor_of,
    flag,
    path_text,
    resource_type_of,
    type_of,
)
from app.api.notices import notifier
from app.api.params import Params, read_params, text_param
from app.contract.formats import normal
from app.contract.transformation import AUTO, parse
from app.contract.transformation_options import text_of
from app.contract.wire import invalid
from app.cursor import Cursor, NameCursor, TimeCursor, list_digest, seal
from app.db import asset_deletions
from app.db.asset_deletions import Deletion, Doomed, Selection
from app.edit import delete as delete_assets
from app.errors import BadRequest
from app.runtime import Runtime
from app.schemas.assets import ResourcesDeleted


class ResourceDeletions:
    """`DELETE /v1_1/:cloud/resources/…`: up to 1000 assets a call; `next_cursor` goes on.

    They are gone from search when the answer arrives. With `keep_original` only their renditions
    go, all of them or those of `transformations`.
    """

    @delete("/", status_code=200, operation_id="delete_resources_by_asset_ids")
    async def delete_by_asset_ids(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> ResourcesDeleted:
        """Deletes the assets of up to 100 `asset_ids`."""
        access, params = await _begin(request, runtime, cloud)
        asset_ids = asset_ids_of(ids_of(params, "asset_ids"))
        selection = asset_deletions.by_asset_ids(list(asset_ids.values()))
        deletion = await _delete(request, runtime, access, params, selection)
        names = {asset_id: text for text, asset_id in asset_ids.items()}
        return _answer(
            deletion, [names[each.asset_id] for each in deletion.assets], list(asset_ids)
        )

    @delete("/{resource_type:str}/{type:str}", status_code=200, operation_id="delete_resources")
    async def delete_of_type(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        type: FromPath[str],
    ) -> ResourcesDeleted:
        """Deletes the assets of up to 100 `public_ids`, those whose public_id begins with `prefix`,
        or `all`.
        """
        access, params = await _begin(request, runtime, cloud)
        kinds = resource_type_of(resource_type), type_of(type)
        if _asked_by(params) == "public_ids":
            public_ids = ids_of(params, "public_ids")
            selection = asset_deletions.by_public_ids(*kinds, public_ids)
            return _answer(
                await _delete(request, runtime, access, params, selection), asked=public_ids
            )
        prefix = text_param(params, "prefix")
        digest = list_digest("delete", *kinds, prefix)
        cursor = cursor_of(runtime, access.environment.environment_id, params, NameCursor, digest)
        selection = asset_deletions.by_prefix(*kinds, prefix, cursor.name if cursor else "")
        deletion = await _delete(request, runtime, access, params, selection)
        return _more(
            _answer(deletion),
            runtime,
            deletion,
            lambda last: NameCursor(
                environment_id=access.environment.environment_id, list=digest, name=last.public_id
            ),
        )

    @delete(
        "/{resource_type:str}/tags/{tag:path}",
        status_code=200,
        operation_id="delete_resources_by_tag",
    )
    async def delete_by_tag(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        tag: FromPath[str],
    ) -> ResourcesDeleted:
        """Deletes the assets with a tag, the oldest first."""
        access, params = await _begin(request, runtime, cloud)
        kind, name = resource_type_of(resource_type), path_text("tag", tag)
        digest = list_digest("delete by tag", kind, name)
        cursor = cursor_of(runtime, access.environment.environment_id, params, TimeCursor, digest)
        after = (cursor.created_at, cursor.asset_id) if cursor else None
        selection = asset_deletions.by_tag(kind, name, after)
        deletion = await _delete(request, runtime, access, params, selection)
        return _more(
            _answer(deletion),
            runtime,
            deletion,
            lambda last: TimeCursor(
                environment_id=access.environment.environment_id,
                list=digest,
                created_at=last.created_at,
                asset_id=last.asset_id,
            ),
        )


async def _begin(
    request: Request[Any, Any, Any], runtime: Runtime, cloud: str
) -> tuple[Access, Params]:
    return await admin_access(request, runtime, cloud), await read_params(request)


def _asked_by(params: Params) -> str:
    """Which of the parameters says what to delete: one of them must, or all would be too easy.

    Raises:
        BadRequest: none of them does, or several.
    """
    given = [name for name in ("public_ids", "prefix") if params.get(name) not in (None, "", [])]
    if flag(params, "all"):
        given.append("all")
    if not given:
        raise BadRequest("Missing required parameter - one of: public_ids, prefix, all")
    if len(given) > 1:
        raise BadRequest("Only one of public_ids, prefix, all can be specified")
    return given[0]


async def _delete(
    request: Request[Any, Any, Any],
    runtime: Runtime,
    access: Access,
    params: Params,
    selection: Selection,
) -> Deletion:
    transformations = _transformations(params)
    told = notifier(request, runtime, access, params, params.get("notification_url"))
    # Whoever names transformations means these, and not the originals.
    keep_original = flag(params, "keep_original") or transformations is not None
    return await delete_assets(
        runtime,
        access.environment,
        selection,
        keep_original=keep_original,
        transformations=transformations,
        within=None if keep_original else deleted(told),
    )


def _transformations(params: Params) -> list[tuple[str, str | None]] | None:
    """Renditions as they are stored: canonical transformation and format; None is all of them."""
    asked = params.get("transformations")
    if not asked:
        return None
    if not isinstance(asked, str | list):
        raise invalid("transformations", asked)
    wanted = []
    for each in asked.split("|") if isinstance(asked, str) else asked:
        text, extension = text_of(each)
        transformation = parse(text)
        format = transformation.format or (normal(extension) if extension else None)
        # What was delivered as `f_auto` is stored under the format that the client accepted.
        wanted.append((str(transformation), None if format == AUTO else format))
    return wanted


def _answer(
    deletion: Deletion, names: list[str] | None = None, asked: list[str] | None = None
) -> ResourcesDeleted:
    """What became of each asset; by its public_id unless `names` has another name for it."""
    names = names or [each.public_id for each in deletion.assets]
    counts: dict[str, dict[str, int]] = {}
    for name, asset in zip(names, deletion.assets, strict=True):
        # One public_id may stand for an asset of each type.
        count = counts.setdefault(name, {"original": 0, "derived": 0})
        count["original"] += not deletion.kept_original
        count["derived"] += deletion.derived.get(asset.asset_id, 0)
    return ResourcesDeleted(
        deleted=dict.fromkeys(asked or [], "not_found") | dict.fromkeys(names, "deleted"),
        deleted_counts=counts,
        partial=deletion.more,
    )


def _more(
    answer: ResourcesDeleted,
    runtime: Runtime,
    deletion: Deletion,
    behind: Callable[[Doomed], Cursor],
) -> ResourcesDeleted:
    if deletion.more:
        answer.next_cursor = seal(runtime.keyring, behind(deletion.assets[-1]))
    return answer
