"""Alembic's entry: the engine comes from catalog.database, never from a file."""

from alembic import context

from catalog.base.tables import Base

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
