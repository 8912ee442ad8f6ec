"""Alembic's entrance: migrations run on the connection, and in the transaction, that storage.upgrade hands over."""

from alembic import context

from storage.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    transactional_ddl=True,  # SQLite's too, since we say BEGIN ourselves
)
with context.begin_transaction():
    context.run_migrations()
