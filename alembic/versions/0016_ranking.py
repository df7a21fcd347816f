"""ranking"""

from app.db.migration import run_file

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    run_file("migrations/0016_ranking.sql")
