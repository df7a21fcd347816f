"""reports"""

from app.db.migration import run_file

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Widens the log of searches."""
    run_file("migrations/0012_reports.sql")
