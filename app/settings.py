"""Settings of one Iris process, read from the environment. README's table is checked against it."""

import os
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
from msgspec import Meta

from app.errors import Misconfigured


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "iris"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field for each setting; `IRIS_` and the upper-case name is its environment variable."""

    database_url: Annotated[
        str, Meta(description="Your own PostgreSQL; without it an embedded one is started")
    ] = ""
    data_dir: Annotated[
        Path, Meta(description="Where the embedded PostgreSQL and the server's key live")
    ] = msgspec.field(default_factory=_data_home)
    server_key: Annotated[
        str, Meta(description="Encrypts API secrets at rest; made in the data directory if unset")
    ] = ""
    public_url: Annotated[
        str, Meta(description="Address of this server for clients; by default the one they used")
    ] = ""
    device: Annotated[
        str, Meta(description="torch device of the encoder; `auto` takes a GPU when there is one")
    ] = "auto"
    threads: Annotated[
        int, Meta(description="CPU threads of the encoder; 0 takes all cores", ge=0)
    ] = 0
    queue_size: Annotated[
        int, Meta(description="Images or texts that may wait for the encoder", ge=1)
    ] = 256
    embed_timeout: Annotated[
        float, Meta(description="Seconds an upload waits for its embedding before it stays pending")
    ] = 20.0
    embed_in_server: Annotated[
        bool, Meta(description="Whether `iris serve` does the work of `iris worker` too")
    ] = True
    max_pixels: Annotated[int, Meta(description="Largest image accepted, in pixels", ge=1)] = (
        100_000_000
    )
    max_file_bytes: Annotated[int, Meta(description="Largest file accepted, in bytes", ge=1)] = (
        100_000_000
    )
    max_chunked_bytes: Annotated[
        int,
        # PostgreSQL holds a file of 1 GB at most; putting it together takes several times its size.
        Meta(description="Largest file that comes in chunks, in bytes", ge=1, le=1_000_000_000),
    ] = 300_000_000
    max_pending_bytes: Annotated[
        int, Meta(description="Chunks of unfinished files that an environment may hold", ge=1)
    ] = 2_000_000_000
    max_renditions_per_asset: Annotated[
        int, Meta(description="Renditions of an asset that unsigned URLs can have made", ge=0)
    ] = 100
    max_renditions: Annotated[
        int, Meta(description="Renditions of an environment beyond which that ends", ge=0)
    ] = 1_000_000
    max_rendition_bytes: Annotated[
        int, Meta(description="Their bytes in an environment beyond which that ends", ge=0)
    ] = 50_000_000_000
    download_timeout: Annotated[
        float, Meta(description="Seconds a remote file may take to arrive")
    ] = 20.0
    download_hosts: Annotated[
        tuple[str, ...],
        Meta(description="host:port pairs that may be connected to although they are not public"),
    ] = ()
    pool_size: Annotated[int, Meta(description="Database connections per process", ge=2)] = 10
    exact_limit: Annotated[
        int, Meta(description="Up to this many candidates are ranked exactly", ge=0)
    ] = 20_000
    ef_search: Annotated[
        int,
        Meta(description="HNSW candidate list; larger finds more and takes longer", ge=1, le=1000),
    ] = 100
    hourly_limit: Annotated[
        int, Meta(description="Admin API calls of an environment in an hour; 0 is no limit", ge=0)
    ] = 0
    block_unapproved: Annotated[
        bool,
        Meta(description="Whether what is pending or rejected in moderation needs a signed URL"),
    ] = False
    search_log_days: Annotated[
        int, Meta(description="Days for which searches are kept for reports", ge=1, le=36_500)
    ] = 400
    log_level: Annotated[str, Meta(description="debug, info, warning or error")] = "info"


def variable(name: str) -> str:
    """The environment variable of a setting. DATABASE_URL goes by the name every platform uses."""
    return "DATABASE_URL" if name == "database_url" else f"IRIS_{name.upper()}"


class Field(msgspec.Struct, frozen=True):
    """A setting as README's table shows it."""

    name: str
    description: str


def fields() -> list[Field]:
    """All settings, in the order of the table."""
    hints = get_type_hints(Settings, include_extras=True)
    return [
        Field(name, next(m.description for m in get_args(hints[name]) if isinstance(m, Meta)) or "")
        for name in Settings.__struct_fields__
    ]


def load(**overrides: Any) -> Settings:
    """Settings from the environment, then from `overrides` that are not None.

    Raises:
        Misconfigured: a variable does not parse; the sentence names it.
    """
    values: dict[str, Any] = {}
    for name in Settings.__struct_fields__:
        text = os.environ.get(variable(name))
        if text:
            values[name] = text.split(",") if name == "download_hosts" else text
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        raise Misconfigured(f"{variable(path.rstrip('`'))}: {message}") from None


def _decode(kind: type, value: Any) -> Any:
    return Path(value).expanduser() if kind is Path else value
