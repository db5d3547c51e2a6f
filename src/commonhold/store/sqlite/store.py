"""``SqliteStore``: the port ``Store`` on one SQLite file."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from heapq import nlargest
from pathlib import Path
from typing import Any, Final, TypeVar

from commonhold.core.changes import Change, Commit, Guard
from commonhold.core.model import EVERYONE, Credential, Instance, Principal
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.ports import LONGEST_PAGE, MOST_ENDS, Clock, Ends, Find, Held, Rows, Search, SharedWith
from commonhold.core.problems import Problem
from commonhold.store.look import assemble
from commonhold.store.sqlite import finding, listing, statements
from commonhold.store.sqlite.backup import copy
from commonhold.store.sqlite.codec import DECODERS
from commonhold.store.sqlite.committer import Committer
from commonhold.store.sqlite.probes import SqliteProbes
from commonhold.store.sqlite.reader import Reader
from commonhold.store.sqlite.records import SqliteRecords

T = TypeVar("T")

Read = Callable[[SqliteProbes, Callable[[SqliteProbes], Any], float | None], Any]

INLINE: Final = 0.002  # seconds that a listing may keep the event loop; what takes longer begins anew in the pool
DEADLINE: Final = 5.0  # seconds that a listing may take in the pool
READERS: Final = 2  # threads of the pool: they wait for the disk, or for one another's Python


def wall_clock() -> int:
    """Return the time of this machine, in milliseconds."""
    return time.time_ns() // 1_000_000


class SqliteStore:
    """Facts in one SQLite file that ``make_ready`` has made ready; see ``core.ports.Store``.

    What a constant bounds is read inline. Listings and searches begin inline, too, and move to a thread of the pool
    when they turn out to take long.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock = wall_clock,
        deadline: float = DEADLINE,
    ) -> None:
        """Open the file. ``clock`` is for what becomes past, and for rules; ``deadline`` in seconds.

        :raises Problem: sqlite_too_old, unavailable
        """
        self._path = path
        self._clock = clock
        self._deadline = deadline
        self._probes = self._open()
        self._idle: list[SqliteProbes] = []
        self._pool = ThreadPoolExecutor(READERS, "reader")
        self._committer = Committer(path, clock)
        self.records = SqliteRecords(self._list)

    async def who(self, digest: bytes) -> Held | None:
        """See the port."""
        return self._probes.single(partial(_who, digest))

    async def look(self, look: Look) -> Snapshot:
        """See the port."""
        return self._probes.read(partial(assemble, look))

    async def rows(self, allowed: Allowed, rows: Rows) -> list[Any]:  # noqa: ARG002 - the proof is enough
        """See the port."""
        return await self._list(partial(_rows, rows), SqliteProbes.single)

    async def shared_with(self, allowed: Allowed, page: SharedWith) -> list[int]:  # noqa: ARG002
        """See the port."""
        return await self._list(partial(_shared_with, page))

    async def ends_with(self, allowed: Allowed, shares: Sequence[int], now: int) -> list[Ends]:  # noqa: ARG002
        """See the port."""
        return await self._list(partial(_ends_with, shares, now), SqliteProbes.single)

    async def search(self, allowed: Allowed, search: Search | Find) -> list[int]:  # noqa: ARG002
        """See the port."""
        ask = partial(_find, search) if isinstance(search, Find) else partial(_search, search)
        return await self._list(ask, SqliteProbes.single)

    async def commit(self, changes: Sequence[Change], guards: Sequence[Guard] = ()) -> Commit:
        """See the port."""
        return await self._committer.commit(changes, guards)

    async def instance(self) -> Instance:
        """See the port."""
        return self._probes.read(SqliteProbes.instance)

    async def close(self) -> None:
        """See the port."""
        await self._committer.close()
        await asyncio.to_thread(self._pool.shutdown)
        for probes in (self._probes, *self._idle):
            probes.close()

    async def _list(self, ask: Callable[[SqliteProbes], T], read: Read = SqliteProbes.read) -> T:
        """Answer inline, or in the pool if that takes too long.

        :raises Problem: query_too_costly if it takes too long there, too
        """
        try:
            found: T = read(self._probes, ask, INLINE)
            return found
        except Problem as problem:
            if problem.code != "query_too_costly":
                raise
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._aside, ask, read)

    def _aside(self, ask: Callable[[SqliteProbes], T], read: Read) -> T:
        """Answer in a thread of the pool, by a reader that no other thread uses meanwhile."""
        try:
            probes = self._idle.pop()
        except IndexError:
            probes = self._open()
        try:
            found: T = read(probes, ask, self._deadline)
            return found
        finally:
            self._idle.append(probes)

    def _open(self) -> SqliteProbes:
        return SqliteProbes(Reader(self._path), self._clock)

    async def backup_to(self, path: Path) -> None:
        """Write a copy of this moment to a new file, while everything else goes on.

        :raises Problem: storage_full; unavailable, also where there is a file already
        """
        await asyncio.to_thread(copy, self._path, path)


def _who(digest: bytes, probes: SqliteProbes) -> Held | None:
    found = probes.reader.all(statements.WHO, (digest,))
    return _held(found[0]) if found else None


@lru_cache(4_096)
def _held(raw: tuple[Any, ...]) -> Held:
    """Decode what was read of a credential: it is read anew each time, and mostly the same as before."""
    credential, principal = raw[:_CREDENTIAL], raw[_CREDENTIAL:_PRINCIPAL]
    changed_at, share, state_at = raw[_PRINCIPAL:]
    held = DECODERS[Credential](credential)
    who = None if principal[0] is None else DECODERS[Principal](principal)
    if held.share is not None:
        return Held(held, who, None if share is None else state_at)
    return Held(held, who, None if who is None else changed_at or 0)


_CREDENTIAL: Final = len(Credential.__struct_fields__)
_PRINCIPAL: Final = _CREDENTIAL + len(Principal.__struct_fields__)


def _rows(rows: Rows, probes: SqliteProbes) -> list[Any]:
    decode = DECODERS[rows.table]
    return [decode(one) for one in probes.reader.all(*listing.page(rows))]


def _shared_with(page: SharedWith, probes: SqliteProbes) -> list[int]:
    """Merge the newest shares of everything the user is: of each recipient's no more than a page is read."""
    recipients = probes.sets((page.user,))[page.user]
    if not page.everyone:
        recipients -= {EVERYONE}
    before = listing.NEWEST if page.before is None else page.before
    limit = min(page.limit, LONGEST_PAGE)
    read = probes.reader.all
    found = (read(statements.SHARED_WITH, (one, before, page.user, limit)) for one in recipients)
    return nlargest(limit, (no for some in found for (no,) in some))


def _ends_with(shares: Sequence[int], now: int, probes: SqliteProbes) -> list[Ends]:
    values = (statements.listed(shares), now, MOST_ENDS + len(shares))
    found = {row[0]: Ends(*row) for row in probes.reader.all(statements.ENDS_WITH, values)}
    return [found[share] for share in shares]


def _find(asked: Find, probes: SqliteProbes) -> list[int]:
    return [no for (no,) in probes.reader.all(*finding.find(asked))]


def _search(search: Search, probes: SqliteProbes) -> list[int]:
    return [no for (no,) in probes.reader.all(*listing.search(search))]
