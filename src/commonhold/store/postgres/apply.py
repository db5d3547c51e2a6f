"""Changes as statements of one open transaction: all of a commit, or an exception, and the caller takes it back.

New rows wait for a moment and are written many at a time, also those of several commits. Whatever else touches their
table, or reads it, has them written first.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, assert_never

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
from commonhold.core.model import Instance, Item, Nested, Outbox, Row, Share, Space, Throttle, Use
from commonhold.core.records.writes import DropRows, PutRows, RecordChange, Reshape, RowIs, SetRows
from commonhold.store.postgres import statements as sql
from commonhold.store.postgres import words
from commonhold.store.postgres.connections import Connection, told
from commonhold.store.postgres.record_writing import RecordWriting
from commonhold.store.postgres.values import decode_all
from commonhold.store.tables import MARKED, SINCE, WRITTEN, columns, kept

HOLDS: Final[Mapping[type[Guard], str]] = {
    ShareIs: "SELECT 1 FROM share WHERE no = $1 AND version = $2",
    StampIs: "SELECT 1 FROM item WHERE no = $1 AND stamp = $2",
    LeaseIs: "SELECT 1 FROM outbox WHERE no = $1 AND lease = $2 AND done_at IS NULL FOR UPDATE",
}


async def take_due(connection: Connection, change: TakeDue) -> list[Outbox]:
    """Take what is due, in one statement that waits for nobody."""
    found = await connection.fetch(sql.TAKE_DUE, change.at, change.until, change.limit)
    return sorted(decode_all(Outbox, [one for (one,) in found]), key=lambda row: (row.due_at, row.no))


@cache
def _revisions(row: type[Row]) -> int:
    """Return how many columns of a table hold the revision, after those of its row."""
    return len(columns(row)) - len(row.__struct_fields__)


class Writing:
    """One transaction, commit after commit; ``at`` dates what becomes past."""

    def __init__(self, connection: Connection, at: int, records: RecordWriting) -> None:
        """Nothing is written yet. ``gave`` holds what each change of records gives."""
        self._connection = connection
        self._execute = connection.execute
        self._now = 0
        self._at = at
        self._records = records
        self._waiting: dict[type[Row], list[tuple[Row, int]]] = {}
        self.gave: list[Any] = []

    async def hold(self, guards: Sequence[Guard], before: Instance) -> None:
        """Check the guards of a commit after the installation's row ``before``.

        :raises Broken: one does not hold
        """
        for guard in guards:
            if not await self._holds(guard, before):
                raise Broken

    async def _holds(self, guard: Guard, before: Instance) -> bool:
        match guard:
            case TreeAt(at):
                return before.tree_at <= at
            case PeopleAt(at):
                return before.people_at <= at
            case ShareIs(no, state) | StampIs(no, state) | LeaseIs(no, state):
                return bool(await self._connection.fetch(HOLDS[type(guard)], no, state))
            case RowIs():
                return await self._records.holds(guard)

    async def apply(self, changes: Sequence[Change], before: Instance) -> None:
        """Write changes, in which every number is resolved; new rows may wait still.

        :raises Broken: or one of the named kinds of it
        :raises PostgresError: what went wrong in the database; a key that exists already, too
        """
        self._now = before.revision + 1
        for change in changes:
            await self._apply(change)

    def forget(self) -> None:
        """Forget the new rows that wait: their commit is taken back."""
        self._waiting.clear()

    async def flush(self, *tables: type[Row]) -> None:
        """Write the new rows of some tables that wait, or all: items before shares, which may stand on them."""
        waiting = [table for table in (tables or tuple(self._waiting)) if table in self._waiting]
        for table in sorted(waiting, key=lambda table: table is not Item):
            await self._write(table, self._waiting.pop(table), sql.insert(table))

    async def _write(self, table: type[Row], rows: Sequence[tuple[Row, int]], text: str) -> None:
        await self._execute(text, [astuple(row) + (now,) * _revisions(table) for row, now in rows])
        if table is Item:
            await words.keep(self._connection, [row for row, _ in rows])  # type: ignore[misc]
        elif table is Share:
            shares: Any = [row for row, _ in rows]
            await self.flush(Item)
            of = ([one.no for one in shares], [one.recipient for one in shares], [one.item for one in shares])
            await self._execute(sql.BELOW_FOLDER, *of)

    async def _apply(self, change: Change) -> None:
        match change:
            case Put(row) if not isinstance(row, Nested):
                self._waiting.setdefault(type(row), []).append((row, self._now))
            case Put(row) | Upsert(row):
                await self._upsert(row, isinstance(change, Upsert))
            case Set():
                await self._set(change)
            case Drop(table, key) if table is not Nested:
                await self._remove(table, table.key, key)
            case DropWhere(table, column, value) if table is not Nested:
                await self._remove(table, (column,), (value,))
            case CountUse(share, limit, at):
                await self.flush(Use)
                await self._once(sql.COUNT_USE, (share, limit, at), UsedUp)
            case CountTry(subject, limit, window, at, tries):
                await self.flush(Throttle)
                await self._once(sql.COUNT_TRY, (subject, at, tries, limit, window), UsedUp)
            case Charge():
                await self._charge(change)
            case MoveSpace():
                await self._move(change)
            case Nest() | Unnest() | Drop() | DropWhere():
                await self._edges(change)
            case TakeDue():
                await self.flush(Outbox)
                self.gave.append(await take_due(self._connection, change))
            case PutRows() | SetRows() | DropRows() | Reshape():
                await self._record(change)
            case _:
                assert_never(change)

    async def _record(self, change: RecordChange) -> None:
        await self.flush()
        gave, following = await self._records.write(change, self._at, self.gave)
        self.gave.append(gave)
        for one in following:
            await self._apply(one)

    async def _once(self, text: str, values: sql.Values, otherwise: type[Broken]) -> None:
        """Write one row, or break."""
        if told(await self._execute(text, *values)) != 1:
            raise otherwise(values)

    async def _upsert(self, row: Row, replace: bool) -> None:
        table = type(row)
        await self.flush(table)
        moved = replace and table.past is not None and await self._moves_on(row)
        await self._write(table, [(row, self._now)], sql.upsert(table, moved) if replace else sql.insert(table))
        if isinstance(row, Nested):
            await self._nest(row.child, row.grp)

    async def _set(self, change: Set) -> None:
        table, key, values = change.table, change.key, dict(change.values)
        await self.flush(table)
        if await self._move_on(table, key, values):
            values[SINCE] = self._now
        if table in MARKED:
            values[WRITTEN] = self._now
        await self._once(sql.update(table, tuple(values)), (*values.values(), *key), Broken)
        if table is Item and ("name" in values or "attributes" in values):
            found = await self._connection.fetchval(f"SELECT {sql.rows_by(Item, 'no')}", list(key))
            await words.keep(self._connection, decode_all(Item, found))

    async def _remove(self, table: type[Row], names: tuple[str, ...], values: sql.Values) -> None:
        await self.flush(table)
        await self._bury(table, sql.equal(names, 3), values)
        beside = {Item: ("item_words", "no"), Share: ("folder_share", "share")}.get(table)
        if beside:
            some = f"SELECT no FROM {table.table} WHERE {sql.equal(names)}"
            await self._execute(f"DELETE FROM {beside[0]} WHERE {beside[1]} IN ({some})", *values)
        await self._execute(sql.delete(table, names), *values)

    async def _moves_on(self, row: Row) -> bool:
        """Copy the row that is about to be replaced to the past, if there is one."""
        now = {name: getattr(row, name) for name in row.__struct_fields__}
        return await self._move_on(type(row), [now[name] for name in row.key], now)

    async def _move_on(self, table: type[Row], key: sql.Values, values: Mapping[str, Any]) -> bool:
        """Copy a row that is about to change to the past; tell whether there is one, and it changes."""
        names = [name for name in values if name in kept(table)] if table.past else ()
        if not names:
            return False
        where = f"{sql.equal(table.key, 3)} AND {sql.differ(names, 3 + len(key))}"
        return await self._bury(table, where, (*key, *(values[name] for name in names))) > 0

    async def _bury(self, table: type[Row], where: str, values: sql.Values) -> int:
        """Copy what is about to change or go to the past, where there is one; return how many rows."""
        if not table.past:
            return 0
        return told(await self._execute(sql.bury(table, where), self._now, self._at, *values))

    async def _charge(self, change: Charge) -> None:
        await self.flush(Space)
        known = await self._connection.fetch("SELECT 1 FROM space WHERE no = $1", change.space)
        await self._once(sql.CHARGE, (change.space, change.size, change.quota), OverQuota if known else Broken)

    async def _move(self, change: MoveSpace) -> None:
        await self.flush(Item)
        found = await self._connection.fetch(sql.BELOW, change.item, change.limit + 1)
        numbers = [no for (no,) in found]
        if not numbers:
            raise Broken(change.item)
        if len(numbers) > change.limit:
            raise TooLarge(change.item)
        await self._bury(Item, "no = ANY($3) AND space IS DISTINCT FROM $4", (numbers, change.space))
        await self._execute(
            f"UPDATE item SET {SINCE} = CASE WHEN space IS DISTINCT FROM $2 THEN $3 ELSE {SINCE} END, "
            f"space = $2, stamp = stamp + 1, {WRITTEN} = $3 WHERE no = ANY($1)",
            numbers,
            change.space,
            self._now,
        )

    # edges between groups, and their closure

    async def _edges(self, change: Nest | Unnest | Drop | DropWhere) -> None:
        match change:
            case Nest(child, grp, since):
                await self._upsert(Nested(child, grp, since), replace=True)
            case Unnest(child, grp) | Drop(_, (child, grp)):
                await self._unnest(child, grp)
            case Drop():
                raise Broken(change.key)
            case DropWhere(_, column, value):
                text = f'SELECT child, grp FROM nested WHERE "{column}" = $1'
                for child, grp in await self._connection.fetch(text, value):
                    await self._unnest(child, grp)

    async def _nest(self, child: int, grp: int) -> None:
        itself = "INSERT INTO group_closure SELECT no, no FROM unnest($1::bigint[]) AS no ON CONFLICT DO NOTHING"
        await self._execute(itself, sorted({child, grp}))
        await self._execute(sql.NEST, child, grp)

    async def _unnest(self, child: int, grp: int) -> None:
        """Take an edge away; only what is below the child can have lost something above it."""
        if not told(await self._execute(sql.delete(Nested, Nested.key), child, grp)):
            return
        found = await self._connection.fetch("SELECT grp FROM group_closure WHERE ancestor = $1", child)
        below = [no for (no,) in found]
        await self._execute("DELETE FROM group_closure WHERE grp = ANY($1)", below)
        await self._execute(sql.CLOSURE, below)
