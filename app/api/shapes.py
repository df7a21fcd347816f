"""Assets in the shapes of `schemas`, with their delivery URLs."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request
from msgspec import UNSET, UnsetType

from app.api.access import Access
from app.api.delivery_url import delivery_url
from app.contract.moderation import KIND
from app.contract.signing import response_signature
from app.db.asset_details import AssetDetails
from app.db.assets import Asset
from app.db.backups import Version
from app.db.renditions import Rendition
from app.eager import Derived
from app.indexing import Indexing
from app.ingest import Ingested
from app.runtime import Runtime
from app.schemas.assets import (
    BackupVersion,
    DerivedResource,
    Moderation,
    ResourceDetails,
    RestoredResource,
)
from app.schemas.search import Match
from app.schemas.uploads import UploadResponse


class Shaper:
    """Shapes the assets of one environment for the client of one request."""

    def __init__(self, request: Request[Any, Any, Any], runtime: Runtime, access: Access) -> None:
        base = runtime.settings.public_url.rstrip("/")
        base = base or f"{request.url.scheme}://{request.url.netloc}"
        self._base = f"{base}/{access.environment.cloud_name}"
        self._secret = access.key.secret if access.key else None

    def resource(self, asset: Asset) -> dict[str, Any]:
        """The fields that every shape of an asset has."""
        url = self.url(asset)
        return {
            "asset_id": asset.asset_id.hex,
            "public_id": asset.public_id,
            "format": asset.format or UNSET,
            "version": asset.version,
            "resource_type": asset.resource_type,
            "type": asset.type,
            "created_at": timestamp(asset.created_at),
            "bytes": asset.bytes,
            "width": asset.width or UNSET,
            "height": asset.height or UNSET,
            "asset_folder": asset.asset_folder,
            "display_name": asset.display_name,
            "access_mode": asset.access_mode,
            "url": url,
            # Not "https://" as a matter of course: a URL that this server does not serve is no use.
            "secure_url": url,
            "tags": asset.tags,
            "context": {"custom": asset.context} if asset.context else UNSET,
            "metadata": asset.metadata or UNSET,
        }

    def url(self, asset: Asset, transformation: str = "", format: str | None = None) -> str:
        """Where the original, or a rendition of it, is delivered, as the SDKs build it.

        It is signed if the asset is not public, for a client with a key: whoever passes such URLs
        on, as `cld clone` does, could not use them otherwise.
        """
        return delivery_url(
            self._base, asset, transformation, format or asset.format, secret=self._secret
        )

    def match(self, hit: dict[str, Any]) -> Match:
        """A hit of a ranking."""
        asset = Asset(**{name: hit[name] for name in Asset.__struct_fields__})
        return Match(
            **self.resource(asset),
            score=hit["score"],
            match=hit["match"],
            distance=hit["distance"],
            hidden=UNSET if hit["hidden"] is None else hit["hidden"],
        )

    def details(
        self,
        asset: Asset,
        details: AssetDetails,
        indexing: Indexing,
        derived: list[Rendition],
    ) -> ResourceDetails:
        """All that is known of an asset."""
        return ResourceDetails(
            **self.resource(asset) | {"tags": asset.tags or UNSET},
            etag=asset.etag,
            derived=[self._derived(asset, each) for each in derived],
            last_updated=last_updated(details),
            info={"visual_search": index_status(indexing.state, indexing.reason)},
            moderation=moderation(asset),
            moderation_kind=KIND if asset.moderation_status else UNSET,
            moderation_status=asset.moderation_status or UNSET,
        )

    def deleted(self, asset: Asset) -> ResourceDetails:
        """What is left of an asset that is gone but was kept."""
        return ResourceDetails(
            **self.resource(asset) | {"bytes": 0, "tags": asset.tags or UNSET},
            etag=asset.etag,
            derived=[],
            last_updated={"updated_at": timestamp(asset.updated_at)},
            info={"visual_search": index_status("not_asked", "The image was deleted.")},
            placeholder=True,
        )

    def restored(self, asset: Asset, indexing: Indexing) -> RestoredResource:
        """An asset whose file, or which itself, came back."""
        return RestoredResource(
            **self.resource(asset),
            version_id=asset.version_id.hex,
            etag=asset.etag,
            info={"visual_search": index_status(indexing.state, indexing.reason)},
        )

    def _derived(self, asset: Asset, rendition: Rendition) -> DerivedResource:
        url = self.url(asset, rendition.transformation, rendition.format)
        return DerivedResource(
            transformation=rendition.transformation,
            format=rendition.format,
            bytes=rendition.bytes,
            width=rendition.width,
            height=rendition.height,
            id=rendition.id,
            url=url,
            secure_url=url,
        )

    def eager(self, asset: Asset, derived: Derived) -> dict[str, Any]:
        """A rendition that an upload asked for, or why there is none."""
        url = self.url(asset, derived.transformation, derived.format)
        fields = {**msgspec.structs.asdict(derived), "url": url, "secure_url": url}
        if derived.reason is None:
            return {name: value for name, value in fields.items() if name != "reason"}
        return {
            "status": "failed",
            "transformation": derived.transformation,
            "format": derived.format,
            "reason": derived.reason,
        }

    def upload(self, ingested: Ingested, access: Access, secret: str) -> UploadResponse:
        """The answer to an upload."""
        stored, asset = ingested.stored, ingested.stored.asset
        status = index_status(ingested.index_state, ingested.reason)
        return UploadResponse(
            **self.resource(asset),
            version_id=asset.version_id.hex,
            signature=response_signature(asset.public_id, asset.version, secret),
            pages=asset.pages if asset.resource_type == "image" else UNSET,
            etag=asset.etag,
            placeholder=False,
            original_filename=asset.original_filename,
            api_key=access.key.api_key if access.key and not access.token_id else UNSET,
            existing=stored.existing or UNSET,
            overwritten=stored.overwritten or UNSET,
            info={"visual_search": status},
            moderation=moderation(asset),
        )


def timestamp(time: datetime) -> str:
    """A time as Cloudinary writes it, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def moderation(asset: Asset) -> list[Moderation] | UnsetType:
    """The queue that an asset is or was in."""
    if asset.moderation_status is None:
        return UNSET
    at = timestamp(asset.moderated_at) if asset.moderated_at else UNSET
    return [Moderation(kind=KIND, status=asset.moderation_status, updated_at=at)]


def backup_version(version: Version) -> BackupVersion:
    """A version in the list of an asset's."""
    return BackupVersion(
        version_id=version.version_id.hex,
        version=version.version,
        format=version.format or UNSET,
        size=version.bytes,
        time=timestamp(version.uploaded_at),
    )


def index_status(state: str, reason: str | None) -> dict[str, str]:
    """Where an asset stands in the index, as `info.visual_search` says it."""
    return {"status": state, "reason": reason} if reason else {"status": state}


def last_updated(details: AssetDetails) -> dict[str, str]:
    """When what of an asset changed last; what never did is left out."""
    times = {
        name: time
        for name in details.__struct_fields__
        if name.endswith("updated_at") and (time := getattr(details, name))
    }
    return {name: timestamp(time) for name, time in times.items()}
