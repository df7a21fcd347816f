"""The environment itself: is it there, how is it set up, how much does it hold and do?"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET

from app.api.access import admin_access
from app.api.openapi.operation_ids import each_of
from app.api.params import read_params, text_param
from app.api.shapes import timestamp
from app.contract.wire import invalid, parse_boolean
from app.db import usage
from app.runtime import Runtime
from app.schemas.account import (
    AmountUsed,
    ConfigResponse,
    ConfigSettings,
    MediaLimits,
    Ping,
    UsageResponse,
)
from app.settings import Settings

_PERIOD = timedelta(days=30)
_DAY = timedelta(days=1)
_DAY_FIRST = re.compile(r"(\d{2})-(\d{2})-(\d{4})")


class AccountController(Controller):
    """`/v1_1/:cloud/ping`, `/config` and `/usage`."""

    path = "/v1_1/{cloud:str}"
    tags = ("Account",)

    @get("/ping", operation_id="ping")
    async def ping(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> Ping:
        """The server answers and the credentials are good."""
        await admin_access(request, runtime, cloud)
        return Ping(status="ok")

    @get("/config", operation_id="config")
    async def config(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
    ) -> ConfigResponse:
        """The environment; with `settings` also that its folders do not touch public ids."""
        access = await admin_access(request, runtime, cloud)
        asked = (await read_params(request)).get("settings")
        wanted = asked not in (None, "") and parse_boolean("settings", asked)
        return ConfigResponse(
            cloud_name=access.environment.cloud_name,
            created_at=timestamp(access.environment.created_at),
            settings=ConfigSettings(folder_mode="dynamic") if wanted else UNSET,
        )

    @get(["/usage", "/usage/{day:str}"], operation_id=each_of("usage"))
    async def usage(
        self,
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        cloud: FromPath[str],
        day: FromPath[str] = "",
    ) -> UsageResponse:
        """What the library holds, and what was done in the last 30 days or on one day.

        `day` is dd-mm-yyyy or yyyy-mm-dd, in UTC. `requests` are calls of the Admin API and
        deliveries, `transformations` renditions that were made, `bandwidth` bytes that were
        delivered; of a past day, what was deleted since is left out. Nothing is limited, so there
        are no limits.
        """
        access = await admin_access(request, runtime, cloud)
        text = day or text_param(await read_params(request), "date")
        since, until = _span(text, datetime.now(UTC))
        async with runtime.pool.connection() as connection:
            used = await usage.report(
                connection, access.environment.environment_id, since=since, until=until
            )
        return _shape(used, runtime.settings, text, since, until)


def _span(day: str, now: datetime) -> tuple[datetime, datetime]:
    """The day, or the 30 days up to now."""
    if not day:
        return now - _PERIOD, now
    found = _DAY_FIRST.fullmatch(day)
    try:
        asked = date.fromisoformat("-".join(reversed(found.groups())) if found else day)
        start = datetime(asked.year, asked.month, asked.day, tzinfo=UTC)
        end = start + _DAY
    except (ValueError, OverflowError):
        raise invalid("date", day, "It is written dd-mm-yyyy") from None
    if start > now:
        raise invalid("date", day, "It lies in the future")
    return start, end


def _shape(
    used: usage.Usage, settings: Settings, day: str, since: datetime, until: datetime
) -> UsageResponse:
    return UsageResponse(
        plan="Iris",
        last_updated=f"{min(until, datetime.now(UTC)):%Y-%m-%d}",
        date_requested=timestamp(since) if day else UNSET,
        transformations=AmountUsed(usage=used.made),
        objects=AmountUsed(usage=used.resources + used.renditions),
        bandwidth=AmountUsed(usage=used.delivered_bytes),
        storage=AmountUsed(usage=used.bytes + used.rendition_bytes),
        requests=used.calls + used.deliveries,
        resources=used.resources,
        derived_resources=used.renditions,
        media_limits=MediaLimits(
            image_max_size_bytes=settings.max_file_bytes,
            video_max_size_bytes=settings.max_file_bytes,
            raw_max_size_bytes=settings.max_file_bytes,
            image_max_px=settings.max_pixels,
            asset_max_total_px=settings.max_pixels,
        ),
    )
