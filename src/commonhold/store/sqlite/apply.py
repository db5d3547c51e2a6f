"""Changes as statements of one open transaction: all of a commit, or an exception, and the caller takes it back."""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, assert_never

import msgspec
from msgspec.structs import astuple

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
    TooLarge,
    TreeAt,
    Unnest,
    Upsert,
    UsedUp,
)
from commonhold.core.content.words import texts_of
from commonhold.core.model import Instance, Item, Nested, Outbox, Row, Share
from commonhold.core.records.writes import DropRows, PutRows, RecordChange, Reshape, RowIs, SetRows
from commonhold.store.sqlite import statements as sql
from commonhold.store.sqlite.codec import DECODERS
from commonhold.store.sqlite.record_writing import RecordWriting
from commonhold.store.tables import MARKED, SINCE, WRITTEN, columns, kept

HOLDS: Final[Mapping[type[Guard], str]] = {
    ShareIs: "SELECT 1 FROM share WHERE no = ? AND version = ?",
    StampIs: "SELECT 1 FROM item WHERE no = ? AND stamp = ?",
    LeaseIs: "SELECT 1 FROM outbox WHERE no = ? AND lease = ? AND done_at IS NULL",
}


@cache
def _revisions(row: type[Row]) -> int:
    """Return how many columns of a table hold the revision, after those of its row."""
    return len(columns(row)) - len(row.__struct_fields__)


