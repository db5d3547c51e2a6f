"""Where requests come from: an event keeps the number of an address, the address stands in one row that can be erased.

The number is a digest under the instance key. So an address needs no look-up, the same one has the same number in every
process, a row that was tampered with is found, and without the key nobody tries out which address a number was.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from commonhold.core.changes import Change, Commit, Guard, Happened, Put, Upsert
from commonhold.core.core import Core
from commonhold.core.limits import DAY
from commonhold.core.model import Event, Origin
from commonhold.core.ports import Secrets, Store

KEPT: Final = 4_096  # addresses whose row this process knows to be there; beyond, it begins anew
_BITS: Final = (1 << 62) - 1


def number_of(secrets: Secrets, address: str) -> int:
    """Return the number of an address."""
    digest = hashlib.sha256(secrets.link(f"origin:{address}").encode()).digest()
    return int.from_bytes(digest[:8], "big") & _BITS


class OriginStore:
    """A store that gives events the numbers of their addresses, and writes the row of each once a day and process."""

    def __init__(self, core: Core) -> None:
        """Wrap the store of a core."""
        store: Store = core.store
        self._store, self._secrets, self._clock = store, core.secrets, core.clock
        self._written: dict[str, tuple[int, int]] = {}  # address → its number, the day on which its row was written
        self.who, self.look, self.rows = store.who, store.look, store.rows
        self.shared_with, self.ends_with, self.search = store.shared_with, store.ends_with, store.search
        self.instance, self.close = store.instance, store.close

    async def commit(self, changes: Sequence[Change], guards: Sequence[Guard] = ()) -> Commit:
        """See the port."""
        addresses = {one.address for one in changes if isinstance(one, Happened) and one.address is not None}
        if not addresses:
            return await self._store.commit(changes, guards)
        today = self._clock() // DAY
        fresh: dict[str, tuple[int, int]] = {}
        numbers = {address: self._number(address, today, fresh) for address in addresses}
        told: list[Change] = [_numbered(one, numbers) for one in changes]
        told += (Upsert(Origin(number, address, today * DAY)) for address, (number, _) in fresh.items())
        commit = await self._store.commit(told, guards)
        if len(self._written) > KEPT:
            self._written.clear()
        self._written.update(fresh)
        return commit

    def _number(self, address: str, today: int, fresh: dict[str, tuple[int, int]]) -> int:
        known = self._written.get(address)
        if known is not None and known[1] == today:
            return known[0]
        number = known[0] if known is not None else number_of(self._secrets, address)
        fresh[address] = (number, today)
        return number


def _numbered(change: Change, numbers: dict[str, int]) -> Change:
    """Return an event with the number of its address, and everything else as it is."""
    if not isinstance(change, Happened) or not isinstance(change.row, Event) or change.address is None:
        return change
    return Put(msgspec.structs.replace(change.row, origin=numbers[change.address]))


def with_origins(core: Core) -> Core:
    """Return a core that keeps where its callers come from."""
    return msgspec.structs.replace(core, store=OriginStore(core))
