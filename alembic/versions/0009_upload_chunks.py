"""upload_chunks"""

from app.db.migration import run_file

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_file("migrations/0009_upload_chunks.sql")
