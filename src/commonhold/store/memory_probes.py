"""Probes of the memory engine, written to be read: closures and chains are walked anew each time, nothing is kept."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from commonhold.core.identity import RecordRef
from commonhold.core.model import EVERYONE, Instance, Item, Life, Member, Nested, Principal, Row, Share, State
from commonhold.core.policy.snapshot import RuleHit
from commonhold.core.roles import WIDE, Kind, OrgRole
from commonhold.store.memory_tables import Table

R = TypeVar("R", bound=Row)

ADMINISTRATOR: Final = OrgRole.ADMINISTRATOR


class MemoryProbes:
    """Answers from tables that nobody changes meanwhile, as nothing here gives up the event loop."""

    def __init__(self, tables: Mapping[type[Row], Table[Any]], instance: Instance) -> None:
        """Look at these tables."""
        self._tables = tables
        self._instance = instance

    def instance(self) -> Instance:
        """See ``Probes``."""
        return self._instance

    def rows(self, table: type[R], column: str, values: Collection[Any]) -> list[R]:
        """See ``Probes``."""
        return list(self._tables[table].by(column, values))

    def numbers(self, uids: Collection[str]) -> Mapping[str, int]:
        """See ``Probes``."""
        return {row.uid: row.no for row in self.rows(Item, "uid", uids)}

    def by_no(self, table: type[R], numbers: Collection[int]) -> dict[int, R]:
        """See ``Probes``."""
        return {row.no: row for row in self.rows(table, "no", numbers)}  # type: ignore[attr-defined]

    def chains(self, items: Collection[int]) -> dict[int, Item]:
        """See ``Probes``."""
        found: dict[int, Item] = {}
        fresh: set[int] = set(items)
        while fresh:
            rows = self.rows(Item, "no", fresh)
            found.update((row.no, row) for row in rows)
            fresh = {row.parent for row in rows if row.parent is not None} - found.keys()
        return found

    def child(self, parent: int, name_key: str) -> Item | None:
        """See ``Probes``."""
        children = self._tables[Item].by("parent", (parent,))
        return next((row for row in children if row.name_key == name_key and row.life is Life.LIVE), None)

    def sets(self, principals: Collection[int]) -> Mapping[int, frozenset[int]]:
        """See ``Probes``."""
        return {no: self._closure((no,)) | {EVERYONE} for no in principals}

    def _closure(self, principals: Iterable[int]) -> frozenset[int]:
        """Return principals and all groups above them; groups may be nested in a circle."""
        found, fresh = set[int](), set(principals)
        while fresh:
            found |= fresh
            above = {edge.grp for edge in self.rows(Member, "member", fresh)}
            above |= {edge.grp for edge in self.rows(Nested, "child", fresh)}
            fresh = above - found
        return frozenset(found)

    def shares_on(self, items: Collection[int], principals: Collection[int]) -> dict[int, Share]:
        """See ``Probes``."""
        return {share.no: share for share in self.rows(Share, "item", items) if share.recipient in principals}

    def standing(self, items: Collection[int], after: int, limit: int | None) -> list[Share]:
        """See ``Probes``."""
        found = [share for share in self.rows(Share, "item", items) if share.no > after]
        return sorted(found, key=lambda share: share.no)[:limit]

    def wide(self, items: Collection[int], few: int) -> list[Share]:
        """See ``Probes``."""
        found: list[Share] = []
        for item in items:
            shares = self.rows(Share, "item", (item,))
            found += (share for share in shares if share.kind & WIDE)
            others = (share for share in shares if not share.kind & WIDE)
            found += sorted(others, key=lambda share: -share.no)[:few]
        return found

    def count_shares(self, items: Collection[int]) -> int:
        """See ``Probes``."""
        return len(self.rows(Share, "item", items))

    def administrators(self, org: int | None, after: int, limit: int | None) -> Sequence[int]:
        """See ``Probes``."""
        users = (row for row in self.rows(Principal, "kind", (Kind.USER,)) if row.no > after)
        active = [row for row in users if row.state is State.ACTIVE]
        found = [row.no for row in active if row.admin or (org and row.org == org and row.org_role == ADMINISTRATOR)]
        return sorted(found)[:limit]

    def rule_hits(
        self,
        records: Collection[Item],  # noqa: ARG002
        principals: Collection[int],  # noqa: ARG002
        askers: Mapping[int, frozenset[int]],  # noqa: ARG002
    ) -> Mapping[int, Sequence[RuleHit]]:
        """See ``Probes``: this engine keeps no records."""
        return {}

    def existing(self, refs: Collection[RecordRef]) -> Mapping[RecordRef, RecordRef]:  # noqa: ARG002
        """See ``Probes``: this engine keeps no records."""
        return {}
