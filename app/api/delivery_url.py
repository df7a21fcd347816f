"""What the part of a delivery URL behind `/:cloud/:resource_type/:type/` may mean.

    [s--SIGNATURE--/][transformation/…/][v123/]public_id[.extension]

Folders may look like transformations and versions. Whatever public_id exists with the fewest
segments taken away decides, so that an asset in a folder `w_100` can always be reached.
"""

import re
from collections.abc import Collection, Iterator
from urllib.parse import quote

import msgspec

from app.contract.formats import normal
from app.contract.naming import MAX_LENGTH
from app.contract.signing import delivery_signature
from app.contract.transformation import MAX_COMPONENTS, is_component
from app.db.assets import Asset

_SIGNATURE = re.compile(r"s--([\w-]{1,64})--/(?=.)", re.ASCII)
_VERSION = re.compile(r"v([0-9]{1,18})")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One meaning of a URL."""

    transformation: str = ""
    version: int | None = None
    name: str
    """Everything behind them, as it stands in the URL."""

    extension: str | None = None
    """Our name of the format that `name` ends with; None if it is a public_id as a whole."""

    @property
    def public_id(self) -> str:
        """The asset that it means."""
        return self.name if self.extension is None else self.name.rpartition(".")[0]

    @property
    def signed_text(self) -> str:
        """What the signature in such a URL is of."""
        return "/".join(filter(None, (self.transformation, escape(self.name))))


def split_signature(path: str) -> tuple[str | None, str]:
    """The signature at the beginning, if there is one, and the rest."""
    path = path.removeprefix("/")
    found = _SIGNATURE.match(path)
    return (found[1], path[found.end() :]) if found else (None, path)


def readings(path: str, *, extensions: bool = True) -> list[Reading]:
    """Every meaning that a path without its signature may have, the preferred ones first.

    Args:
        extensions: whether a format may stand behind the public_id.
    """
    segments = path.split("/")
    found: list[Reading] = []
    for count in range(_components(segments) + 1):
        transformation = "/".join(segments[:count])
        rest = segments[count:]
        version = _VERSION.fullmatch(rest[0]) if len(rest) > 1 else None
        if version:
            name = "/".join(rest[1:])
            found += _named(name, transformation, int(version[1]), extensions)
        found += _named("/".join(rest), transformation, None, extensions)
    return found


def _components(segments: list[str]) -> int:
    """How many segments at the beginning could be a transformation; one is left for a name."""
    most = min(len(segments) - 1, MAX_COMPONENTS + 1)
    return next((n for n in range(most) if not is_component(segments[n])), most)


def _named(
    name: str, transformation: str, version: int | None, extensions: bool
) -> Iterator[Reading]:
    whole = Reading(transformation=transformation, version=version, name=name)
    yield whole
    stem, _, extension = name.rpartition(".")
    if extensions and stem and extension and "/" not in extension:
        yield msgspec.structs.replace(whole, extension=normal(extension))


def names(possible: list[Reading]) -> list[str]:
    """The public_ids to look for."""
    return list({each.public_id for each in possible if len(each.public_id) <= MAX_LENGTH})


def choose(possible: list[Reading], existing: Collection[str]) -> Reading | None:
    """The preferred meaning of which there is an asset."""
    return next((each for each in possible if each.public_id in existing), None)


def escape(name: str) -> str:
    """A name as the SDKs write it into a URL: they escape all but these, `~` included."""
    return quote(name, safe="/:").replace("~", "%7E")


def delivery_url(
    base: str, asset: Asset, transformation: str, format: str | None, secret: str | None = None
) -> str:
    """Where an original, or with a transformation a rendition, is delivered.

    Args:
        base: address of the server with the cloud name, without a slash at the end.
        secret: of an API key; signs the URL of an asset that is not public.
    """
    name = escape(asset.public_id) + (f".{format}" if format else "")
    signed = "/".join(filter(None, (transformation, name)))
    restricted = asset.type != "upload" and secret is not None
    signature = f"s--{delivery_signature(signed, secret or '')}--" if restricted else ""
    parts = [base, asset.resource_type, asset.type, signature, transformation]
    return "/".join(filter(None, [*parts, f"v{asset.version}", name]))
