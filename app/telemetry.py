"""Structured logs and the collectors of /metrics."""

import logging
import sys

import structlog


def configure_logs(level: str) -> None:
    """Logs to standard error: for people on a terminal, JSON elsewhere. Levels as in `logging`."""
    logging.basicConfig(level=level.upper(), stream=sys.stderr, format="%(message)s", force=True)
    for chatty in ("httpx", "alembic", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    renderer = (
        structlog.dev.ConsoleRenderer()
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
