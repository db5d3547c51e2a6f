"""The one helper that reads: BEGIN, statements with fetchall, COMMIT, and nothing is waited for in between.

A reading is a plain function. As it cannot wait, it sees one moment; as every statement is read to its end at once,
none keeps an old moment open behind it.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from commonhold.core.problems import Problem
from commonhold.store.sources.dialects import Sqlite, quoted
from commonhold.store.sources.places import alias_of
from commonhold.store.sqlite.errors import mapped, meaning

T = TypeVar("T")

OLDEST: Final = (3, 38, 0)  # the oldest one that is tested: JSON is built in, and lists travel as JSON
PACE: Final = 1_000  # steps of SQLite's machine between two looks at the clock: some tens of microseconds
STATEMENTS: Final = 512  # prepared statements kept per connection: more than there are shapes in daily use
CACHE_KIB: Final = 8_192


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection as this engine wants them: SQLite begins no transaction by itself, and never checkpoints.

    :raises Problem: sqlite_too_old, unavailable
    """
    if sqlite3.sqlite_version_info < OLDEST:
        raise Problem("sqlite_too_old", found=sqlite3.sqlite_version, needed=".".join(map(str, OLDEST)))
    with mapped():
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS,
            timeout=10,
        )
        try:
            _make_ready(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _make_ready(connection: sqlite3.Connection) -> None:
    for setting in (f"cache_size = -{CACHE_KIB}", "temp_store = MEMORY", "wal_autocheckpoint = 0"):
        connection.execute(f"PRAGMA {setting}")
    if not connection.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0]:
        raise Problem("sqlite_too_old", found=f"{sqlite3.sqlite_version} without FTS5", needed="FTS5")
    Sqlite.prepare(connection)


class Unopened(Exception):
    """A reading needs other files beside ours, which can be opened only between readings."""

    def __init__(self, sources: Sequence[str]) -> None:
        """Name the files."""
        super().__init__(*sources)
        self.sources = sources


class Reader:
    """A connection that only reads; one reading at a time."""

    def __init__(self, path: Path) -> None:
        """Open it.

        :raises Problem: sqlite_too_old, unavailable
        """
        self.connection = connect(path)
        self.connection.execute("PRAGMA query_only = ON")
        self._deadline = 0.0
        self._beside: set[str] = set()

    def need(self, sources: Iterable[str]) -> None:
        """See that other files are open beside ours; one that could not be opened is not tried again.

        :raises Unopened: some are not
        """
        missing = [one for one in sources if one not in self._beside]
        if missing:
            raise Unopened(missing)

    def open_beside(self, sources: Iterable[str]) -> None:
        """Open other files beside ours, to be read alone; the tables of one that cannot be opened are not there."""
        for source in sources:
            self._beside.add(source)
            with contextlib.suppress(sqlite3.Error, ValueError):
                place = f"{Path(source).absolute().as_uri()}?mode=ro"
                self.connection.execute(f"ATTACH DATABASE ? AS {quoted(alias_of(source))}", (place,))

    def read(self, ask: Callable[[], T], within: float | None = None) -> T:
        """Answer a question within one moment of the database.

        :param within: seconds after which the answer is given up
        :raises Problem: query_too_costly, unavailable
        """
        if within is None:
            try:
                return self._within_a_moment(ask)
            except sqlite3.Error as error:
                raise meaning(error) from error
        return self.run(partial(self._within_a_moment, ask), within)

    def _within_a_moment(self, ask: Callable[[], T]) -> T:
        connection = self.connection
        try:
            connection.execute("BEGIN")
            return ask()
        finally:  # time may be up in the very beginning or end of a moment: it ends all the same
            connection.set_progress_handler(None, 0)
            if connection.in_transaction:  # some errors end it by themselves
                connection.execute("COMMIT")

    def run(self, ask: Callable[[], T], within: float | None = None) -> T:
        """Answer a question of one statement, which is a moment by itself; see ``read``."""
        try:
            if within is None:
                return ask()
            self._deadline = time.monotonic() + within
            self.connection.set_progress_handler(self._late, PACE)
            try:
                return ask()
            finally:
                self.connection.set_progress_handler(None, 0)
        except sqlite3.Error as error:
            raise meaning(error) from error

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run a statement to its end. What no column can hold (2 ** 64, half a surrogate) is found nowhere."""
        try:
            return self.connection.execute(sql, values).fetchall()
        except (OverflowError, UnicodeEncodeError):
            return []

    def _late(self) -> bool:
        return time.monotonic() > self._deadline

    def close(self) -> None:
        """Let go of the database."""
        self.connection.close()
