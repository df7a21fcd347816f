"""API keys: the list, a new one, whose secret is shown once, and the end of one."""

import shlex
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from app.db import api_keys
from app.db.api_keys import ApiKey
from app.errors import BadRequest
from app.runtime import Runtime
from app.web.session import Visitor

_LIST = "/-/settings/keys"
_LONGEST = 100  # characters of a label


class KeySettingsController(Controller):
    """`/-/settings/keys`."""

    path = _LIST

    @get("/")
    async def list_keys(
        self, runtime: NamedDependency[Runtime], visitor: NamedDependency[Visitor]
    ) -> Template:
        """All keys without their secrets."""
        return await _list(runtime, visitor)

    @post("/", status_code=200)
    async def add(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Template:
        """A new key. This answer is the only one that shows its secret."""
        label = str((await request.form()).get("label", "")).strip()[:_LONGEST]
        async with runtime.pool.connection() as connection:
            key = await api_keys.add(
                connection, runtime.keyring, visitor.environment, label=label.replace("\0", "")
            )
        return await _list(runtime, visitor, key, _cloudinary_url(request, runtime, visitor, key))

    @post("/revoke", status_code=303)
    async def revoke(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Redirect:
        """Disables a key, and ends the sessions that it began."""
        api_key = str((await request.form()).get("api_key", ""))
        if api_key == visitor.key.api_key:
            raise BadRequest("You are signed in with this key. Sign in with another to revoke it.")
        async with runtime.pool.connection() as connection:
            await api_keys.revoke(connection, visitor.environment, api_key)
        return Redirect(_LIST, status_code=303)


async def _list(
    runtime: Runtime, who: Visitor, added: ApiKey | None = None, url: str = ""
) -> Template:
    async with runtime.pool.connection() as connection:
        keys = await api_keys.list_all(connection, runtime.keyring, who.environment)
    context = {"visitor": who, "tab": "keys", "keys": keys, "added": added, "cloudinary_url": url}
    return Template("settings/keys.html", context=context)


def _cloudinary_url(
    request: Request[Any, Any, Any], runtime: Runtime, who: Visitor, key: ApiKey
) -> str:
    """The setting with which Cloudinary's SDKs and command line use this server."""
    base = runtime.settings.public_url.rstrip("/")
    base = base or f"{request.url.scheme}://{request.url.netloc}"
    host = base.partition("://")[2]
    credentials = f"{key.api_key}:{key.secret}@{who.environment.cloud_name}"
    url = f"cloudinary://{credentials}?upload_prefix={base}&cname={host}"
    return f"CLOUDINARY_URL={shlex.quote(url)}"
