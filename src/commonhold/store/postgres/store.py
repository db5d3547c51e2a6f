"""``PostgresStore``: the port ``Store`` on one PostgreSQL database."""

import time
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, Final

from commonhold.core.changes import Change, Commit, Guard, TakeDue
from commonhold.core.model import Credential, Instance, Principal
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.ports import LONGEST_PAGE, MOST_ENDS, Clock, Ends, Find, Held, Rows, Search, SharedWith
from commonhold.core.problems import Problem
from commonhold.store.postgres import listing
from commonhold.store.postgres.apply import take_due
from commonhold.store.postgres.committer import Committer
from commonhold.store.postgres.connections import HOT, READING, WRITING, Connect, Connection, Connections, connect
from commonhold.store.postgres.finding import find
from commonhold.store.postgres.looking import look as look_over
from commonhold.store.postgres.records import PostgresRecords
from commonhold.store.postgres.statements import ENDS_WITH, SHARED_WITH, WHO, reading
from commonhold.store.postgres.values import all_fit, decode, decode_all
from commonhold.store.ruling import Kept
from commonhold.store.sources.dialects import Postgres
from commonhold.store.sources.statements import Plans
from commonhold.store.sqlite.listing import NEWEST

DECIDING: Final = 6  # connections for credentials and decisions
ASIDE: Final = 3  # connections for listings, searches and records, which may take longer
INSTANCE: Final = reading()


def wall_clock() -> int:
    """Return the time of this machine, in milliseconds."""
    return time.time_ns() // 1_000_000


class PostgresStore:
    """Facts in a PostgreSQL database that ``make_ready`` has made ready; see ``core.ports.Store``.

    Connections are opened when they are first needed, so that making one waits for nothing.
    """

    def __init__(self, url: str, *, clock: Clock = wall_clock, connect: Connect = connect) -> None:
        """``url``: ``postgresql://…``; ``clock`` is for what becomes past, and for rules; ``connect`` opens all."""
        self._clock = clock
        self._deciding = Connections(url, {**READING, **HOT}, DECIDING, connect)
        self._aside = Connections(url, READING, ASIDE, connect)
        self._committer = Committer(url, clock, connect)
        # a worker's: leases may be lost with the server, but not doubled
        self._taking = Connections(url, WRITING, 1, connect)
        self._kept = Kept(Plans(Postgres()))
        self.records = PostgresRecords(self._aside, self._kept, clock)

    async def who(self, digest: bytes) -> Held | None:
        """See the port."""
        return await self._deciding.ask(partial(_who, digest))

    async def look(self, look: Look) -> Snapshot:
        """See the port."""
        return await self._deciding.ask(partial(look_over, look, self._kept, self._clock))

    async def rows(self, allowed: Allowed, rows: Rows) -> list[Any]:  # noqa: ARG002 - the proof is enough
        """See the port."""
        text, values = listing.page(rows)
        if not all_fit(listing.flat(values)):
            raise Problem("bad_query")
        return decode_all(rows.table, await self._column(text, values))

    async def shared_with(self, allowed: Allowed, page: SharedWith) -> list[int]:  # noqa: ARG002
        """See the port."""
        before = NEWEST if page.before is None else page.before
        values = (page.user, before, page.user, min(page.limit, LONGEST_PAGE), page.everyone)
        found = await self._deciding.ask(lambda connection: connection.fetch(SHARED_WITH, *values))
        return [no for (no,) in found]

    async def ends_with(self, allowed: Allowed, shares: Sequence[int], now: int) -> list[Ends]:  # noqa: ARG002
        """See the port."""
        values = (list(shares), now, MOST_ENDS + len(shares))
        raw = await self._deciding.ask(lambda connection: connection.fetch(ENDS_WITH, *values))
        found = {row[0]: Ends(*row) for row in raw}
        return [found[share] for share in shares]

    async def search(self, allowed: Allowed, search: Search | Find) -> list[int]:  # noqa: ARG002
        """See the port."""
        text, values = find(search) if isinstance(search, Find) else listing.search(search)
        return await self._column(text, values)

    async def commit(self, changes: Sequence[Change], guards: Sequence[Guard] = ()) -> Commit:
        """See the port. Leases are taken beside the row of the installation: several workers never wait for it."""
        if len(changes) == 1 and isinstance(changes[0], TakeDue) and not guards:
            return await self._taking.ask(partial(_take, changes[0]))
        return await self._committer.commit(changes, guards)

    async def instance(self) -> Instance:
        """See the port."""
        return await self._deciding.ask(_instance)

    async def close(self) -> None:
        """See the port."""
        await self._committer.close()
        await self._deciding.close()
        await self._aside.close()
        await self._taking.close()

    async def _column(self, text: str, values: Sequence[Any]) -> list[Any]:
        """Return the first column of what a statement finds, asked aside."""
        found = await self._aside.ask(lambda connection: connection.fetch(text, *values))
        return [one for (one,) in found]


async def _take(change: TakeDue, connection: Connection) -> Commit:
    taken = await take_due(connection, change)
    return Commit((await _instance(connection)).revision, {}, (taken,))


async def _instance(connection: Connection) -> Instance:
    found = await connection.fetchrow(INSTANCE)
    if found is None:
        raise Problem("unavailable")
    return Instance(*found)


async def _who(digest: bytes, connection: Connection) -> Held | None:
    found = await connection.fetchrow(WHO, digest)
    if found is None:
        return None
    credential, principal, changed_at, share, state_at = found
    return _held(tuple(credential), principal and tuple(principal), changed_at, share, state_at)


@lru_cache(4_096)
def _held(
    raw: tuple[Any, ...], principal: tuple[Any, ...] | None, changed_at: int | None, share: int | None, state_at: int
) -> Held:
    """Decode what was read of a credential: it is read anew each time, and mostly the same as before."""
    held = decode(Credential, raw)
    who = None if principal is None else decode(Principal, principal)
    if held.share is not None:
        return Held(held, who, None if share is None else state_at)
    return Held(held, who, None if who is None else changed_at or 0)
