"""asset_search"""

from app.db.migration import run_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_file("migrations/0002_asset_search.sql")
