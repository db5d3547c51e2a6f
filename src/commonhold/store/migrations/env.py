"""What Alembic runs: the connection comes from ``store.migrate``, which has begun the one transaction of all steps."""

from alembic import context

from commonhold.store.migrate import ours
from commonhold.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=ours,
    transactional_ddl=True,
)
context.run_migrations()
