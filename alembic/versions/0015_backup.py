"""Versions of assets that outlive them."""

from app.db.migration import run_file

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Creates the table."""
    run_file("migrations/0015_backup.sql")
