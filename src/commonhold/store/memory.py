"""The reference engine: a store in the memory of this process, for tests and for reading what the port means.

It has no collections of records. Every method runs to its end without giving up the event loop, so that each reading
is one moment, and each commit happens at once or not at all.
"""

from collections.abc import Sequence
from typing import Any, Self

from commonhold.core.changes import Change, Commit, Guard, Put
from commonhold.core.content.words import texts_of
from commonhold.core.genesis import first_rows
from commonhold.core.keys import words_of
from commonhold.core.model import (
    EVERYONE,
    ROWS,
    Credential,
    CredentialKind,
    Instance,
    Item,
    Life,
    Password,
    Principal,
    Row,
    Share,
)
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.ports import LONGEST_PAGE, Ends, Find, Held, Rows, Search, SharedWith
from commonhold.core.problems import Problem
from commonhold.store.effects import after, moved
from commonhold.store.look import assemble
from commonhold.store.matching import matches, page_of
from commonhold.store.memory_finding import find
from commonhold.store.memory_probes import MemoryProbes
from commonhold.store.memory_tables import Table
from commonhold.store.memory_writing import Past, Place, Writing
from commonhold.store.numbers import numbers_for, resolve


class MemoryStore:
    """Keeps all facts in dictionaries; nothing outlives it. See ``core.ports.Store`` for the methods."""

    def __init__(self, now: int = 0) -> None:
        """Begin with the rows of every installation, made at ``now`` (milliseconds)."""
        self._tables: dict[type[Row], Table[Any]] = {row: Table(row) for row in ROWS}
        self._instance = Instance()
        self._since: dict[Place, int] = {}
        self._open = True
        self.past: list[tuple[type[Row], Past]] = []
        Writing(self._tables, self._instance).apply(Put(row) for row in first_rows(now))

    async def who(self, digest: bytes) -> Held | None:
        """See the port. A person without a password has the state 0: nothing that could change under a token."""
        probes = self._probes()
        for credential in probes.rows(Credential, "digest", (digest,)):
            found = probes.rows(Principal, "no", (credential.principal,))
            principal = found[0] if found else None
            return Held(credential, principal, _state_at(credential, principal, probes))
        return None

    async def look(self, look: Look) -> Snapshot:
        """See the port."""
        return assemble(look, self._probes())

    async def rows(self, allowed: Allowed, rows: Rows) -> list[Any]:  # noqa: ARG002 - the proof is enough
        """See the port."""
        self._probes()
        indexed = next((one for one in rows.where if one.op == "eq"), None)
        table = self._tables[rows.table]
        found = table.by(indexed.column, (indexed.value,)) if indexed else table.rows.values()
        return page_of([row for row in found if matches(row, rows.where)], rows, min(rows.limit, LONGEST_PAGE))

    async def shared_with(self, allowed: Allowed, page: SharedWith) -> list[int]:  # noqa: ARG002
        """See the port."""
        probes = self._probes()
        principals = probes.sets((page.user,))[page.user]
        if not page.everyone:
            principals -= {EVERYONE}
        found = probes.rows(Share, "recipient", principals)
        numbers = [share.no for share in found if share.made_by != page.user]
        return _newest([no for no in numbers if page.before is None or no < page.before], page.limit)

    async def ends_with(self, allowed: Allowed, shares: Sequence[int], now: int) -> list[Ends]:  # noqa: ARG002
        """See the port."""
        probes = self._probes()
        return [_ends_with(probes, share, frozenset(shares), now) for share in shares]

    async def search(self, allowed: Allowed, search: Search | Find) -> list[int]:  # noqa: ARG002
        """See the port."""
        probes = self._probes()
        if isinstance(search, Find):
            return find(search, self._tables, probes)
        words = [part for word in search.words for part in words_of(word)]
        items = (item for item in self._tables[Item].rows.values() if item.life is Life.LIVE)
        if search.spaces is not None:
            items = (item for item in items if item.space in search.spaces)
        numbers = [item.no for item in items if _has_all(" ".join(texts_of(item)), words)]
        return _newest([no for no in numbers if search.after is None or no < search.after[0]], search.limit)

    async def commit(self, changes: Sequence[Change], guards: Sequence[Guard] = ()) -> Commit:
        """See the port."""
        self._probes()
        writing = Writing(self._tables, self._instance)
        writing.hold(guards)
        numbers = numbers_for(changes, self._instance.next_no)
        writing.apply(resolve(changes, numbers))
        self.past.extend(writing.past(self._since))
        self._instance = after(self._instance, moved(changes), len(numbers))
        return Commit(self._instance.revision, numbers, tuple(writing.gave))

    async def instance(self) -> Instance:
        """See the port."""
        return self._probes().instance()

    async def close(self) -> None:
        """See the port: everything asked of it afterwards is ``unavailable``."""
        self._open = False

    def open_again(self) -> Self:
        """Open what was closed, as a restart would open files."""
        self._open = True
        return self

    def twin(self) -> "MemoryStore":
        """Return a store that holds the same, and goes its own way from now on."""
        other = MemoryStore()
        other._tables = {row: table.twin() for row, table in self._tables.items()}
        other._instance, other._since, other.past = self._instance, dict(self._since), list(self.past)
        other._open = self._open
        return other

    def _probes(self) -> MemoryProbes:
        """Return probes of this moment.

        :raises Problem: unavailable once it is closed
        """
        if not self._open:
            raise Problem("unavailable")
        return MemoryProbes(self._tables, self._instance)


def _state_at(credential: Credential, principal: Principal | None, probes: MemoryProbes) -> int | None:
    """Return the present state of what a credential was issued for: a share, else the password of its principal."""
    if credential.share is not None:
        return next((share.state_at for share in probes.rows(Share, "no", (credential.share,))), None)
    if principal is None:
        return None
    return next((row.changed_at for row in probes.rows(Password, "no", (principal.no,))), 0)


def _has_all(text: str, words: Sequence[str]) -> bool:
    """Tell whether each of ``words`` begins a word of ``text``."""
    known = text.split()
    return all(any(one.startswith(word) for one in known) for word in words)


def _newest(numbers: list[int], limit: int) -> list[int]:
    return sorted(numbers, reverse=True)[: min(limit, LONGEST_PAGE)]


def _ends_with(probes: MemoryProbes, share: int, ended: frozenset[int], now: int) -> Ends:
    below, fresh = {row.no: row for row in probes.rows(Share, "no", (share,))}, [share]
    while fresh:
        found = [row for row in probes.rows(Share, "hangs_on", fresh) if _lives(row, now) and row.no not in ended]
        below.update((row.no, row) for row in found)
        fresh = [row.no for row in found]
    let_in = [
        row
        for row in probes.rows(Credential, "share", below)
        if _lives(row, now) and row.state_at == below[row.share or 0].state_at
    ]
    passes = sum(row.kind is CredentialKind.PASS for row in let_in)
    return Ends(
        share, len(below.keys() - {share}), passes, len({row.family for row in let_in if row.family is not None})
    )


def _lives(row: Share | Credential, now: int) -> bool:
    return row.until is None or row.until > now
