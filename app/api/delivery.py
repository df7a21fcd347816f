"""Delivery: an asset's original, or what a transformation makes of it. Only here access control
acts: restricted types need a signed URL.
"""

from typing import Any

from litestar import Controller, Request, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath

from app.api.asset_file import converted, original, original_headers
from app.api.delivery_url import Reading, choose, names, readings, split_signature
from app.api.file_answer import Answer, answer
from app.api.openapi.operation_ids import each_of
from app.contract import formats
from app.contract.attachment import disposition, split_attachment
from app.contract.moderation import UNAPPROVED
from app.contract.signing import verify_delivery
from app.contract.transformation import AUTO, parse
from app.db import api_keys, assets, environments, renditions
from app.db.assets import Asset
from app.db.environments import Environment
from app.errors import NotFound, Unauthorized
from app.runtime import Runtime

_YEAR = "max-age=31536000, immutable"


class DeliveryController(Controller):
    """`/:cloud/:resource_type/:type/[s--…--/][transformation/][v…/]public_id[.format]`, as the SDKs
    build it.
    """

    path = "/{cloud:str}/{resource_type:str}/{type:str}"
    tags = ("Delivery",)

    @route(
        "/{source:path}",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        operation_id=each_of("deliver"),
        status_code=200,
    )
    async def deliver(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        resource_type: FromPath[str],
        type: FromPath[str],
        source: FromPath[str],
    ) -> Answer:
        """The bytes of an asset, whole or a range of them: the original, or a rendition of an image
        in another size or format.
        """
        signature, path = split_signature(source)
        possible = readings(path, extensions=resource_type != "raw")
        environment, asset, wanted = await _find(runtime, (cloud, resource_type, type), possible)
        signed = await _check_signature(runtime, environment, asset, wanted, signature)
        headers = {"Cache-Control": _cache_control(runtime, asset, wanted)}
        text, save_as = split_attachment(wanted.transformation)
        if not text and wanted.extension in (None, asset.format):
            file = original(runtime, environment, asset)
            return answer(request, file, headers | original_headers(asset, file, save_as))
        transformation = parse(text)
        if transformation.format == AUTO:
            headers["Vary"] = "Accept"
        format = formats.choose(
            transformation.format or wanted.extension,
            asset.format,
            request.headers.get("accept", ""),
        )
        if save_as is not None:
            headers["Content-Disposition"] = disposition(asset.public_id, format, save_as)
        file = await converted(runtime, environment, asset, transformation, format, signed)
        return answer(request, file, headers)


async def _find(
    runtime: Runtime, place: tuple[str, str, str], possible: list[Reading]
) -> tuple[Environment, Asset, Reading]:
    """The asset that a URL means.

    Raises:
        NotFound: there is none.
        BadRequest: there is none, and what could be a transformation is a wrong one.
    """
    cloud, resource_type, type = place
    missing = NotFound(f"Resource not found - {min((each.name for each in possible), key=len)}")
    if "\0" in cloud + resource_type + type + possible[0].name:
        raise missing  # PostgreSQL knows no such text
    async with runtime.pool.connection() as connection:
        environment = await environments.find(connection, cloud)
        if environment is None:
            raise missing
        key = (environment.environment_id, resource_type, type)
        existing = await renditions.existing_names(connection, *key, names(possible))
        wanted = choose(possible, existing)
        if wanted is None:
            parse(possible[-1].transformation)
            raise missing
        asset = await assets.find(connection, *key, wanted.public_id)
    if asset is None:  # deleted in between
        raise missing
    return environment, asset, wanted


async def _check_signature(
    runtime: Runtime, environment: Environment, asset: Asset, wanted: Reading, signature: str | None
) -> bool:
    """Whether a key of the environment signed this URL. A wrong signature is refused, though a
    public asset needs none: whoever signs means what he signed.
    """
    if signature:
        async with runtime.pool.connection() as connection:
            keys = await api_keys.list_all(connection, runtime.keyring, environment)
        for key in keys:
            if key.enabled and verify_delivery(signature, wanted.signed_text, key.secret):
                return True
        raise Unauthorized(f"The signature of this URL does not match - {wanted.name}")
    if _is_restricted(runtime, asset):
        raise Unauthorized(f"Resource is restricted, its URL has to be signed - {wanted.name}")
    return False


def _is_restricted(runtime: Runtime, asset: Asset) -> bool:
    unapproved = asset.moderation_status in UNAPPROVED
    return asset.type != "upload" or (unapproved and runtime.settings.block_unapproved)


def _cache_control(runtime: Runtime, asset: Asset, wanted: Reading) -> str:
    """A URL with the current version never changes; any other may show a new version tomorrow."""
    scope = "private" if _is_restricted(runtime, asset) else "public"
    return f"{scope}, {_YEAR if wanted.version == asset.version else 'no-cache'}"
