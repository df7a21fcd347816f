"""Upload API: what can be done to assets that are there, signed or with Basic authentication."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET

from app.api import action_notices
from app.api.action_call import Call, begin
from app.api.extras import add_extras, eager
from app.api.ids import asset_id_or_none
from app.api.listing import flag, required, type_of
from app.api.notices import HeldNotice
from app.api.params import text_param
from app.api.upload_call import batch_id_of, pending
from app.contract.add_ons import refuse_for_upload
from app.contract.wire import parse_context, parse_tags
from app.db import asset_deletions, assets
from app.db.asset_deletions import Selection
from app.db.asset_edits import Rename
from app.db.assets import Asset, Stored
from app.db.pool import Connection
from app.eager import check_eager
from app.edit import (
    Edited,
    delete,
    edit,
    edit_context,
    edit_metadata,
    edit_tags,
    rename,
)
from app.errors import Busy, NotFound
from app.ingest import Ingested
from app.runtime import Runtime
from app.schemas.uploads import Destroyed, PendingUpload, PublicIds, UploadResponse


class UploadActionController(Controller):
    """`/v1_1/:cloud/:resource_type/…`. Commands about many assets change those that there are."""

    path = "/v1_1/{cloud:str}"
    tags = ("Upload",)

    @post("/{resource_type:str}/explicit", status_code=200, operation_id="explicit")
    async def explicit(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
    ) -> UploadResponse | PendingUpload:
        """Gives a stored asset other `tags`, `context`, `metadata`, `asset_folder` or
        `display_name`, indexes it (`similarity_search="clip"`, `visual_search`) or takes it out.
        """
        call = await begin(request, runtime, cloud, resource_type, "explicit")
        public_id = required(call.params, "public_id")
        params = await call.effective()
        refuse_for_upload(params)
        check_eager(params.get("eager", ()))
        async with runtime.pool.connection() as connection:
            asset = await assets.find(
                connection,
                call.environment.environment_id,
                call.resource_type,
                type_of(str(params.get("type", "upload"))),
                public_id,
            )
        if asset is None:
            raise NotFound(f"Resource not found - {public_id}")
        batch_id = batch_id_of(params)
        held = HeldNotice(runtime, call.notifier_for(params, batch_id=batch_id), "explicit")
        tell = call.notifier_for(params, "eager_notification_url", batch_id)
        edited = await edit(
            runtime, call.environment, asset, params, within=partial(_announce, call, held)
        )
        answer = await _answer(call, edited)
        with suppress(Busy):  # the change is made; who has no time to look leaves that out
            await add_extras(runtime, call.environment, edited.asset, params, answer)
        answer.eager = await eager(
            runtime, call.environment, call.shaper, edited.asset, params.get("eager"), tell
        )
        await held.complete(msgspec.to_builtins(answer))
        return pending(answer, batch_id) if batch_id and params.get("async") else answer

    @post("/{resource_type:str}/rename", status_code=200, operation_id="rename")
    async def rename(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
    ) -> UploadResponse:
        """Gives an asset another public_id, and with `to_type` another type; its asset_id stays.

        An asset of that name is only replaced with `overwrite`.
        """
        call = await begin(request, runtime, cloud, resource_type, "rename")
        to_type = text_param(call.params, "to_type")
        wanted = Rename(
            resource_type=call.resource_type,
            type=call.type,
            public_id=required(call.params, "from_public_id"),
            to_type=type_of(to_type) if to_type else call.type,
            to_public_id=required(call.params, "to_public_id"),
            overwrite=flag(call.params, "overwrite"),
            context=_pairs(call.params, "context"),
            metadata=_pairs(call.params, "metadata"),
        )
        tell = action_notices.renamed(call.notifier, wanted)
        return await _answer(call, await rename(runtime, call.environment, wanted, within=tell))

    @post("/{resource_type:str}/destroy", status_code=200, operation_id="destroy")
    async def destroy(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
    ) -> Destroyed:
        """Deletes an asset; it is gone from search when the answer arrives."""
        call = await begin(request, runtime, cloud, resource_type, "destroy")
        public_id = required(call.params, "public_id")
        selection = asset_deletions.by_public_ids(call.resource_type, call.type, [public_id])
        return await _destroy(call, selection)

    @post("/asset/destroy", status_code=200, operation_id="destroy_by_asset_id")
    async def destroy_by_asset_id(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> Destroyed:
        """Deletes the asset of an `asset_id`."""
        call = await begin(request, runtime, cloud, "image", "destroy")
        asset_id = asset_id_or_none(required(call.params, "asset_id"))
        if asset_id is None:
            return Destroyed(result="not found")
        return await _destroy(call, asset_deletions.by_asset_ids([asset_id]))

    @post("/{resource_type:str}/tags", status_code=200, operation_id="tags")
    async def tag(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
    ) -> PublicIds:
        """Changes the tags of up to 1000 `public_ids`. `command` is `add`, `remove`, `replace`,
        `remove_all` or `set_exclusive`, which takes the `tag` from all other assets.
        """
        call = await begin(request, runtime, cloud, resource_type, "tags")
        command, tags = required(call.params, "command"), parse_tags("tag", call.params.get("tag"))
        change = {"command": command, "tags": tags}
        tell = action_notices.changed(call.notifier, "tags", call.named, change)
        changed = await edit_tags(runtime, call.environment, call.named, command, tags, within=tell)
        return PublicIds(public_ids=changed)

    @post("/{resource_type:str}/context", status_code=200, operation_id="context")
    async def context(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
    ) -> PublicIds:
        """Changes the context of up to 1000 `public_ids`. `command` is `add` or `remove_all`."""
        call = await begin(request, runtime, cloud, resource_type, "context")
        command = required(call.params, "command")
        pairs = parse_context("context", call.params.get("context"))
        change = {"command": command, "context": pairs}
        tell = action_notices.changed(call.notifier, "context", call.named, change)
        changed = await edit_context(
            runtime, call.environment, call.named, command, pairs, within=tell
        )
        return PublicIds(public_ids=changed)

    @post("/{resource_type:str}/metadata", status_code=200, operation_id="metadata")
    async def metadata(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
    ) -> PublicIds:
        """Sets structured metadata fields of up to 1000 `public_ids`; an empty value clears one."""
        call = await begin(request, runtime, cloud, resource_type, "metadata")
        values = parse_context("metadata", call.params.get("metadata"))
        tell = action_notices.changed(call.notifier, "metadata", call.named, {"metadata": values})
        changed = await edit_metadata(
            runtime,
            call.environment,
            call.named,
            values,
            clear_invalid=flag(call.params, "clear_invalid"),
            within=tell,
        )
        return PublicIds(public_ids=changed)


def _pairs(params: Mapping[str, Any], name: str) -> dict[str, str] | None:
    """Pairs to set. Cloudinary's other SDKs ask with true or 1 to see what there is, and do."""
    value = params.get(name)
    if value in (None, "") or str(value).lower() in ("1", "0", "true", "false"):
        return None
    return parse_context(name, value)


async def _answer(call: Call, edited: Edited) -> UploadResponse:
    state = Ingested(Stored(edited.asset), edited.indexing.state, edited.indexing.reason)
    return call.shaper.upload(state, call.access, call.key.secret)


async def _announce(call: Call, held: HeldNotice, connection: Connection, asset: Asset) -> None:
    so_far = call.shaper.upload(Ingested(Stored(asset), ""), call.access, call.key.secret)
    so_far.info = UNSET  # where it stands in the index is not known yet
    await held.announce(connection, msgspec.to_builtins(so_far))


async def _destroy(call: Call, selection: Selection) -> Destroyed:
    tell = action_notices.deleted(call.notifier)
    deletion = await delete(call.runtime, call.environment, selection, within=tell)
    return Destroyed(result="ok" if deletion.assets else "not found")
