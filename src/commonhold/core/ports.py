"""What the core needs from outside: a store of facts, bytes, and a few services. Each port has at most eight methods.

Engines raise ``Broken`` (``core.changes``) for guards, ``Problem("unavailable")`` where their database cannot answer,
and nothing else: driver errors are mapped in every method (``testing.store_contract``).
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeVar

import msgspec

from commonhold.core.changes import Change, Commit, Guard
from commonhold.core.model import Credential, Instance, Principal, Row
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.query import Filter

R = TypeVar("R", bound=Row)

LONGEST_PAGE: Final = 200


class Where(msgspec.Struct, frozen=True):
    """One condition of a listing: ``op`` is eq, ne, in, lt, le, gt, ge, null, notnull or prefix."""

    column: str
    op: str
    value: Any = None


class Rows(msgspec.Struct, frozen=True):
    """A listing of one table: all conditions hold; ordered by ``order`` (``-`` first: descending), then by key.

    ``after`` holds the values of the order columns of the last row seen, then its key: paging is by key, never by
    offset.
    """

    table: type[Row]
    where: tuple[Where, ...] = ()
    order: tuple[str, ...] = ()
    after: tuple[Any, ...] | None = None
    limit: int = LONGEST_PAGE


MOST_ENDS: Final = 100_000
"""Shares that are counted at the most for what ends together."""


class SharedWith(msgspec.Struct, frozen=True):
    """A page of the live shares that reach a user, newest first, before decisions: merged from all he is.

    ``before`` is the number of the last share seen; shares he made himself and shares with everyone are left out
    unless asked for.
    """

    user: int
    before: int | None = None
    limit: int = 50
    everyone: bool = False


class Ends(msgspec.Struct, frozen=True):
    """What ends with a share: what was passed on from it, and passes and log-ins by the links of all of these.

    A log-in counts as one session, however often it renewed itself. At ``MOST_ENDS`` shares counting stops: no
    withdrawal waits, or is refused, because much hangs on what it ends.
    """

    share: int
    reshares: int = 0
    passes: int = 0
    sessions: int = 0


class Search(msgspec.Struct, frozen=True):
    """Items whose name or text matches all ``words`` (prefixes), within spaces or below an item; newest first."""

    words: tuple[str, ...]
    spaces: tuple[int, ...] | None = None
    after: tuple[Any, ...] | None = None
    limit: int = 50


class Find(msgspec.Struct, frozen=True):
    """Live items, folders left aside, for which a filter holds and that reach one of ``principals`` (None: whoever).

    Whatever lies in spaces of ``owner``, or of ``org``, is found, too. Whether a share gives anything now is not asked:
    who shows what was found decides on it. Fields of the filter:

    * ``uid``, ``owner``, ``org``, ``folder``, ``kind``, ``media``, ``collection``: EQ, IN; ``media``: STARTS_WITH, too
    * ``made_at``, ``changed_at``, ``size``: EQ, GT, GTE, LT, LTE
    * ``recipient``: EQ, IN: with whom it, or a folder above, is shared; ``reaches``: EQ, a mask of their kinds
    * ``words`` (any text), and each of ``content.words.TEXTS``: ICONTAINS and ISTARTS_WITH for words in a row, NNULL

    ``order``: no, name, made_at, changed_at or size; ``-`` in front: the greatest first. At most ``limit`` are found.
    """

    where: Filter
    principals: tuple[int, ...] | None = None
    owner: int | None = None
    org: int | None = None
    order: str = "-no"
    limit: int = 10_000


class Held(msgspec.Struct, frozen=True):
    """A credential as found by its digest, with the principal it names."""

    credential: Credential
    principal: Principal | None
    state_at: int | None  # the present state of the user's password or of the share; None: it is gone


class Store(Protocol):
    """Facts: one reading for a decision, one transaction for its changes."""

    async def who(self, digest: bytes) -> Held | None:
        """Find a credential by the digest of its secret, expired ones too."""
        ...

    async def look(self, look: Look) -> Snapshot:
        """Read everything that a decision needs, in one consistent reading."""
        ...

    async def rows(self, allowed: Allowed, rows: Rows) -> list[Any]:
        """List rows of one table."""
        ...

    async def shared_with(self, allowed: Allowed, page: SharedWith) -> list[int]:
        """List the numbers of the shares that reach a user."""
        ...

    async def ends_with(self, allowed: Allowed, shares: Sequence[int], now: int) -> list[Ends]:
        """Count what lives by each of some shares, these themselves left out; in their order."""
        ...

    async def search(self, allowed: Allowed, search: Search | Find) -> list[int]:
        """List the numbers of items that match words, or a filter.

        :raises Problem: bad_query for what cannot be asked of a field; query_too_costly
        """
        ...

    async def commit(self, changes: Sequence[Change], guards: Sequence[Guard] = ()) -> Commit:
        """Write all changes if all guards hold, durably, before returning.

        :raises Broken: a guard does not hold, or one of the named kinds of it; nothing was written
        """
        ...

    async def instance(self) -> Instance:
        """Read the row of the installation."""
        ...

    async def close(self) -> None:
        """Finish what is waiting and let go of everything."""
        ...


class Hasher(Protocol):
    """Passwords: argon2id in production, something quick in tests of other things."""

    async def hash(self, password: str) -> str:
        """Hash a password; takes tens of milliseconds on purpose, off the event loop."""
        ...

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Compare, taking the same time whether there is a hash or not."""
        ...


class Secrets(Protocol):
    """What needs randomness or the instance key."""

    def uid(self) -> str:
        """Make a random UUID."""
        ...

    def token(self) -> str:
        """Make a random secret of at least 160 bits."""
        ...

    def link(self, handle: str) -> str:
        """Compute a link's secret from what names it (``sharing.links.handle``): base62 of HMAC-SHA256, 160 bits."""
        ...


class Clock(Protocol):
    """The time, from outside."""

    def __call__(self) -> int:
        """Return milliseconds since the epoch, UTC."""
        ...
