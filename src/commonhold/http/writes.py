"""What a write leaves behind for HTTP: the revision that its reply names, and its report under an Idempotency-Key.

``Written`` is a store with the same port as the one it wraps. Under a key it puts one row more into the transaction
that changes something: the digest of the request, and what is needed to render the same reply again. Secrets are no
part of it: under a key, a token is computed from actor, key and moment, and can be computed again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from commonhold.core.changes import Change, Commit, CountTry, Guard, Put, Taken
from commonhold.core.core import Core
from commonhold.core.model import Event, Idempotency, Instance, Notification, Outbox, Row, Throttle
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.require import machine
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.ports import Ends, Find, Held, Rows, Search, Secrets, SharedWith, Store, Where
from commonhold.core.problems import Problem

_BESIDE: Final[tuple[type[Row], ...]] = (Event, Throttle, Outbox, Notification)
"""What is written beside a change, or when nothing changed: tries, events, things to tell."""


NO_REPORT: Final = msgspec.Raw(b"null")


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a request: uids of the rows it made, how many tokens it drew, and the report of a batch."""

    uids: Mapping[str, tuple[str, ...]] = {}  # by table
    tokens: int = 0
    report: msgspec.Raw = NO_REPORT
    at: int = 0

    def made(self, table: str) -> str | None:
        """Return the uid of the first row that was made in a table."""
        return next(iter(self.uids.get(table, ())), None)


class Key(msgspec.Struct, frozen=True):
    """An Idempotency-Key: whose it is, and the digest of the request that it stands for."""

    actor: int
    name: str
    request: bytes


class Repeated(Exception):
    """The same request, sent twice at the same time, was committed by the other one first."""


class Written:
    """A store that notes the revision of what is written, and keeps a report under a key."""

    def __init__(self, store: Store, key: Key | None = None, at: int = 0) -> None:
        """Wrap ``store``; ``at`` is the moment of the request in milliseconds."""
        self._store = store
        self._key = key
        self._at = at
        self._done = False
        self._report = NO_REPORT
        self.tokens = 0
        self.revision: int | None = None

    def keep(self, report: Any) -> None:
        """Take the report of the batch that is committed next."""
        self._report = msgspec.Raw(msgspec.json.encode(report))

    async def commit(self, changes: Sequence[Change], guards: Sequence[Guard] = ()) -> Commit:
        """See the port."""
        if self._key is not None and not self._done and any(map(_matters, changes)):
            changes = [*changes, Put(self._row(self._key, changes))]
            commit = await self._commit_once(self._key, changes, guards)
            self._done = True
        else:
            commit = await self._store.commit(changes, guards)
        self.revision = commit.revision
        return commit

    def _row(self, key: Key, changes: Sequence[Change]) -> Idempotency:
        uids: dict[str, tuple[str, ...]] = {}
        for one in changes:
            if isinstance(one, Put) and (uid := getattr(one.row, "uid", None)):
                uids[one.row.table] = (*uids.get(one.row.table, ()), uid)
        kept = Kept(uids, self.tokens, self._report, self._at)
        return Idempotency(key.actor, key.name, key.request, msgspec.json.encode(kept), self._at)

    async def _commit_once(self, key: Key, changes: Sequence[Change], guards: Sequence[Guard]) -> Commit:
        try:
            return await self._store.commit(changes, guards)
        except Taken:
            if await _row_of(self._store, key) is not None:
                raise Repeated from None
            raise

    async def who(self, digest: bytes) -> Held | None:
        """See the port."""
        return await self._store.who(digest)

    async def look(self, look: Look) -> Snapshot:
        """See the port."""
        return await self._store.look(look)

    async def rows(self, allowed: Allowed, rows: Rows) -> list[Any]:
        """See the port."""
        return await self._store.rows(allowed, rows)

    async def shared_with(self, allowed: Allowed, page: SharedWith) -> list[int]:
        """See the port."""
        return await self._store.shared_with(allowed, page)

    async def ends_with(self, allowed: Allowed, shares: Sequence[int], now: int) -> list[Ends]:
        """See the port."""
        return await self._store.ends_with(allowed, shares, now)

    async def search(self, allowed: Allowed, search: Search | Find) -> list[int]:
        """See the port."""
        return await self._store.search(allowed, search)

    async def instance(self) -> Instance:
        """See the port."""
        return await self._store.instance()

    async def close(self) -> None:
        """See the port."""
        await self._store.close()


class _Repeatable:
    """Secrets whose tokens follow from a key: sent again, the same request is told the same ones."""

    def __init__(self, secrets: Secrets, written: Written, key: Key, at: int) -> None:
        self._secrets = secrets
        self._written = written
        self._key = key
        self._at = at

    def uid(self) -> str:
        return self._secrets.uid()

    def token(self) -> str:
        self._written.tokens += 1
        return token_again(self._secrets, self._key, self._at, self._written.tokens)

    def link(self, handle: str) -> str:
        return self._secrets.link(handle)


def token_again(secrets: Secrets, key: Key, at: int, number: int) -> str:
    """Compute a token that was drawn under a key: 160 bits that only the instance key can make."""
    return secrets.link(f"idempotency:{key.actor}:{digest_of(key.name)}:{at}:{number}")


def digest_of(text: str) -> str:
    """Return a digest that stands for any text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def noting(core: Core) -> tuple[Core, Written]:
    """Return a core whose store notes the revision of what it writes."""
    written = Written(core.store)
    return msgspec.structs.replace(core, store=written), written


def under(core: Core, key: Key) -> Core:
    """Return a core that writes a report under ``key`` with the first thing that it changes."""
    at = core.clock()
    written = Written(core.store, key, at)
    secrets = _Repeatable(core.secrets, written, key, at)
    return msgspec.structs.replace(core, store=written, secrets=secrets, keep=written.keep)


async def kept_under(core: Core, key: Key) -> Kept | None:
    """Return what was kept under a key.

    :raises Problem: idempotency_mismatch, if the key stands for another request
    """
    row = await _row_of(core.store, key)
    if row is None:
        return None
    if row.request != key.request:
        raise Problem("idempotency_mismatch", field="Idempotency-Key")
    return msgspec.json.decode(row.report, type=Kept)


async def _row_of(store: Store, key: Key) -> Idempotency | None:
    where = (Where("actor", "eq", key.actor), Where("name", "eq", key.name))
    found: list[Idempotency] = await store.rows(machine(), Rows(Idempotency, where, limit=1))
    return found[0] if found else None


def _matters(change: Change) -> bool:
    """Tell whether a change is what the caller asked for, and not only written beside it."""
    if isinstance(change, CountTry):
        return False
    row = getattr(change, "row", None)
    table = getattr(change, "table", None) or type(row)
    return table not in _BESIDE
