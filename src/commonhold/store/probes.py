"""The few questions that an engine answers inside one open reading; ``store.look`` makes a snapshot of the answers.

Synchronous on purpose: the embedded engine asks without giving up the event loop, so a reading is one moment. An
engine that reads everything in one round trip fills a bag of rows first and answers from that.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from commonhold.core.identity import RecordRef
from commonhold.core.model import Instance, Item, Row, Share
from commonhold.core.policy.snapshot import RuleHit

R = TypeVar("R", bound=Row)


class Probes(Protocol):
    """Questions of one reading. All see the same moment; unknown numbers are simply absent from the answers."""

    def instance(self) -> Instance:
        """Return the row of the installation."""
        ...

    def rows(self, table: type[R], column: str, values: Collection[Any]) -> list[R]:
        """Return the rows whose indexed ``column`` holds one of ``values``."""
        ...

    def numbers(self, uids: Collection[str]) -> Mapping[str, int]:
        """Return the numbers of the items with these uids, as far as there are any."""
        ...

    def by_no(self, table: type[R], numbers: Collection[int]) -> dict[int, R]:
        """Return the rows with these numbers."""
        ...

    def chains(self, items: Collection[int]) -> dict[int, Item]:
        """Return the items and all folders above them, up to the named depth."""
        ...

    def child(self, parent: int, name_key: str) -> Item | None:
        """Return the live child of a folder with this name."""
        ...

    def sets(self, principals: Collection[int]) -> Mapping[int, frozenset[int]]:
        """Return everything that each principal is: itself, groups above by the closure, and everyone."""
        ...

    def shares_on(self, items: Collection[int], principals: Collection[int]) -> dict[int, Share]:
        """Return the live shares on the items for these recipients; perhaps also shares that these hang on."""
        ...

    def standing(self, items: Collection[int], after: int, limit: int | None) -> list[Share]:
        """Return the live shares on the items whose numbers come after ``after``, by number, at most ``limit``."""
        ...

    def wide(self, items: Collection[int], few: int) -> list[Share]:
        """Return the live shares with groups, organisations and everyone, and the newest few of each item's others."""
        ...

    def count_shares(self, items: Collection[int]) -> int:
        """Count the live shares on the items."""
        ...

    def administrators(self, org: int | None, after: int, limit: int | None) -> Sequence[int]:
        """Return active administrators of an organisation and of the installation after a number, by number."""
        ...

    def rule_hits(
        self, records: Collection[Item], principals: Collection[int], askers: Mapping[int, frozenset[int]]
    ) -> Mapping[int, Sequence[RuleHit]]:
        """Return, for each record, the rules of these principals whose filter holds for its row, by item number.

        Rules about whoever asks are evaluated for each of ``askers``, who come with everything that they are.
        """
        ...

    def existing(self, refs: Collection[RecordRef]) -> Mapping[RecordRef, RecordRef]:
        """Return the references to rows of records that exist, each with its key as the collection writes it."""
        ...
