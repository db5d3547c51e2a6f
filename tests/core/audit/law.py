"""The law of the audit: whoever changes anything says so in the same transaction, as an event.

It is watched in every test of the core that runs on the memory engine (``tests/core/conftest.py``), so that a new verb
is under it from its first test on.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final

from commonhold.core.changes import Change, Commit, Guard
from commonhold.core.model import Event, Idempotency, Notification, Origin, Outbox, Row, Seal, Throttle
from commonhold.store.effects import table_of
from commonhold.store.memory import MemoryStore

BESIDE: Final[frozenset[type[Row]]] = frozenset({Event, Idempotency, Notification, Origin, Outbox, Seal, Throttle})
"""What is no change of anything: notes of the machine about what it did, told and counted."""

WITHOUT: Final = {
    "content/backing_up.py": "the lease of a backup is taken and given back; it changes nothing",
    "content/uploading.py": "pieces are nobody's content; the file that is made of them has its event",
    "directory/letters.py:letter_secret": "the worker makes what a letter carries; asking for it has its event",
    "directory/sweeping.py": "credentials that are over let nobody in",
    "sharing/managing.py:renew": "uses are counted from nought behind the amendment, which has its event",
}  # fmt: skip
"""Commits without an event, each with its reason: modules of the core, or functions in them."""

_CORE: Final = f"{Path('commonhold', 'core')}/"

commit_of: Final = MemoryStore.commit


class Law:
    """Looks at what is committed; ``broken``: where something was changed without an event."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.broken: list[str] = []
        self.seen = 0

    def look(self, changes: Sequence[Change], frame: FrameType | None) -> None:
        """Look at a commit of the core that succeeded; what tests write themselves is under no law."""
        places = verbs(frame)
        if not places:
            return
        self.seen += 1
        tables = {table_of(change) for change in changes if _has_table(change)}
        told = Event in tables or tables <= BESIDE
        if not told and not any(place.startswith(known) for known in WITHOUT for place in places):
            self.broken.append(f"{places[0]} changes {', '.join(sorted(table.table for table in tables - BESIDE))}")


def _has_table(change: Change) -> bool:
    try:
        return issubclass(table_of(change), Row)
    except (AttributeError, TypeError):  # rows of collections have none
        return False


def verbs(frame: FrameType | None) -> list[str]:
    """Return the functions of the core that wait for a commit, the innermost first, up to the test."""
    found: list[str] = []
    while frame is not None and f"{Path('/', 'tests')}/" not in frame.f_code.co_filename:
        _, core, path = frame.f_code.co_filename.rpartition(_CORE)
        if core:
            found.append(f"{path}:{frame.f_code.co_name}")
        frame = frame.f_back
    return [place for place in found if not place.startswith(("audit/", "directory/draft.py"))]


def under(law: Law) -> Any:
    """Return a commit of the memory engine that is looked at."""

    async def commit(self: MemoryStore, changes: Sequence[Change], guards: Sequence[Guard] = ()) -> Commit:
        frame = sys._getframe(1)
        done = await commit_of(self, changes, guards)
        law.look(changes, frame)
        return done

    return commit
