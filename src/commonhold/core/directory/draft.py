"""A draft: the changes of one commit as a verb of the directory collects them, with their placeholders and event."""

from typing import Any

from commonhold.core.changes import Change, Commit, Guard, Put
from commonhold.core.core import Core, Placeholders, happened
from commonhold.core.identity import Actor
from commonhold.core.model import Outbox, Row


class Draft:
    """Collects the changes of one commit at one moment (``now``, milliseconds)."""

    def __init__(self, core: Core, actor: Actor) -> None:
        """Start empty, at the time of the core's clock."""
        self._core = core
        self._actor = actor
        self.now = core.clock()
        self.no = Placeholders()
        self.changes: list[Change] = []

    def uid(self) -> str:
        """Return a new UUID."""
        return self._core.secrets.uid()

    def add(self, *changes: Change) -> None:
        """Add changes."""
        self.changes += changes

    def put(self, *rows: Row) -> None:
        """Add new rows."""
        self.changes += (Put(row) for row in rows)

    def note(self, kind: str, principal: int | None = None, **facts: Any) -> None:
        """Record an event about a principal: numbers and words of ours, never names, texts or secrets."""
        self.changes.append(happened(self.no(), self.now, self._actor, kind, principal=principal, **facts))

    def tell(self, kind: str, principal: int, facts: str = "{}") -> None:
        """Have the worker write a letter of this kind to a principal."""
        self.put(Outbox(self.no(), kind, principal, None, facts=facts, due_at=self.now))

    async def commit(self, *guards: Guard) -> Commit:
        """Write everything in one transaction.

        :raises Broken: as ``Store.commit`` does
        """
        return await self._core.store.commit(self.changes, guards)
