"""Where the page finds the bytes of an asset: addresses as the SDKs build them, without a host."""

from urllib.parse import quote

from app.contract.moderation import UNAPPROVED
from app.contract.signing import delivery_signature
from app.db.api_keys import ApiKey
from app.db.assets import Asset
from app.db.environments import Environment

SMALL, LARGE, SCREEN = 320, 640, 1600
"""Longest sides in pixels: of a tile, of a tile on a dense screen, of the panel and full view."""


def original(environment: Environment, key: ApiKey, asset: Asset) -> str:
    """The file as it was uploaded."""
    return _address(environment, key, asset, "", asset.format or "")


def picture(environment: Environment, key: ApiKey, asset: Asset, side: int) -> str:
    """The image, at most `side` pixels wide and high, in a format that every browser shows.

    WebP and not `f_auto`, since AVIF takes the server twice as long for a grid full of images.
    """
    return _address(environment, key, asset, f"c_limit,h_{side},w_{side}", "webp")


def _address(
    environment: Environment, key: ApiKey, asset: Asset, transformation: str, format: str
) -> str:
    name = quote(asset.public_id, safe="/:").replace("~", "%7E")
    name = f"{name}.{format}" if format else name
    signature = ""
    # Those that are not approved may need it too, and it does no harm.
    if asset.type != "upload" or asset.moderation_status in UNAPPROVED:
        to_sign = "/".join(filter(None, (transformation, name)))
        signature = f"s--{delivery_signature(to_sign, key.secret)}--"
    parts = (environment.cloud_name, asset.resource_type, asset.type, signature, transformation)
    return "/" + "/".join(filter(None, (*parts, f"v{asset.version}", name)))
