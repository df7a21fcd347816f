"""A call of the Upload API about assets that are there: who makes it, and what it is about."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request

from app.api.access import Access, upload_access
from app.api.ids import ids_of
from app.api.listing import resource_type_of, type_of
from app.api.notices import Notifier, notifier
from app.api.params import Params, close_files, read_params, text_param
from app.api.shapes import Shaper
from app.contract.presets import effective_params
from app.db import presets
from app.db.api_keys import ApiKey
from app.db.asset_edits import Named
from app.db.environments import Environment
from app.edit import MOST_NAMED
from app.errors import BadRequest, Unauthorized
from app.runtime import Runtime


class Call(msgspec.Struct, frozen=True):
    """A signed call of the Upload API about assets of one resource type."""

    request: Request[Any, Any, Any]
    runtime: Runtime
    access: Access
    key: ApiKey
    params: Params
    resource_type: str

    @property
    def environment(self) -> Environment:
        """The environment that it may use."""
        return self.access.environment

    @property
    def shaper(self) -> Shaper:
        """Shapes the answer."""
        return Shaper(self.request, self.runtime, self.access)

    @property
    def type(self) -> str:
        """The delivery type that it is about, `upload` unless it says otherwise."""
        return type_of(text_param(self.params, "type") or "upload")

    @property
    def notifier(self) -> Notifier | None:
        """Who is to be told, if the request names a `notification_url`."""
        return self.notifier_for(self.params)

    def notifier_for(
        self,
        params: Mapping[str, Any],
        name: str = "notification_url",
        batch_id: str | None = None,
    ) -> Notifier | None:
        """Who is to be told by these parameters, which a preset may have completed."""
        url = params.get(name)
        return notifier(
            self.request, self.runtime, self.access, self.params, url, batch_id=batch_id
        )

    @property
    def named(self) -> Named:
        """The assets that a command is about."""
        public_ids = ids_of(self.params, "public_ids", MOST_NAMED)
        return Named(self.resource_type, self.type, public_ids)

    async def effective(self) -> dict[str, Any]:
        """Decoded parameters, after the preset if the request names one.

        Raises:
            BadRequest: a value cannot be read, or there is no such preset.
        """
        name = text_param(self.params, "upload_preset")
        preset = None
        if name:
            async with self.runtime.pool.connection() as connection:
                preset = await presets.find(connection, self.environment.environment_id, name)
            if preset is None:
                raise BadRequest("Upload preset not found")
        # The public_id says which asset; a preset that lets nobody choose one has no say in that.
        asked = {key: value for key, value in self.params.items() if key != "public_id"}
        return effective_params(asked, preset, signed=True)


async def begin(
    request: Request[Any, Any, Any], runtime: Runtime, cloud: str, resource_type: str, action: str
) -> Call:
    """The call, if whoever makes it may.

    Raises:
        Unauthorized: nothing says who it is, or it is not who it says.
    """
    params = await read_params(request)
    await close_files(params)  # no action takes a file
    access = await upload_access(request, runtime, cloud, params, action)
    if access.key is None:
        raise Unauthorized("Missing required parameter - api_key")
    kind = resource_type_of(resource_type)
    return Call(request, runtime, access, access.key, params, kind)
