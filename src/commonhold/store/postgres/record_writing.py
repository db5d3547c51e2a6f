"""Rows of records written on the connection of the committer, inside of its transaction."""

from typing import Any

from commonhold.core.changes import Change
from commonhold.core.problems import Problem
from commonhold.core.records.writes import RecordChange, RowIs
from commonhold.store.postgres.connections import Connection


class RecordWriting:
    """Writes the changes of records; kept by the committer, as statements and catalogue are."""

    def __init__(self, connection: Connection) -> None:
        """Write on this connection."""
        self._connection = connection

    async def holds(self, guard: RowIs) -> bool:  # noqa: ARG002
        """Tell whether a row exists."""
        return False

    async def write(self, change: RecordChange, at: int) -> tuple[Any, list[Change]]:  # noqa: ARG002
        """Write one change; return what it gives, and the changes that follow from it."""
        raise Problem("unknown_collection")
