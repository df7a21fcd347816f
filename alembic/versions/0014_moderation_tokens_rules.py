"""moderation, tokens, rules"""

from app.db.migration import run_file

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_file("migrations/0014_moderation_tokens_rules.sql")
