"""folders"""

from app.db.migration import run_file

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_file("migrations/0005_folders.sql")
