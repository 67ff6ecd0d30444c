"""Alembic's environment: runs on the connection that the schema hands it, inside its transaction."""

from alembic import context

from engine.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=False)
context.run_migrations()
