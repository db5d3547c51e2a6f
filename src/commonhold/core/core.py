"""``Core``: the ports that every verb works with, and the steps that all verbs share.

A verb is ``look`` → pure decision → ``commit(changes, guards)``. Verbs are functions that take a core first
(``await propose(core, actor, proposal)``); they hold no connection and no state between calls.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec

from commonhold.core.blobs import Blobs
from commonhold.core.changes import Broken, Happened, Put
from commonhold.core.identity import Actor
from commonhold.core.limits import Limits
from commonhold.core.model import Event
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Clock, Hasher, Secrets, Store
from commonhold.core.previews import Previews
from commonhold.core.problems import Problem
from commonhold.core.records.ports import Records
from commonhold.core.staging import Staging

ATTEMPTS: Final = 3  # a verb whose guard broke looks again; a third loss in a row is told to the caller

T = TypeVar("T")


def unheard(report: Any) -> None:
    """Keep nothing of a report."""


class Core(msgspec.Struct, frozen=True):
    """Everything a verb needs from outside, composed once by ``wiring`` (or ``testing.make_core``).

    ``keep`` is told the report of a batch just before it is committed, so that a caller can keep it in the same
    transaction (``http.writes``).
    """

    store: Store
    blobs: Blobs
    clock: Clock
    secrets: Secrets
    hasher: Hasher
    limits: Limits = Limits()
    keep: Callable[[Any], None] = unheard
    records: Records | None = None  # None: this installation keeps no collections
    staging: Staging | None = None  # None: it takes no uploads in pieces
    previews: Previews | None = None  # None: it draws no pictures of contents
    siblings: bool = False  # whether links that follow relations lead up and down again, to rows beside the shared one


async def judge(core: Core, look: Look) -> Judge:
    """Read what ``look`` asks for and return a judge over it, at this moment."""
    return Judge(await core.store.look(look), core.clock())


async def attempt(once: Callable[[], Awaitable[T]]) -> T:
    """Run a verb's look, decision and commit; again if a guard broke meanwhile, ``ATTEMPTS`` times at most.

    :raises Problem: conflict
    """
    for _ in range(ATTEMPTS):
        try:
            return await once()
        except Broken:
            continue
    raise Problem("conflict")


class Placeholders:
    """Hands out placeholder numbers for new rows of one commit: -1, -2 …"""

    def __init__(self, last: int = 0) -> None:
        """Start at -1, or below ``last``."""
        self._last = last

    def __call__(self) -> int:
        """Return the next placeholder."""
        self._last -= 1
        return self._last


def happened(
    no: int,
    at: int,
    actor: Actor,
    kind: str,
    *,
    item: int | None = None,
    share: int | None = None,
    principal: int | None = None,
    **facts: Any,
) -> Put:
    """Return the change that records an event: numbers only, never names or texts."""
    told = msgspec.json.encode(facts).decode() if facts else "{}"
    return Happened(Event(no, at, kind, actor.user, actor.face, item, share, principal, told), actor.address)
