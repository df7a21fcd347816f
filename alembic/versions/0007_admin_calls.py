"""admin calls"""

from app.db.migration import run_file

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_file("migrations/0007_admin_calls.sql")
