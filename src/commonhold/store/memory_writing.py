"""One commit of the memory engine: guards, changes, and the past, all or nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from commonhold.core.changes import (
    Broken,
    Change,
    Charge,
    CountTry,
    CountUse,
    Drop,
    DropWhere,
    Guard,
    LeaseIs,
    MoveSpace,
    Nest,
    OverQuota,
    PeopleAt,
    Put,
    Set,
    ShareIs,
    StampIs,
    TakeDue,
    Taken,
    TooLarge,
    TreeAt,
    Unnest,
    Upsert,
    UsedUp,
)
from commonhold.core.model import Instance, Item, Nested, Outbox, Row, Share, Space, Throttle, Use
from commonhold.core.problems import Problem
from commonhold.core.records.writes import DropRows, PutRows, Reshape, RowIs, SetRows
from commonhold.store.memory_tables import Key, Table, key_of
from commonhold.store.tables import SINCE, UNTIL, kept

Place = tuple[type[Row], Key]
Past = dict[str, Any]


class Writing:
    """Applies changes to the tables and can take all of them back."""

    def __init__(self, tables: Mapping[type[Row], Table[Any]], instance: Instance) -> None:
        """Begin a commit on the tables as ``instance`` found them."""
        self._tables = tables
        self._instance = instance
        self._before: list[tuple[Place, Row | None]] = []  # what each write replaced, in order
        self.gave: list[Any] = []

    def hold(self, guards: Iterable[Guard]) -> None:
        """Check the guards.

        :raises Broken: one does not hold
        """
        if not all(self._holds(guard) for guard in guards):
            raise Broken

    def _holds(self, guard: Guard) -> bool:
        match guard:
            case ShareIs(no, version):
                share = self._find(Share, no)
                return share is not None and share.version == version
            case StampIs(no, stamp):
                item = self._find(Item, no)
                return item is not None and item.stamp == stamp
            case LeaseIs(no, lease):
                letter = self._find(Outbox, no)
                return letter is not None and letter.done_at is None and letter.lease == lease
            case TreeAt(at):
                return self._instance.tree_at <= at
            case PeopleAt(at):
                return self._instance.people_at <= at
            case RowIs():
                return False  # this engine keeps no records

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply the changes; if one breaks, take all back.

        :raises Broken: or one of the named kinds of it
        """
        try:
            for change in changes:
                self._apply(change)
        except BaseException:
            for (table, key), row in reversed(self._before):
                self._tables[table].write(key, row)
            raise

    def _apply(self, change: Change) -> None:
        match change:
            case Put(row):
                if key_of(row) in self._tables[type(row)].rows:
                    raise Taken(row)
                self._write(row)
            case Upsert(row):
                self._write(row)
            case Set(table, key, values):
                self._write(msgspec.structs.replace(self._get(table, *key), **values))
            case Drop(table, key):
                self._drop(table, key)
            case DropWhere(table, column, value):
                for row in list(self._tables[table].by(column, (value,))):
                    self._drop(table, key_of(row))
            case Nest(child, grp, since):
                self._write(Nested(child, grp, since))
            case Unnest(child, grp):
                self._drop(Nested, (child, grp))
            case PutRows() | SetRows() | DropRows() | Reshape():
                raise Problem("unknown_collection")  # this engine keeps no records
            case _:
                self._count(change)

    def _count(self, change: CountUse | Charge | CountTry | MoveSpace | TakeDue) -> None:
        match change:
            case TakeDue():
                self.gave.append(self._take_due(change))
            case CountUse(share, limit, at):
                used = (self._find(Use, share) or Use(share)).used
                if limit is not None and used >= limit:
                    raise UsedUp(share)
                self._write(Use(share, used + 1, at))
            case Charge(no, size, quota):
                space = self._get(Space, no)
                if quota is not None and size > 0 and space.used + size > quota:
                    raise OverQuota(no)
                self._write(msgspec.structs.replace(space, used=space.used + size))
            case CountTry():
                self._try(change)
            case MoveSpace(no, space, limit):
                self._move(self._get(Item, no), space, limit)

    def _take_due(self, change: TakeDue) -> list[Outbox]:
        waiting: list[Outbox] = [row for row in self._tables[Outbox].rows.values() if row.done_at is None]
        due = [row for row in waiting if row.due_at <= change.at and row.lease <= change.at]
        due.sort(key=lambda row: (row.due_at, row.no))
        taken = [msgspec.structs.replace(row, lease=change.until) for row in due[: change.limit]]
        for row in taken:
            self._write(row)
        return taken

    def _try(self, change: CountTry) -> None:
        window = self._find(Throttle, change.subject)
        if window is None or abs(change.at - window.since) >= change.window:
            window = Throttle(change.subject, change.at, 0)
        count = max(window.count + change.tries, 0)
        if change.tries > 0 and count > change.limit:
            raise UsedUp(change.subject)
        self._write(msgspec.structs.replace(window, count=count))

    def _move(self, top: Item, space: int, limit: int) -> None:
        """Rewrite the space of a whole subtree."""
        below, level = [top], [top]
        while level and len(below) <= limit:
            level = list(self._tables[Item].by("parent", [item.no for item in level]))
            below += level
        if len(below) > limit:
            raise TooLarge(top.no)
        for item in below:
            self._write(msgspec.structs.replace(item, space=space, stamp=item.stamp + 1))

    def _find(self, table: type[Any], *key: Any) -> Any:
        return self._tables[table].rows.get(key)

    def _get(self, table: type[Any], *key: Any) -> Any:
        row = self._find(table, *key)
        if row is None:
            raise Broken(table, key)
        return row

    def _write(self, row: Row) -> None:
        key = key_of(row)
        self._before.append(((type(row), key), self._tables[type(row)].write(key, row)))

    def _drop(self, table: type[Row], key: Key) -> None:
        self._before.append(((table, key), self._tables[table].write(key, None)))

    def past(self, since: dict[Place, int]) -> Iterable[tuple[type[Row], Past]]:
        """Yield what was changed or removed, and the revisions between which it held; bring ``since`` up to date."""
        now = self._instance.revision + 1
        first = {place: row for place, row in reversed(self._before) if place[0].past}
        for (table, key), row in first.items():
            before, after = _kept(row), _kept(self._find(table, *key))
            if before == after:
                continue
            held = since.pop((table, key), now)
            if before is not None:
                yield table, {**before, SINCE: held, UNTIL: now}
            if after is not None:
                since[table, key] = now


def _kept(row: Row | None) -> Past | None:
    """Return what the past keeps of a row."""
    return None if row is None else {column: getattr(row, column) for column in kept(type(row))}
