"""Groups of near-identical images, and audits of recall."""

from app.db.migration import run_file

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Creates the tables."""
    run_file("migrations/0013_near_duplicates.sql")
