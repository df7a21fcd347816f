"""Similarities of random pairs, against which scores are calibrated."""

from app.db.migration import run_file

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Creates the tables."""
    run_file("migrations/0016_background.sql")
