"""iris import: a directory of pictures becomes assets. May be stopped and run again."""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.text import Text

from app.cli.command import console, iris_command, loaded_runtime, notices, prepare, stopped
from app.cli.progress import image_progress
from app.contract import formats
from app.contract.naming import normalize_folder, original_filename, public_id_for
from app.contract.presets import Preset, effective_params
from app.db import assets, environments, presets
from app.db.assets import Asset
from app.db.environments import Environment
from app.errors import BadRequest, Busy, IrisError
from app.ingest import Ingested, Upload, ingest
from app.runtime import Runtime

_ENDINGS = frozenset({
    ".jpg", ".jpeg", ".jpe", ".png", ".webp", ".gif", ".avif", ".tif", ".tiff", ".bmp",
    ".heic", ".heif",
})  # fmt: skip
_AT_ONCE = 16  # the encoder's batch; more would only wait in memory


class Summary(msgspec.Struct):
    """What became of the files."""

    stored: int = 0
    unchanged: int = 0
    pending: int = 0
    refused: list[tuple[str, str]] = []


@click.command("import")
@click.argument(
    "directory", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR"
)
@click.option("--env", "cloud", required=True, metavar="CLOUD", help="Environment to import into.")
@click.option("--preset", "preset_name", help="Upload preset; without one, images are indexed.")
@click.option("--folder", default="", help="Folder of the library to put the images in.")
@iris_command
async def import_(directory: Path, cloud: str, preset_name: str | None, folder: str) -> None:
    """Import the pictures in DIR and below. Their paths become their names.

    Run it again to go on after a stop: a file that is in the library already is left alone, one
    that changed since becomes a new version.
    """
    settings, url = prepare()
    paths = list(_pictures(directory))
    if not paths:
        raise click.ClickException(f"There are no pictures in {directory}.")
    async with loaded_runtime(settings, url) as runtime:
        importer = await _importer(runtime, directory, cloud, preset_name, folder)
        done = await _run(importer, paths)
    _report(importer.summary, len(paths))
    if not done:
        stopped()
    if importer.summary.refused:
        raise SystemExit(1)


class Importer:
    """Imports single files of one directory into one environment."""

    def __init__(
        self,
        runtime: Runtime,
        environment: Environment,
        preset: Preset | None,
        directory: Path,
        folder: str,
    ) -> None:
        self.summary = Summary()
        self._runtime = runtime
        self._environment = environment
        self._preset = preset
        self._directory = directory
        self._folder = normalize_folder(folder)
        self._owners: dict[str, Path] = {}

    async def import_file(self, path: Path) -> None:
        """Imports one file, or notes why it was refused."""
        name = str(path.relative_to(self._directory))
        try:
            params = self._params(path)
            names = self._names(path, params)  # before any wait: in the order of the files
            data = await asyncio.to_thread(path.read_bytes)
            if not data:
                raise BadRequest("The file is empty")
            ingested = await self._store(path, data, params, names)
        except OSError as error:
            self.summary.refused.append((name, str(error.strerror)))
        except IrisError as error:
            self.summary.refused.append((name, error.message))
        else:
            self._count(ingested)

    def _count(self, ingested: Ingested | None) -> None:
        if ingested is None:
            self.summary.unchanged += 1
            return
        self.summary.stored += 1
        self.summary.pending += ingested.index_state == "pending"

    async def _store(
        self, path: Path, data: bytes, params: dict[str, Any], names: list[str]
    ) -> Ingested | None:
        """Stores a file; None when the library holds exactly this already."""
        found = [await self._find(name, params) for name in names]
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        if any(asset is not None and asset.etag == etag for asset in found):
            return None
        # An earlier version of this file gives way; an asset that came from another file does not.
        earlier = [place for place, a in enumerate(found) if a and _is_same_file(a, path)]
        places = earlier or [place for place, a in enumerate(found) if a is None]
        if not places:
            raise BadRequest(f"{names[-1]} is another image already")
        place = places[0]
        upload = Upload(
            data=data,
            filename=path.name,
            params=params
            | {"public_id": names[place], "folder": "", "overwrite": found[place] is not None},
            preset=self._preset.name if self._preset else None,
            source="import",
        )
        while True:
            try:
                return await ingest(self._runtime, self._environment, upload)
            except Busy:
                await asyncio.sleep(1)  # an import can wait, a person who searches cannot

    def _names(self, path: Path, params: dict[str, Any]) -> list[str]:
        """The public_ids that a path may get: its own, then one with the ending.

        Of two files that differ in their endings only, the first of this run gets the plain one.
        """
        plain = public_id_for(params | {"use_asset_folder_as_public_id_prefix": True}, path.name)
        names = [plain, f"{plain}_{path.suffix[1:].lower()}"]
        return names if self._owners.setdefault(plain, path) == path else names[::-1]

    def _params(self, path: Path) -> dict[str, Any]:
        below = path.parent.relative_to(self._directory).as_posix()
        folder = normalize_folder("/".join(part for part in (self._folder, below) if part != "."))
        asked = {"use_filename": True, "unique_filename": False, "asset_folder": folder}
        if self._preset is None:
            return asked | {"visual_search": True}
        return effective_params(asked, self._preset, signed=True)

    async def _find(self, public_id: str, params: dict[str, Any]) -> Asset | None:
        async with self._runtime.pool.connection() as connection:
            return await assets.find(
                connection,
                self._environment.environment_id,
                "image",
                params.get("type", "upload"),
                public_id,
            )


def _is_same_file(asset: Asset, path: Path) -> bool:
    """Whether an asset came from this path, in an earlier version, by its name and ending."""
    return asset.original_filename == original_filename(
        path.name
    ) and asset.format == formats.normal(path.suffix[1:])


async def _importer(
    runtime: Runtime, directory: Path, cloud: str, preset_name: str | None, folder: str
) -> Importer:
    async with runtime.pool.connection() as connection:
        environment = await environments.get(connection, cloud)
        preset = None
        if preset_name:
            preset = await presets.find(connection, environment.environment_id, preset_name)
            if preset is None:
                raise BadRequest(f"{cloud} has no upload preset {preset_name}.")
    return Importer(runtime, environment, preset, directory, folder)


def _pictures(directory: Path) -> Iterator[Path]:
    # Unlike rglob, walk passes over folders that may not be read or vanish meanwhile.
    for folder, folders, names in os.walk(directory):
        folders.sort()
        for name in sorted(names):
            if Path(name).suffix.lower() in _ENDINGS and not name.startswith("."):
                yield Path(folder, name)


async def _run(importer: Importer, paths: list[Path]) -> bool:
    """Imports all files, many at a time; False when Ctrl-C stopped it."""
    left = iter(paths)
    with image_progress() as progress:
        task = progress.add_task("Importing", total=len(paths))

        async def lane() -> None:
            for path in left:
                await importer.import_file(path)
                progress.advance(task)

        try:
            await asyncio.gather(*(lane() for _ in range(_AT_ONCE)))
        except asyncio.CancelledError:
            return False
    return True


def _report(summary: Summary, files: int) -> None:
    seen = summary.stored + summary.unchanged + len(summary.refused)
    console.print(
        f"{summary.stored} imported, {summary.unchanged} already there,"
        f" {len(summary.refused)} refused, {files - seen} not reached."
    )
    if summary.pending:
        notices.print(f"{summary.pending} are stored and wait for their embedding: iris worker")
    for name, reason in summary.refused:
        console.print(Text(f"  {name}: {reason}"))
