"""asset_lists"""

from app.db.migration import run_file

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_file("migrations/0004_asset_lists.sql")
