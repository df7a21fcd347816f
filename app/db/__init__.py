"""PostgreSQL: connections, migrations, the statements of sql/queries. No HTTP, no torch."""
