"""What one look has read: answers kept by what was asked, from which ``BagProbes`` answers without waiting.

Whatever is not in the bag is raised as ``Unread``, fetched, and the snapshot is assembled again; so it is foreseen
(``foresight``) for all but the rarest looks. Everything in a bag is of one moment: each statement reads the row of the
installation with it, and no two revisions are mixed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from commonhold.core.identity import RecordRef
from commonhold.core.model import EVERYONE, Instance, Item, Row, Share
from commonhold.core.policy.snapshot import RuleHit
from commonhold.store.postgres.values import fitting

R = TypeVar("R", bound=Row)


class Unread(Exception):
    """A question whose answer is not in the bag yet."""

    def __init__(self, question: "Question") -> None:
        """Name the question."""
        self.question = question


class Moved(Exception):
    """Somebody wrote between two statements of a look: they saw different moments."""


class Question(NamedTuple):
    """A question of a look, by the name of the probe, and what it was about."""

    probe: str
    about: tuple[Any, ...]


class Bag:
    """Answers of one moment, filled by ``fetching`` and ``foresight``."""

    def __init__(self) -> None:
        """Nothing is known."""
        self.at: Instance | None = None
        self.rows: dict[tuple[type[Row], str], dict[Any, list[Any]]] = {}
        self.items: dict[int, Item | None] = {}
        self.children: dict[tuple[int, str], Item | None] = {}
        self.numbers: dict[str, int | None] = {}
        self.sets: dict[int, frozenset[int]] = {}
        self.shares: dict[int, list[Share]] = {}  # by item, those with one of ``recipients`` alone
        self.recipients: frozenset[int] = frozenset()
        self.others: dict[Question, Any] = {}

    def seen(self, at: Instance) -> None:
        """Note which moment a statement saw.

        :raises Moved: it is another one
        """
        if self.at is None:
            self.at = at
        elif self.at != at:
            raise Moved

    def keep(self, table: type[Row], column: str, values: Iterable[Any], found: Iterable[Row]) -> None:
        """Keep rows by the values of a column that were asked for: a value without rows has none."""
        known = self.rows.setdefault((table, column), {})
        for value in values:
            known[value] = []
        for row in found:
            known.setdefault(getattr(row, column), []).append(row)

    def keep_items(self, numbers: Iterable[int], found: Iterable[Item]) -> None:
        """Keep items; a number without a row is nothing."""
        for no in numbers:
            self.items.setdefault(no, None)
        self.items.update((item.no, item) for item in found)


class BagProbes:
    """Probes (``store.probes``) that answer from a bag."""

    def __init__(self, bag: Bag) -> None:
        """Answer from this bag."""
        self._bag = bag

    def instance(self) -> Instance:
        """Return the row of the installation."""
        if self._bag.at is None:
            raise Unread(Question("instance", ()))
        return self._bag.at

    def rows(self, table: type[R], column: str, values: Collection[Any]) -> list[R]:
        """Return the rows whose indexed ``column`` holds one of ``values``."""
        known = self._bag.rows.get((table, column), {})
        wanted = fitting(values)
        missing = [value for value in wanted if value not in known]
        if missing:
            raise Unread(Question("rows", (table, column, tuple(missing))))
        return [row for value in wanted for row in known[value]]

    def by_no(self, table: type[R], numbers: Collection[int]) -> dict[int, R]:
        """Return the rows with these numbers."""
        return {row.no: row for row in self.rows(table, "no", numbers)}  # type: ignore[attr-defined]

    def numbers(self, uids: Collection[str]) -> Mapping[str, int]:
        """Return the numbers of the items with these uids, as far as there are any."""
        known = self._bag.numbers
        wanted = fitting(uids)
        missing = tuple(uid for uid in wanted if uid not in known)
        if missing:
            raise Unread(Question("numbers", missing))
        return {uid: no for uid in wanted if (no := known[uid]) is not None}

    def chains(self, items: Collection[int]) -> dict[int, Item]:
        """Return the items and all folders above them."""
        known, found = self._bag.items, dict[int, Item]()
        for item in fitting(items):
            no: int | None = item
            while no is not None and no not in found:
                if no not in known:
                    raise Unread(Question("chains", tuple(fitting(items))))
                if (row := known[no]) is None:
                    break
                found[no] = row
                no = row.parent
        return found

    def child(self, parent: int, name_key: str) -> Item | None:
        """Return the live child of a folder with this name."""
        if not fitting((name_key,)):
            return None
        if (parent, name_key) not in self._bag.children:
            raise Unread(Question("child", (parent, name_key)))
        return self._bag.children[parent, name_key]

    def sets(self, principals: Collection[int]) -> Mapping[int, frozenset[int]]:
        """Return everything that each principal is: itself, groups above by the closure, and everyone."""
        known = self._bag.sets
        missing = tuple(no for no in fitting(principals) if no not in known)
        if missing:
            raise Unread(Question("sets", missing))
        return {no: known.get(no, frozenset((no, EVERYONE))) for no in principals}

    def shares_on(self, items: Collection[int], principals: Collection[int]) -> dict[int, Share]:
        """Return the live shares on the items for these recipients."""
        bag = self._bag
        there = fitting(items)
        wanted = frozenset(fitting(principals))
        if any(item not in bag.shares for item in there) or not wanted <= bag.recipients:
            raise Unread(Question("shares_on", (tuple(there), wanted | bag.recipients)))
        return {share.no: share for item in there for share in bag.shares[item] if share.recipient in wanted}

    def standing(self, items: Collection[int], after: int, limit: int | None) -> list[Share]:
        """Return the live shares on the items whose numbers come after ``after``, by number, at most ``limit``."""
        return self._other("standing", tuple(items), after, limit)  # type: ignore[no-any-return]

    def wide(self, items: Collection[int], few: int) -> list[Share]:
        """Return the live shares with groups, organisations and everyone, and the newest of each item's others."""
        return self._other("wide", tuple(items), few)  # type: ignore[no-any-return]

    def count_shares(self, items: Collection[int]) -> int:
        """Count the live shares on the items."""
        return self._other("count_shares", tuple(items))  # type: ignore[no-any-return]

    def administrators(self, org: int | None, after: int, limit: int | None) -> Sequence[int]:
        """Return active administrators of an organisation and of the installation after a number, by number."""
        return self._other("administrators", org, after, limit)  # type: ignore[no-any-return]

    def rule_hits(
        self, records: Collection[Item], principals: Collection[int], askers: Mapping[int, frozenset[int]]
    ) -> Mapping[int, Sequence[RuleHit]]:
        """Return, for each record, the rules of these principals whose filter holds for its row."""
        about = (tuple(records), frozenset(principals), tuple(sorted((no, held) for no, held in askers.items())))
        return self._other("rule_hits", *about)  # type: ignore[no-any-return]

    def existing(self, refs: Collection[RecordRef]) -> Mapping[RecordRef, RecordRef]:
        """Return the references to rows of records that exist, each with its key as the collection writes it."""
        return self._other("existing", tuple(refs))  # type: ignore[no-any-return]

    def _other(self, probe: str, *about: Any) -> Any:
        question = Question(probe, about)
        if question not in self._bag.others:
            raise Unread(question)
        return self._bag.others[question]
