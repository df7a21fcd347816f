"""The job queue: procrastinate, on our own connections and in a schema of its own.

A job is added in the transaction of the change that it is about, so that both happen or neither.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import procrastinate
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from app.db.pool import Connection, Pool

JobError = ProcrastinateException
"""What goes wrong with the queue itself: the database cannot be reached, for one."""

_PAUSE = 1.0  # seconds between looks at an empty queue, as for images without an embedding
_AT_ONCE = 20  # jobs of one process; they wait for others' servers most of the time
_STOP_WITHIN = 2.0  # seconds; what is not done by then is tried again later
_SILENCE = 60.0  # seconds without a heartbeat (one in 10) after which a worker counts as dead

_deferring = procrastinate.App(connector=procrastinate.PsycopgConnector())


async def defer(connection: Connection, task: str, *, delay: float = 0, **arguments: int) -> None:
    """Adds a job in the transaction of the connection; it becomes due after `delay` seconds."""
    job = _deferring.configure_task(
        task, connection=connection, schedule_in={"seconds": delay} if delay else None
    )
    await job.defer_async(**arguments)


class Waits(BaseRetryStrategy):
    """Tries a failed job again after each of these numbers of seconds, then gives it up."""

    def __init__(self, waits: Sequence[int]) -> None:
        self._waits = waits

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; None is never."""
        if job.attempts >= len(self._waits):
            return None
        return RetryDecision(retry_in={"seconds": self._waits[job.attempts]})


class Worker:
    """Does the jobs of some tasks, each of them in any process that has a worker."""

    def __init__(
        self, pool: Pool, tasks: Mapping[str, Callable[..., Awaitable[None]]], retry: Waits
    ) -> None:
        self._pool = pool
        self._app = procrastinate.App(connector=procrastinate.PsycopgConnector())
        for name, function in tasks.items():
            self._app.task(name=name, retry=retry)(function)

    async def run(self) -> None:
        """Works until it is cancelled.

        Raises:
            JobError: the database cannot be reached.
        """
        async with self._app.open_async(self._pool):
            adopting = asyncio.create_task(self._adopt_orphans())
            try:
                await self._work()
            finally:
                adopting.cancel()

    async def _work(self) -> None:
        await self._app.run_worker_async(
            concurrency=_AT_ONCE,
            fetch_job_polling_interval=_PAUSE,
            # Listening would take a connection of its own to save half a second.
            listen_notify=False,
            install_signal_handlers=False,
            shutdown_graceful_timeout=_STOP_WITHIN,
            stalled_worker_timeout=_SILENCE,
            # What became of it stands where it is about.
            delete_jobs="always",
        )

    async def _adopt_orphans(self) -> None:
        """Gives jobs back whose worker died at them, now and from time to time."""
        manager = self._app.job_manager
        while True:
            with suppress(JobError):  # the worker itself says so
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_SILENCE):
                    await manager.retry_job(job, retry_at=datetime.now(UTC))
            await asyncio.sleep(_SILENCE)
