"""For operators: is the process alive, and can it serve?"""

import psycopg
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from psycopg_pool import PoolTimeout

from app.db import migration, models
from app.runtime import Runtime
from app.schemas.health import Health


class HealthController(Controller):
    """Probes. They tell no secrets and need no key."""

    tags = ("Operation",)

    @get("/health", operation_id="health")
    async def health(self) -> Health:
        """The process is alive."""
        return Health(status="ok")

    @get("/ready", operation_id="ready")
    async def ready(self, runtime: NamedDependency[Runtime]) -> Response[Health]:
        """Database, schema version and encoder are as they should be; else 503 with the reasons."""
        problems = await _problems(runtime)
        body = Health(
            status="unavailable" if problems else "ok",
            problems=problems,
            model=runtime.model.name,
        )
        return Response(body, status_code=503 if problems else 200)


async def _problems(runtime: Runtime) -> list[str]:
    try:
        async with runtime.pool.connection(timeout=2) as connection:
            if not await migration.is_current_async(connection):
                return ["The schema is not of this version: run `iris migrate`."]
            active = await models.active(connection)
    except (psycopg.Error, PoolTimeout):
        return ["The database cannot be reached."]
    if active != runtime.model:
        return [f"The active model is {active.name if active else 'unset'}; restart this server."]
    return []
