"""Assets in the shapes of `schemas`, with their delivery URLs."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from litestar import Request
from msgspec import UNSET

from app.api.access import Access
from app.db.assets import Asset
from app.ingest import Ingested
from app.runtime import Runtime
from app.schemas import Match, UploadResponse
from app.signing import response_signature


class Shaper:
    """Shapes the assets of one environment for the client of one request."""

    def __init__(self, request: Request[Any, Any, Any], runtime: Runtime, cloud: str) -> None:
        base = runtime.settings.public_url.rstrip("/")
        base = base or f"{request.url.scheme}://{request.url.netloc}"
        self._base = f"{base}/{cloud}"

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

    def url(self, asset: Asset) -> str:
        """Where the original is delivered, as the SDKs build it."""
        # The SDKs escape all but these, "~" included, which quote() leaves alone.
        name = quote(asset.public_id, safe="/:").replace("~", "%7E")
        ending = f".{asset.format}" if asset.format else ""
        return f"{self._base}/{asset.resource_type}/{asset.type}/v{asset.version}/{name}{ending}"

    def match(self, hit: dict[str, Any]) -> Match:
        """A hit of a ranking."""
        asset = Asset(**{name: hit[name] for name in Asset.__struct_fields__})
        return Match(**self.resource(asset), score=hit["score"], distance=hit["distance"])

    def upload(self, ingested: Ingested, access: Access, secret: str) -> UploadResponse:
        """The answer to an upload."""
        stored, asset = ingested.stored, ingested.stored.asset
        status = {"status": ingested.index_state}
        if ingested.reason:
            status["reason"] = ingested.reason
        return UploadResponse(
            **self.resource(asset),
            version_id=asset.version_id.hex,
            signature=response_signature(asset.public_id, asset.version, secret),
            pages=asset.pages,
            etag=asset.etag,
            placeholder=False,
            original_filename=asset.original_filename,
            api_key=access.key.api_key if access.key else UNSET,
            existing=stored.existing or UNSET,
            overwritten=stored.overwritten or UNSET,
            info={"visual_search": status},
        )


def timestamp(time: datetime) -> str:
    """A time as Cloudinary writes it, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
