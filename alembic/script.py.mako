"""${message}"""

from app.db.migration import run_file

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    run_file("migrations/${up_revision}_${message}.sql")
