"""notifications"""

from app.db.migration import run_file

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_file("migrations/0011_notifications.sql")
