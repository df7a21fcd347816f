"""API keys and access tokens: the lists, a new one, whose secret is shown once, the end of one."""

import shlex
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from app.db import access_tokens, api_keys
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
        label = await _label(request)
        async with runtime.pool.connection() as connection:
            key = await api_keys.add(connection, runtime.keyring, visitor.environment, label=label)
        url = _cloudinary_url(request, runtime, visitor, key)
        return await _list(runtime, visitor, added=key, cloudinary_url=url)

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

    @post("/tokens", status_code=200)
    async def add_token(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Template:
        """A new access token. This answer is the only one that shows it."""
        label = await _label(request)
        async with runtime.pool.connection() as connection:
            _, token = await access_tokens.add(connection, visitor.environment, label=label)
        return await _list(runtime, visitor, new_token=token)

    @post("/tokens/revoke", status_code=303)
    async def revoke_token(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Redirect:
        """Forgets an access token."""
        token_id = str((await request.form()).get("token_id", "")).replace("\0", "")
        async with runtime.pool.connection() as connection:
            await access_tokens.revoke(connection, visitor.environment, token_id)
        return Redirect(_LIST, status_code=303)


async def _label(request: Request[Any, Any, Any]) -> str:
    label = str((await request.form()).get("label", "")).strip()
    return label[:_LONGEST].replace("\0", "")


async def _list(
    runtime: Runtime,
    who: Visitor,
    added: ApiKey | None = None,
    cloudinary_url: str = "",
    new_token: str = "",
) -> Template:
    async with runtime.pool.connection() as connection:
        keys = await api_keys.list_all(connection, runtime.keyring, who.environment)
        tokens = await access_tokens.list_all(connection, who.environment)
    context = {
        "visitor": who, "tab": "keys", "keys": keys, "tokens": tokens,
        "added": added, "cloudinary_url": cloudinary_url, "new_token": new_token,
    }  # fmt: skip
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
