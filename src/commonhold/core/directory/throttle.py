"""Tries that are counted: wrong passwords per account and per address, letters asked for, passwords of links.

A try is counted, durably, before the password is looked at: tries at the same time cannot slip through. A good one
gives its count back.
"""

import msgspec

from commonhold.core.changes import Change, CountTry, Drop, UsedUp
from commonhold.core.core import Core
from commonhold.core.directory.digests import network, subject
from commonhold.core.model import Throttle
from commonhold.core.problems import Problem

PER_ADDRESS = 10  # an address may be a whole school: it gets ten times the tries of an account


class Limited(msgspec.Struct, frozen=True):
    """What is limited: a digest of it, how many tries it has, and whether a good one forgets the bad ones."""

    subject: str
    limit: int
    forgets: bool


def limited(core: Core, kind: str, what: str, address: str | None, tries: int | None = None) -> tuple[Limited, ...]:
    """Return the counters of tries of one ``kind`` at ``what`` (an account, a share) from an address."""
    limit = core.limits.login_tries if tries is None else tries
    found = Limited(subject(kind, what), limit, True)
    if address is None:
        return (found,)
    return found, Limited(subject(kind + ".address", network(address)), limit * PER_ADDRESS, False)


def limited_link(core: Core, share: int, address: str | None) -> tuple[Limited, ...]:
    """Return the counter of wrong passwords at a share, per address: nobody can lock others out of a link."""
    place = network(address) if address else ""
    return (Limited(subject("link", str(share), place), core.limits.link_tries, True),)


def tried(core: Core, counters: tuple[Limited, ...], now: int) -> list[Change]:
    """Return the changes that count one try."""
    return [CountTry(counter.subject, counter.limit, core.limits.login_window, now) for counter in counters]


def forgiven(core: Core, counters: tuple[Limited, ...], now: int) -> list[Change]:
    """Return the changes that give a good try back: the account's counter goes, the address keeps its bad ones."""
    window = core.limits.login_window
    return [
        Drop(Throttle, (counter.subject,))
        if counter.forgets
        else CountTry(counter.subject, counter.limit, window, now, tries=-1)
        for counter in counters
    ]


async def count_try(core: Core, counters: tuple[Limited, ...], *beside: Change) -> None:
    """Count one try, and write ``beside`` with it.

    :raises Problem: too_many_requests, with ``retry_after`` in seconds
    """
    try:
        await core.store.commit([*tried(core, counters, core.clock()), *beside])
    except UsedUp:
        raise Problem("too_many_requests", retry_after=core.limits.login_window // 1000) from None
