"""The questions of a decision, answered inline by a few small statements.

What everybody is, and where everything lies, changes seldom and is asked with every request: both are kept, and dropped
when their counter moved. The counters are read inside each reading, so nothing kept is ever older than the reading.
Shares, their windows and their uses are never kept.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

from commonhold.core.limits import Limits
from commonhold.core.model import EVERYONE, Instance, Item, Row, Share
from commonhold.core.policy.snapshot import RuleHit
from commonhold.store.sqlite.codec import DECODERS
from commonhold.store.sqlite.reader import Reader
from commonhold.store.sqlite.statements import (
    CHAIN,
    CHILD,
    INSTANCE,
    SET,
    SHARES_BETWEEN,
    SHARES_ON,
    select,
)

R = TypeVar("R", bound=Row)
T = TypeVar("T")

DEEPEST: Final = Limits().depth + 1  # folders above an item, and one more: what is deeper has no top
SETS: Final = 4_096  # principals whose sets are kept, some 100 B for each group that they are in
CHAINS: Final = 16_384  # items whose chains are kept, some 100 B each

RuleHits = Callable[[Collection[Item], Collection[int]], Mapping[int, Sequence[RuleHit]]]


def listed(values: Collection[Any]) -> str:
    """Write a list as a statement takes it."""
    return json.dumps(list(values))


class SqliteProbes:
    """Probes (``store.probes``) over a reader, inside of ``read``."""

    def __init__(self, reader: Reader, rule_hits: RuleHits) -> None:
        """Nothing is known yet. ``rule_hits`` answers for the records, which lie in tables of their own."""
        self.reader = reader
        self._all = reader.all
        self._at = Instance(-1, -1, -1)
        self._set = lru_cache(SETS)(self._read_set)
        self._chain = lru_cache(CHAINS)(self._read_chain)
        self.rule_hits = rule_hits

    def read(self, ask: Callable[["SqliteProbes"], T], within: float | None = None) -> T:
        """Answer a question within one moment; see ``Reader.read``."""

        def asked() -> T:
            self._begin()
            return ask(self)

        return self.reader.read(asked, within)

    def _begin(self) -> None:
        """Read the row of the installation, and forget what is not so any more."""
        (raw,) = self._all(INSTANCE)
        at = Instance(*raw)
        if at.people_at != self._at.people_at:
            self._set.cache_clear()
        if at.tree_at != self._at.tree_at:
            self._chain.cache_clear()
        self._at = at

    def instance(self) -> Instance:
        """Return the row of the installation."""
        return self._at

    def rows(self, table: type[R], column: str, values: Collection[Any]) -> list[R]:
        """Return the rows whose indexed ``column`` holds one of ``values``."""
        if len(values) == 1:
            raw = self._all(select(table, column, one=True), tuple(values))
        else:
            raw = self._all(select(table, column, one=False), (listed(values),))
        decode = DECODERS[table]
        return [decode(one) for one in raw]

    def chains(self, items: Collection[int]) -> Sequence[Item]:
        """Return the items and all folders above them, each once."""
        numbers: set[int] = set()
        for item in items:
            try:
                numbers.update(self._chain(item))
            except LookupError:
                continue
        return self.rows(Item, "no", numbers) if numbers else ()

    def _read_chain(self, item: int) -> tuple[int, ...]:
        """:raises LookupError: there is no such item; what is not there yet must not be kept as absent"""
        found = tuple(no for (no,) in self._all(CHAIN, (item, DEEPEST)))
        if not found:
            raise LookupError(item)
        return found

    def child(self, parent: int, name_key: str) -> Item | None:
        """Return the live child of a folder with this name."""
        found = self._all(CHILD, (parent, name_key))
        return DECODERS[Item](found[0]) if found else None

    def sets(self, principals: Collection[int]) -> Mapping[int, frozenset[int]]:
        """Return everything that each principal is: itself, groups above by the closure, and everyone."""
        return {principal: self._set(principal) for principal in principals}

    def _read_set(self, principal: int) -> frozenset[int]:
        return frozenset((principal, EVERYONE, *(no for (no,) in self._all(SET, (principal,)))))

    def shares_on(self, items: Collection[int], principals: Collection[int] | None) -> list[Share]:
        """Return the live shares that stand on the items, for these recipients or (None) for all."""
        if principals is None:
            raw = self._all(SHARES_ON, (listed(items),))
        else:
            raw = self._all(SHARES_BETWEEN, (listed(items), listed(principals)))
        decode = DECODERS[Share]
        return [decode(one) for one in raw]

    def close(self) -> None:
        """Let go of the database."""
        self.reader.close()
