"""procrastinate"""

from app.db.migration import run_file

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_file("migrations/0010_procrastinate.sql")
