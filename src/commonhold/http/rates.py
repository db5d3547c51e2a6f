"""Request rates: how often one account, one address and the passes of one link may ask, in each process.

Each has a bucket that holds as many requests as its limit allows in a minute and fills evenly; a request takes one.
What counts for safety (wrong passwords, uses, shares in a day) is counted in the store, exactly; this keeps one caller
from taking all the time of a process. Memory is bounded: beyond ``MOST`` buckets the fullest go, which say nothing.
"""

import ipaddress
import math
from collections.abc import Callable, Hashable
from functools import lru_cache
from time import monotonic
from typing import Final

from commonhold.core.identity import Actor
from commonhold.core.limits import Limits
from commonhold.core.problems import Problem

MOST: Final = 20_000
MINUTE: Final = 60.0


class Buckets:
    """The buckets of one kind of caller; ``limit`` requests in a minute, None: any number."""

    __slots__ = ("_found", "_limit", "_speed")

    def __init__(self, limit: int | None) -> None:
        """Begin with none: a bucket that nobody knows is full."""
        self._limit = limit
        self._speed = (limit or 0) / MINUTE
        self._found: dict[Hashable, tuple[float, float]] = {}  # what was left, and when

    def take(self, key: Hashable, now: float) -> None:
        """Take one request.

        :raises Problem: too_many_requests, with ``retry_after`` in seconds
        """
        limit = self._limit
        if limit is None:
            return
        left, at = self._found.get(key, (limit, now))
        left = min(limit, left + (now - at) * self._speed)
        if left < 1:
            wait = (1 - left) / self._speed if self._speed else MINUTE
            raise Problem("too_many_requests", retry_after=math.ceil(wait))
        self._found[key] = (left - 1, now)
        if len(self._found) > MOST:
            self._shrink(now)

    def _shrink(self, now: float) -> None:
        """Forget the fuller half: of whoever asks rarely nothing is lost."""
        full = sorted(self._found, key=lambda key: self._found[key][0] + (now - self._found[key][1]) * self._speed)
        for key in full[MOST // 2 :]:
            del self._found[key]

    def __len__(self) -> int:
        """Count the buckets."""
        return len(self._found)


class Rates:
    """Every rate of one process."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = monotonic) -> None:
        """``clock``: seconds that only ever grow."""
        self._clock = clock
        self.accounts = Buckets(limits.account_requests)
        self.addresses = Buckets(limits.address_requests)
        self.links = Buckets(limits.link_requests)

    def arrived(self, address: str | None) -> None:
        """Count a request, before anything is looked up for it; those of this machine are not counted.

        :raises Problem: too_many_requests
        """
        if address is not None and (network := network_of(address)) is not None:
            self.addresses.take(network, self._clock())

    def identified(self, actor: Actor) -> None:
        """Count a request of whoever asks, and of each link that he has opened; not on this machine.

        :raises Problem: too_many_requests
        """
        if actor.address is None or network_of(actor.address) is None:
            return
        if actor.user is not None:
            self.accounts.take(actor.user, self._clock())
        for held in actor.passes:
            self.links.take(held.share, self._clock())


@lru_cache(4_096)
def network_of(address: str) -> str | None:
    """Return what is counted as one address: of IPv6 the /64 that one customer has. None: this machine, or no address.

    A proxy that is not trusted is the caller itself, as nobody knows whom it passes on.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif not found.is_loopback:
            return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return None if found.is_loopback else str(found)
