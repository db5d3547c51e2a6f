"""The questions of a decision, answered inline by a few small statements.

Who everybody is, and where everything lies, changes seldom and is asked with every request: both are kept, and dropped
when their counter moved. Which shares there are, and which revision wrote a share or an item last, is asked each time;
a row that was not written since it was read is not read again. All this is asked inside the reading, so that nothing is
ever older than it. Uses are never kept.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final, TypeVar

from commonhold.core.identity import RecordRef
from commonhold.core.limits import Limits
from commonhold.core.model import (
    EVERYONE,
    LINK,
    Allowance,
    GroupTerms,
    Instance,
    Item,
    Principal,
    Profile,
    Row,
    Share,
    Space,
)
from commonhold.core.policy.decide import LONGEST_CHAIN
from commonhold.core.policy.snapshot import RuleHit
from commonhold.core.ports import Clock
from commonhold.store.sqlite.codec import DECODERS
from commonhold.store.sqlite.reader import Reader, Unopened
from commonhold.store.sqlite.rules import RecordRules
from commonhold.store.sqlite.statements import (
    ADMINISTRATORS,
    CHAIN,
    CHILD,
    COUNT_SHARES,
    INSTANCE,
    NUMBER,
    SET,
    SHARES_BETWEEN,
    SHARES_NEAR,
    SHARES_WIDE,
    STANDING,
    WRITTEN,
    listed,
    select,
    select_marked,
)

R = TypeVar("R", bound=Row)
T = TypeVar("T")

DEEPEST: Final = Limits().depth + 1  # folders above an item, and one more: what is deeper has no top
PEOPLE: Final = (Principal, Allowance, GroupTerms)  # whatever changes one of these moves ``people_at``
MOMENTARY: Final = (Space, Profile)  # kept until anything is written
FEW: Final = 64  # shares that are looked through, and a few more for each item …
EACH: Final = 4  # … if there are more than these, each recipient's are looked up
SETS: Final = 4_096  # principals whose sets are kept, some 100 B for each group that they are in
MOST: Final = 16_384  # rows of a table that are kept, up to 1 kB each
CHAINS: Final = 16_384  # items of which chains are kept, some 100 B each
ALL: Final = -1  # no limit
NEVER: Final = (-1, None)
SOURCES: Final = (
    "SELECT DISTINCT json_extract(definition, '$.source') FROM collection WHERE definition LIKE '%\"source\":%'"
)


class SqliteProbes:
    """Probes (``store.probes``) over a reader, inside of ``read``."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        """Nothing is known yet."""
        self.reader = reader
        self._all = reader.all
        self._raw: tuple[int, ...] = ()
        self._at = Instance(-1, -1, -1)
        self._kept: dict[type[Row], dict[int, Any]] = {row: {} for row in (*PEOPLE, *MOMENTARY)}
        self._fresh: dict[int, Item] = {}
        self._last: dict[type[Row], dict[int, tuple[int, Any]]] = {Item: {}, Share: {}}
        self._set = lru_cache(SETS)(self._read_set)
        self._chain = lru_cache(CHAINS)(self._read_chain)
        self._no = lru_cache(CHAINS)(self._read_no)
        self.records = RecordRules(reader, clock)

    def read(self, ask: Callable[["SqliteProbes"], T], within: float | None = None) -> T:
        """Answer a question within one moment; see ``Reader.read``."""

        while True:
            try:
                return self.reader.read(partial(self._asked, ask), within)
            except Unopened as missing:
                self.reader.open_beside(missing.sources)

    def _asked(self, ask: Callable[["SqliteProbes"], T]) -> T:
        self._begin()
        return ask(self)

    def single(self, ask: Callable[["SqliteProbes"], T], within: float | None = None) -> T:
        """Answer a question of one statement, for which nothing that is kept is needed; see ``Reader.run``."""
        return self.reader.run(partial(ask, self), within)

    def _begin(self) -> None:
        """Read the row of the installation, and forget what is not so any more."""
        (raw,) = self._all(INSTANCE)
        if raw == self._raw:
            return
        at = Instance(*raw)
        if at.people_at != self._at.people_at:
            self.reader.need(source for (source,) in self._all(SOURCES))
            self._set.cache_clear()
            for row in PEOPLE:
                self._kept[row].clear()
        if at.revision != self._at.revision:
            for table in MOMENTARY:
                self._kept[table].clear()
            self._fresh.clear()
        if at.tree_at != self._at.tree_at:
            self._chain.cache_clear()
        self._raw, self._at = raw, at

    def instance(self) -> Instance:
        """Return the row of the installation."""
        return self._at

    def rows(self, table: type[R], column: str, values: Collection[Any]) -> list[R]:
        """Return the rows whose indexed ``column`` holds one of ``values``."""
        if column == "no" and table in self._kept:
            return list(self._known(self._kept[table], table, values).values())
        return self._read_rows(table, column, values)

    def by_no(self, table: type[R], numbers: Collection[int]) -> dict[int, R]:
        """Return the rows with these numbers."""
        known = self._kept.get(table)
        if known is not None:
            return self._known(known, table, numbers)
        return {row.no: row for row in self._read_rows(table, "no", numbers)}  # type: ignore[attr-defined]

    def _read_rows(self, table: type[R], column: str, values: Collection[Any]) -> list[R]:
        if len(values) == 1:
            raw = self._all(select(table, column, one=True), tuple(values))
        else:
            raw = self._all(select(table, column, one=False), (listed({*values}),))
        decode = DECODERS[table]
        return [decode(one) for one in raw]

    def _known(self, known: dict[int, Any], table: type[R], numbers: Collection[int]) -> dict[int, R]:
        """Return rows that are kept, or will be; that there is none is known, too."""
        try:
            return {no: row for no in numbers if (row := known[no]) is not None}
        except KeyError:
            if len(known) > MOST:
                known.clear()
        missing = [no for no in numbers if no not in known]
        known.update(dict.fromkeys(missing))
        known.update((row.no, row) for row in self._read_rows(table, "no", missing))  # type: ignore[attr-defined]
        return self._known(known, table, numbers)

    def numbers(self, uids: Collection[str]) -> Mapping[str, int]:
        """Return the numbers of items, which they keep for ever."""
        found = {}
        for uid in uids:
            with contextlib.suppress(LookupError):
                found[uid] = self._no(uid)
        return found

    def _read_no(self, uid: str) -> int:
        """:raises LookupError: there is no such item yet"""
        found = self._all(NUMBER, (uid,))
        if not found:
            raise LookupError(uid)
        return int(found[0][0])

    def chains(self, items: Collection[int]) -> dict[int, Item]:
        """Return the items and all folders above them."""
        numbers: dict[int, None] = {}
        for item in items:
            with contextlib.suppress(LookupError):
                numbers.update(self._chain(item))
        fresh = self._fresh
        try:
            return {no: fresh[no] for no in numbers}
        except KeyError:
            unsure = [no for no in numbers if no not in fresh]
        fresh.update(self._as_written(Item, self._all(WRITTEN, (listed(unsure),))))
        return {no: fresh[no] for no in numbers if no in fresh}

    def _as_written(self, table: type[R], marks: Iterable[tuple[int, int]]) -> dict[int, R]:
        """Return rows by the revision that wrote them last: what was read since then is not read again."""
        last, found, changed = self._last[table], {}, []
        for no, written in marks:
            when, row = last.get(no, NEVER)
            if when == written:
                found[no] = row
            else:
                changed.append(no)
        if changed:
            if len(last) > MOST:
                last.clear()
            decode = DECODERS[table]
            for *raw, written in self._all(select_marked(table), (listed(changed),)):
                found[raw[0]] = row = decode(raw)
                last[raw[0]] = (written, row)
        return found

    def _read_chain(self, item: int) -> dict[int, None]:
        """:raises LookupError: there is no such item; what is not there yet must not be kept as absent"""
        found = dict.fromkeys(no for (no,) in self._all(CHAIN, (item, DEEPEST)))
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

    def shares_on(self, items: Collection[int], principals: Collection[int]) -> dict[int, Share]:
        """Return the live shares on the items for these recipients, with those on them that these hang on."""
        others = 0 if LINK in principals else LINK  # most shares are links, and seldom asked for
        most = FEW + EACH * len(items)
        near = self._all(SHARES_NEAR, (listed(items), others, most + 1))
        if len(near) > most:
            decode = DECODERS[Share]
            return {one[0]: decode(one) for one in self._all(SHARES_BETWEEN, (listed(items), listed(principals)))}
        wanted = {no for no, recipient, _, _ in near if recipient in principals}
        if not wanted:
            return {}
        above = {no: hangs_on for no, _, hangs_on, _ in near if hangs_on is not None}
        if above:
            wanted = _with_above(wanted, above)
        return self._as_written(Share, [(no, written) for no, _, _, written in near if no in wanted])

    def standing(self, items: Collection[int], after: int, limit: int | None) -> list[Share]:
        """Return a page of the live shares on the items: of each item's no more than a page is looked at."""
        most = ALL if limit is None else limit
        numbers = sorted(no for item in items for (no,) in self._all(STANDING, (item, after, most)))[:limit]
        found = {share.no: share for share in self._read_rows(Share, "no", numbers)} if numbers else {}
        return [found[no] for no in numbers]

    def wide(self, items: Collection[int], few: int) -> list[Share]:
        """Return the live shares with groups, organisations and everyone, and the newest of each item's others."""
        known = listed(items)
        return list(self._as_written(Share, self._all(SHARES_WIDE, (known, known, few))).values())

    def count_shares(self, items: Collection[int]) -> int:
        """Count the live shares on the items."""
        ((count,),) = self._all(COUNT_SHARES, (listed(items),))
        return int(count)

    def administrators(self, org: int | None, after: int, limit: int | None) -> Sequence[int]:
        """Return active administrators of an organisation and of the installation after a number, by number."""
        return sorted({no for (no,) in self._all(ADMINISTRATORS, (org, after))})[:limit]

    def rule_hits(
        self, records: Collection[Item], principals: Collection[int], askers: Mapping[int, frozenset[int]]
    ) -> Mapping[int, Sequence[RuleHit]]:
        """Return, for each record, the rules of these principals whose filter holds for its row."""
        return self.records.hits(records, principals, askers)

    def existing(self, refs: Collection[RecordRef]) -> Mapping[RecordRef, RecordRef]:
        """Return the references to rows that exist, each with its key as the collection writes it."""
        return self.records.existing(refs)

    def close(self) -> None:
        """Let go of the database."""
        self.reader.close()


def _with_above(shares: Collection[int], above: Mapping[int, int]) -> set[int]:
    """Add what shares hang on, as far as it is known: this is asked for next."""
    found = wanted = set(shares)
    for _ in range(LONGEST_CHAIN):
        found = {above[no] for no in found if no in above} - wanted
        if not found:
            break
        wanted |= found
    return wanted
