"""metadata fields"""

from app.db.migration import run_file

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_file("migrations/0006_metadata_fields.sql")