class Writing:
    """One commit on an open transaction, after the installation's row ``before``; ``at`` dates what becomes past."""

    def __init__(self, connection: sqlite3.Connection, before: Instance, at: int, records: RecordWriting) -> None:
        """Begin a commit; nothing is written yet. ``gave`` holds what each change of records gives."""
        self._execute = connection.execute
        self._before = before
        self._now = before.revision + 1
        self._at = at
        self._records = records
        self.gave: list[Any] = []

    def hold(self, guards: Sequence[Guard]) -> None:
        """Check the guards.

        :raises Broken: one does not hold
        """
        if not all(self._holds(guard) for guard in guards):
            raise Broken

    def _holds(self, guard: Guard) -> bool:
        match guard:
            case TreeAt(at):
                return self._before.tree_at <= at
            case PeopleAt(at):
                return self._before.people_at <= at
            case ShareIs(no, state) | StampIs(no, state) | LeaseIs(no, state):
                return bool(self._execute(HOLDS[type(guard)], (no, state)).fetchall())
            case RowIs():
                return self._records.holds(guard)

    def apply(self, changes: Sequence[Change]) -> None:
        """Write changes, in which every number is resolved.

        :raises Broken: or one of the named kinds of it
        :raises sqlite3.Error: what went wrong in the database; a key that exists already, too
        """
        for change in changes:
            self._apply(change)

    def _apply(self, change: Change) -> None:
        match change:
            case Put(row):
                self._put(row, sql.insert(type(row)))
            case Upsert(row):
                self._put(row, sql.upsert(type(row), row.past is not None and self._moves_on(row)))
            case Set():
                self._set(change)
            case Drop(table, key) if table is not Nested:
                self._remove(table, table.key, key)
            case DropWhere(table, column, value) if table is not Nested:
                self._remove(table, (column,), (value,))
            case CountUse(share, limit, at):
                self._once(sql.COUNT_USE, (share, limit, at), UsedUp)
            case CountTry(subject, limit, window, at, tries):
                self._once(sql.COUNT_TRY, (subject, at, tries, limit, window), UsedUp)
            case Charge():
                self._charge(change)
            case MoveSpace():
                self._move(change)
            case Nest() | Unnest() | Drop() | DropWhere():
                self._edges(change)
            case TakeDue():
                self._take_due(change)
            case PutRows() | SetRows() | DropRows() | Reshape():
                self._record(change)
            case _:
                assert_never(change)

    def _take_due(self, change: TakeDue) -> None:
        found = self._execute(sql.DUE, (change.at, change.at, change.limit)).fetchall()
        rows = [msgspec.structs.replace(DECODERS[Outbox](raw), lease=change.until) for raw in found]
        self._execute(sql.LEASE, (change.until, sql.listed([row.no for row in rows])))
        self.gave.append(rows)

    def _record(self, change: RecordChange) -> None:
        gave, following = self._records.write(change, self._at, self.gave)
        self.gave.append(gave)
        self.apply(following)

    def _once(self, text: str, values: Sequence[Any], otherwise: type[Broken]) -> None:
        """Write one row, or break."""
        if self._execute(text, values).rowcount != 1:
            raise otherwise(values)

    def _put(self, row: Row, text: str) -> None:
        self._execute(text, astuple(row) + (self._now,) * _revisions(type(row)))
        if isinstance(row, Nested):
            self._nest(row.child, row.grp)
        elif isinstance(row, Item):
            self._index(row)
        elif isinstance(row, Share):
            self._execute(sql.BELOW_FOLDER, (row.no, row.recipient, row.item))

    def _set(self, change: Set) -> None:
        table, key, values = change.table, change.key, dict(change.values)
        if self._move_on(table, key, values):
            values[SINCE] = self._now
        if table in MARKED:
            values[WRITTEN] = self._now
        self._once(sql.update(table, tuple(values)), (*values.values(), *key), Broken)
        if table is Item and ("name" in values or "attributes" in values):
            (raw,) = self._execute(sql.select(Item, "no", one=True), tuple(key)).fetchall()
            self._index(DECODERS[Item](raw))

    def _remove(self, table: type[Row], names: tuple[str, ...], values: Sequence[Any]) -> None:
        self._bury(table, sql.equal(names), values)
        if table is Item:
            self._execute(
                f"DELETE FROM item_words WHERE rowid IN (SELECT no FROM item WHERE {sql.equal(names)})", values
            )
        elif table is Share:
            below = f"DELETE FROM folder_share WHERE share IN (SELECT no FROM share WHERE {sql.equal(names)})"
            self._execute(below, values)
        self._execute(sql.delete(table, names), values)

    def _moves_on(self, row: Row) -> bool:
        """Copy the row that is about to be replaced to the past, if there is one."""
        now = {name: getattr(row, name) for name in row.__struct_fields__}
        return self._move_on(type(row), [now[name] for name in row.key], now)

    def _move_on(self, table: type[Row], key: Sequence[Any], values: Mapping[str, Any]) -> bool:
        """Copy a row that is about to change to the past; tell whether there is one, and it changes."""
        names = [name for name in values if name in kept(table)] if table.past else ()
        if not names:
            return False
        where = f"{sql.equal(table.key)} AND {sql.differ(names)}"
        return self._bury(table, where, (*key, *(values[name] for name in names))) > 0

    def _bury(self, table: type[Row], where: str, values: Sequence[Any]) -> int:
        """Copy what is about to change or go to the past, where there is one; return how many rows."""
        if not table.past:
            return 0
        return self._execute(sql.bury(table, where), (self._now, self._at, self._now, *values)).rowcount

    def _index(self, item: Item) -> None:
        """Keep an item's words for the search, cut and folded as everywhere."""
        self._execute(sql.FORGET_WORDS, (item.no,))
        if item.name:
            self._execute(sql.KEEP_WORDS, (item.no, *texts_of(item)))

    def _charge(self, change: Charge) -> None:
        known = self._execute("SELECT 1 FROM space WHERE no = ?", (change.space,)).fetchall()
        self._once(sql.CHARGE, (change.space, change.size, change.quota), OverQuota if known else Broken)

    def _move(self, change: MoveSpace) -> None:
        numbers = [no for (no,) in self._execute(sql.BELOW, (change.item, change.limit + 1)).fetchall()]
        if not numbers:
            raise Broken(change.item)
        if len(numbers) > change.limit:
            raise TooLarge(change.item)
        below, now = sql.listed(numbers), self._now
        elsewhere = "space IS NOT ?"
        self._bury(Item, f"no IN {sql.LISTED} AND {elsewhere}", (below, change.space))
        self._execute(
            f"UPDATE item SET {SINCE} = iif({elsewhere}, ?, {SINCE}), space = ?, stamp = stamp + 1, {WRITTEN} = ? "
            f"WHERE no IN {sql.LISTED}",
            (change.space, now, change.space, now, below),
        )

    # edges between groups, and their closure

    def _edges(self, change: Nest | Unnest | Drop | DropWhere) -> None:
        match change:
            case Nest(child, grp, since):
                self._put(Nested(child, grp, since), sql.upsert(Nested, moved=False))
            case Unnest(child, grp) | Drop(_, (child, grp)):
                self._unnest(child, grp)
            case Drop():
                raise Broken(change.key)
            case DropWhere(_, column, value):
                edges = self._execute(f'SELECT child, grp FROM nested WHERE "{column}" = ?', (value,)).fetchall()
                for child, grp in edges:
                    self._unnest(child, grp)

    def _nest(self, child: int, grp: int) -> None:
        itself = "INSERT OR IGNORE INTO group_closure (grp, ancestor) VALUES (?1, ?1)"
        self._execute(itself, (child,))
        self._execute(itself, (grp,))
        self._execute(sql.NEST, (child, grp))

    def _unnest(self, child: int, grp: int) -> None:
        """Take an edge away; only what is below the child can have lost something above it."""
        if not self._execute(sql.delete(Nested, Nested.key), (child, grp)).rowcount:
            return
        found = self._execute("SELECT grp FROM group_closure WHERE ancestor = ?", (child,)).fetchall()
        below = sql.listed([no for (no,) in found])
        self._execute(f"DELETE FROM group_closure WHERE grp IN {sql.LISTED}", (below,))
        self._execute(sql.CLOSURE, (below,))
