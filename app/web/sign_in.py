"""Signing in with an API key and its secret, and out. Repeated failures bring a pause."""

import hmac
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from app.db import api_keys, sign_ins
from app.runtime import Runtime
from app.web import session

_MOST = 100  # characters of a key that are looked at


class SignInController(Controller):
    """`/-/sign-in` and `/-/sign-out`."""

    path = "/-"

    @get("/sign-in")
    async def show(self, request: Request[Any, Any, Any]) -> Template:
        """The form."""
        return _form(following=request.query_params.get("next", "/"))

    @post("/sign-in", status_code=200, signs_in=True)
    async def sign_in(
        self, request: Request[Any, Any, Any], runtime: NamedDependency[Runtime]
    ) -> Response[Any]:
        """Begins a session, or says what is wrong."""
        form = await request.form()
        api_key, secret = (str(form.get(name, "")).strip() for name in ("api_key", "api_secret"))
        following = str(form.get("next", "/"))
        problem = await _problem(runtime, _address(request), api_key[:_MOST], secret)
        if problem:
            return _form(problem=problem, api_key=api_key[:_MOST], following=following, status=401)
        response = Redirect(_local(following), status_code=303)
        session.begin(response, request, runtime.keyring, api_key)
        return response

    @post("/sign-out", status_code=303)
    async def sign_out(self, request: Request[Any, Any, Any]) -> Redirect:
        """Ends the session in this browser."""
        response = Redirect("/-/sign-in", status_code=303)
        session.end(response, request)
        return response


async def _problem(runtime: Runtime, address: str, api_key: str, secret: str) -> str:
    """Why these credentials do not open the page; empty if they do."""
    subjects = [f"{address} {api_key}".replace("\0", ""), address]
    async with runtime.pool.connection() as connection:
        seconds = await sign_ins.seconds_locked(connection, subjects)
        if seconds:
            minutes = -(-seconds // 60)
            unit = "minute" if minutes == 1 else "minutes"
            return f"Too many failed attempts. Try again in {minutes} {unit}."
        found = await api_keys.find(connection, runtime.keyring, api_key.replace("\0", ""))
        if found and hmac.compare_digest(found[0].secret.encode(), secret.encode()):
            await sign_ins.forget(connection, subjects)
            return ""
        await sign_ins.note_failure(connection, subjects)
    return "This key and secret do not belong together. Check both for missing characters."


def _address(request: Request[Any, Any, Any]) -> str:
    return request.client.host if request.client else "unknown"


def _local(following: str) -> str:
    """An address of this server, so that nobody is led elsewhere by a link to the sign-in."""
    local = following.startswith("/") and not following.startswith(("//", "/\\"))
    return following if local and following.isprintable() else "/"


def _form(
    *, problem: str = "", api_key: str = "", following: str = "/", status: int = 200
) -> Template:
    context = {"problem": problem, "api_key": api_key, "next": following}
    return Template("sign_in.html", context=context, status_code=status)
