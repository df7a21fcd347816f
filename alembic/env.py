"""Runs sql/migrations through Alembic, then makes the replaceable schemas anew, in one transaction.

The connection comes from `app.db.migration`, which holds the lock and commits.
"""

from alembic import context
from app.db import migration

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, version_table="alembic_version", version_table_schema="public"
)
migration.drop_replaceable(connection)
context.run_migrations()
migration.create_replaceable(connection)
