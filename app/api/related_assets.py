"""Admin API: assets that belong together."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Controller, Request, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.api.access import admin_access
from app.api.ids import asset_id_or_none, ids_of
from app.api.listing import RESOURCE_TYPES
from app.api.params import read_params
from app.api.resource_details import find_asset, find_asset_by_id
from app.db.assets import Asset
from app.db.environments import Environment
from app.ingest import TYPES
from app.relate import INVALID, MOST, Outcome, relate, unrelate
from app.runtime import Runtime
from app.schemas.related_assets import Relation, Relations

Name = tuple[str, str, str]
Change = Callable[[Runtime, Environment, Asset, Any], Awaitable[list[Outcome]]]


class RelatedAssetController(Controller):
    """`/v1_1/:cloud/resources/related_assets`. Each asset of a request has its own outcome."""

    path = "/v1_1/{cloud:str}/resources/related_assets"
    tags = ("Assets",)

    @post(
        "/{resource_type:str}/{type:str}/{public_id:path}",
        status_code=200,
        operation_id="add_related_assets",
    )
    async def add(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        type: FromPath[str],
        public_id: FromPath[str],
    ) -> Relations:
        """Relates an asset to others, given as `resource_type/type/public_id`, and them to it."""
        access = await admin_access(request, runtime, cloud)
        names = await _asked(request, "assets_to_relate", _name)
        asset = await find_asset(runtime, access, resource_type, type, public_id)
        return await _answer(runtime, access.environment, asset, names, relate)

    @post("/{asset_id:str}", status_code=200, operation_id="add_related_assets_by_asset_id")
    async def add_by_asset_id(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        asset_id: FromPath[str],
    ) -> Relations:
        """Like `add_related_assets`, of assets by their asset_ids."""
        access = await admin_access(request, runtime, cloud)
        ids = await _asked(request, "assets_to_relate", asset_id_or_none)
        asset = await find_asset_by_id(runtime, access, asset_id)
        return await _answer(runtime, access.environment, asset, ids, relate)

    @delete(
        "/{resource_type:str}/{type:str}/{public_id:path}",
        status_code=200,
        operation_id="delete_related_assets",
    )
    async def remove(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        type: FromPath[str],
        public_id: FromPath[str],
    ) -> Relations:
        """Ends the relations of an asset to others, given as `resource_type/type/public_id`."""
        access = await admin_access(request, runtime, cloud)
        names = await _asked(request, "assets_to_unrelate", _name)
        asset = await find_asset(runtime, access, resource_type, type, public_id)
        return await _answer(runtime, access.environment, asset, names, unrelate)

    @delete("/{asset_id:str}", status_code=200, operation_id="delete_related_assets_by_asset_id")
    async def remove_by_asset_id(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        asset_id: FromPath[str],
    ) -> Relations:
        """Like `delete_related_assets`, of assets by their asset_ids."""
        access = await admin_access(request, runtime, cloud)
        ids = await _asked(request, "assets_to_unrelate", asset_id_or_none)
        asset = await find_asset_by_id(runtime, access, asset_id)
        return await _answer(runtime, access.environment, asset, ids, unrelate)


def _name(text: str) -> Name | None:
    """The resource type, type and public_id that a text names."""
    resource_type, _, rest = text.partition("/")
    type, _, public_id = rest.partition("/")
    known = resource_type in RESOURCE_TYPES and type in TYPES and public_id
    return (resource_type, type, public_id) if known else None


async def _asked(
    request: Request[Any, Any, Any], parameter: str, read: Callable[[str], Name | UUID | None]
) -> dict[str, Name | UUID | None]:
    """The assets of a request by their texts; None where the text cannot be one's."""
    texts = ids_of(await read_params(request), parameter, MOST)
    return {text: read(text) for text in texts}


async def _answer(
    runtime: Runtime,
    environment: Environment,
    asset: Asset,
    asked: dict[str, Name | UUID | None],
    change: Change,
) -> Relations:
    known = {text: name for text, name in asked.items() if name is not None}
    outcomes = await change(runtime, environment, asset, list(known.values()))
    by_text = dict.fromkeys(asked, INVALID) | dict(zip(known, outcomes, strict=True))
    answer = Relations(failed=[], success=[])
    for text, outcome in by_text.items():
        relation = Relation(
            asset=text, code=outcome.code, message=outcome.message, status=outcome.status
        )
        (answer.success if outcome.is_success else answer.failed).append(relation)
    return answer
