"""Where the machines keep their facts: memory, a file of SQLite, a database of PostgreSQL, new for each history."""

import itertools
import shutil
from pathlib import Path
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.postgres import Server
from tests.trust.machines.faces import FacedHistories
from tests.trust.machines.histories import Histories, Maker

from commonhold.core.ports import Store
from commonhold.store.memory import MemoryStore
from commonhold.store.postgres.store import PostgresStore
from commonhold.store.sqlite.ready import make_ready
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import TestClock

KEPT: Final = 4
"""Files and databases that are there at a time: those of the histories before are over."""


def in_memory(clock: TestClock) -> Store:
    """Open a store in memory."""
    return MemoryStore(clock())


def in_files(folder: Path) -> Maker:
    """Return what opens a file of its own in a folder."""
    empty, numbers = folder / "empty.db", itertools.count()
    make_ready(empty)

    def make(clock: TestClock) -> Store:
        path = folder / f"{next(numbers) % KEPT}.db"
        for old in folder.glob(f"{path.name}*"):
            old.unlink()
        return SqliteStore(Path(shutil.copy(empty, path)), clock=clock)

    return make


def in_postgres(server: Server) -> Maker:
    """Return what opens a database of its own on a server."""
    urls: list[str] = []

    def make(clock: TestClock) -> Store:
        if len(urls) >= KEPT:
            server.drop(urls.pop(0))
        urls.append(server.fresh())
        return PostgresStore(urls[-1], clock=clock)

    return make


def drive(makers: list[Maker], *, examples: int, steps: int, faced: bool) -> int:
    """Drive histories over engines; return how many steps were made."""

    class Machine(FacedHistories if faced else Histories):  # type: ignore[misc]
        """The machine over these engines."""

        compared = 0

    Machine.makers = makers
    checks = list(HealthCheck)
    how = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=checks, database=None
    )
    run_state_machine_as_test(Machine, settings=how)
    return Machine.compared
