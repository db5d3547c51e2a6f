"""Rows written by the million: straight into the schema, without its indexes, which are made at the end."""

import random
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from msgspec.structs import astuple

from commonhold.core.model import Row
from commonhold.core.model.base import FIRST_FREE_NO
from commonhold.store.sqlite.statements import insert
from commonhold.store.tables import columns

BATCH: Final = 20_000
REVISION: Final = 1  # the one that wrote everything
# Chance shares some things twice with the same person.
ONCE: Final = """DELETE FROM share WHERE kind <> 16 AND no NOT IN (
    SELECT min(no) FROM share WHERE kind <> 16 GROUP BY stands_on, item, recipient
)"""


class Bulk:
    """Takes rows, numbers them, and writes them to a database that ``make_ready`` has made."""

    def __init__(self, path: Path, seed: str) -> None:
        """Open the database and take its indexes away; ``seed`` makes the same uids each time."""
        self.random = random.Random(seed)
        self._last = FIRST_FREE_NO - 1
        self._waiting: dict[type[Row], list[tuple[Any, ...]]] = defaultdict(list)
        self._connection = sqlite3.connect(path, isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000", "temp_store = MEMORY"):
            self.run(f"PRAGMA {setting}")
        self._indexes = self.run("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
        for name, _ in self._indexes:
            self.run(f"DROP INDEX {name}")
        self.run("BEGIN")

    def run(self, sql: str) -> list[Any]:
        """Run a statement."""
        return self._connection.execute(sql).fetchall()

    def no(self) -> int:
        """Return the next number."""
        self._last += 1
        return self._last

    def uid(self) -> str:
        """Return a uid."""
        text = f"{self.random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"

    def put(self, row: Row) -> None:
        """Write a row, sooner or later."""
        table, values = type(row), astuple(row)
        waiting = self._waiting[table]
        waiting.append(values + (REVISION,) * (len(columns(table)) - len(values)))
        if len(waiting) >= BATCH:
            self._flush(table)

    def close_groups(self, pairs: list[tuple[int, int]]) -> None:
        """Write the closure of groups."""
        self._connection.executemany("INSERT INTO group_closure (grp, ancestor) VALUES (?, ?)", pairs)

    def _flush(self, table: type[Row]) -> None:
        self._connection.executemany(insert(table), self._waiting.pop(table, ()))

    def close(self) -> None:
        """Write what waits, the words of names, the counters and the indexes."""
        for table in list(self._waiting):
            self._flush(table)
        self.run(ONCE)
        self.run("INSERT INTO item_words (rowid, name) SELECT no, name FROM item WHERE name IS NOT NULL")
        self.run(f"UPDATE instance SET revision = {REVISION}, people_at = 1, tree_at = 1, next_no = {self._last + 1}")
        for _, sql in self._indexes:
            self.run(sql)
        self.run("COMMIT")
        self.run("PRAGMA journal_mode = WAL")
        self._connection.close()
