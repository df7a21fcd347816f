"""sign_in"""

from app.db.migration import run_file

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_file("migrations/0008_sign_in.sql")
