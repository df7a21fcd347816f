"""Upload presets: the list, the form, and which ones are the defaults."""

from collections.abc import Mapping
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from app.contract.presets import Preset, decode, random_name, validate_name
from app.contract.wire import check_text
from app.db import page, presets
from app.errors import AlreadyExists, IrisError, NotFound
from app.runtime import Runtime
from app.web.session import Visitor

_MOST = 500
_TEXTS = ("asset_folder", "tags", "allowed_formats")
_FLAGS = ("visual_search", "use_filename_as_display_name", "use_filename", "overwrite")
_NEW = Preset("", False, {"visual_search": True, "use_filename_as_display_name": True}, "")
_LIST = "/-/settings/presets"


class PresetSettingsController(Controller):
    """`/-/settings/presets`."""

    path = _LIST

    @get("/")
    async def list_presets(
        self, runtime: NamedDependency[Runtime], visitor: NamedDependency[Visitor]
    ) -> Template:
        """All of them, and the defaults."""
        async with runtime.pool.connection() as connection:
            found = await presets.list_page(
                connection, visitor.environment.environment_id, limit=_MOST
            )
        context = {"visitor": visitor, "tab": "presets", "presets": found}
        return Template("settings/presets.html", context=context)

    @get("/edit")
    async def edit(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Template:
        """The form of the preset `name`, or of a new one."""
        name = request.query_params.get("name", "")
        return _form(visitor, await _find(runtime, visitor, name) if name else _NEW)

    @post("/edit", status_code=200)
    async def save(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Redirect | Template:
        """Creates or changes a preset; what is wrong is said beside what was typed."""
        form = {key: str(value) for key, value in (await request.form()).items()}
        try:
            await _save(runtime, visitor, form)
        except IrisError as error:
            typed = Preset(form.get("name", ""), form.get("mode") == "unsigned", _typed(form), "")
            return _form(visitor, typed, editing=form.get("editing", ""), problem=error.message)
        return Redirect(_LIST, status_code=303)

    @post("/delete", status_code=303)
    async def delete(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Redirect:
        """Deletes a preset. Images that came with it stay."""
        name = str((await request.form()).get("name", "")).replace("\0", "")
        environment = visitor.environment
        async with runtime.pool.connection() as connection, connection.transaction():
            await presets.delete(connection, environment.environment_id, name)
            await page.save_defaults(
                connection,
                environment.environment_id,
                environment.library_preset if environment.library_preset != name else None,
                environment.api_preset if environment.api_preset != name else None,
            )
        return Redirect(_LIST, status_code=303)

    @post("/defaults", status_code=303)
    async def save_defaults(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        visitor: NamedDependency[Visitor],
    ) -> Redirect:
        """Chooses the presets of uploads that name none."""
        form = await request.form()
        library, api = (str(form.get(name, "")) for name in ("library_preset", "api_preset"))
        for name in filter(None, (library, api)):
            await _find(runtime, visitor, name)
        async with runtime.pool.connection() as connection:
            await page.save_defaults(
                connection, visitor.environment.environment_id, library or None, api or None
            )
        return Redirect(_LIST, status_code=303)


def _form(
    who: Visitor, preset: Preset, *, editing: str | None = None, problem: str = ""
) -> Template:
    others = sorted(set(preset.settings).difference(_TEXTS, _FLAGS))
    context = {
        "visitor": who,
        "tab": "presets",
        "preset": preset,
        "editing": preset.name if editing is None else editing,
        "others": others,
        "problem": problem,
    }
    return Template("settings/preset.html", context=context, status_code=400 if problem else 200)


async def _find(runtime: Runtime, who: Visitor, name: str) -> Preset:
    check_text("name", name)
    async with runtime.pool.connection() as connection:
        preset = await presets.find(connection, who.environment.environment_id, name)
    if preset is None:
        raise NotFound(f"There is no upload preset {name}.")
    return preset


async def _save(runtime: Runtime, who: Visitor, form: Mapping[str, str]) -> None:
    """Other settings of an existing preset, which only the API sets, stay."""
    settings = decode(_typed(form))
    unsigned = form.get("mode") == "unsigned"
    environment_id = who.environment.environment_id
    editing = form.get("editing", "")
    name = validate_name(form.get("name", "").strip() or random_name())
    check_text("name", editing + name)
    async with runtime.pool.connection() as connection:
        if editing:
            if not await presets.merge(
                connection, environment_id, editing, unsigned=unsigned, settings=settings
            ):
                raise NotFound(f"The upload preset {editing} was deleted meanwhile.")
            return
        if await presets.find(connection, environment_id, name):
            raise AlreadyExists(f"There is a preset {name} already. Choose another name.")
        await presets.save(connection, environment_id, name, unsigned=unsigned, settings=settings)


def _typed(form: Mapping[str, str]) -> dict[str, Any]:
    texts = {name: form.get(name, "").strip() for name in _TEXTS}
    return {**texts, **{name: name in form for name in _FLAGS}}
