"""Statements: the hot ones are files of their own in ``sql``, the others are made from a shape and kept.

In a file ``$share`` stands for the columns of a share in the order of its fields, so that a row is read by position.
"""

import json
from collections.abc import Collection, Sequence
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, Final

from commonhold.core.content.words import TEXTS
from commonhold.core.model import ROWS, Row
from commonhold.store.tables import AT, SINCE, UNTIL, columns, kept
from commonhold.store.tables import WRITTEN as MARK

COLUMNS: Final = {row.table: ", ".join(f'{row.table}."{name}"' for name in row.__struct_fields__) for row in ROWS}
# A list travels as one JSON text, so that a statement has one form whatever the length of the list.
LISTED: Final = "(SELECT value FROM json_each(?))"


def _load(name: str) -> str:
    text = files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return Template(text).substitute(COLUMNS)


INSTANCE: Final = _load("instance")
MOVE_ON: Final = _load("move_on")
WHO: Final = _load("who")
NUMBER: Final = _load("number")
CHAIN: Final = _load("chain")
WRITTEN: Final = _load("written")
CHILD: Final = _load("child")
SET: Final = _load("set")
STANDING: Final = _load("standing")
COUNT_SHARES: Final = _load("count_shares")
ADMINISTRATORS: Final = _load("administrators")
SHARES_NEAR: Final = _load("shares_near")
SHARES_WIDE: Final = _load("shares_wide")
SHARES_BETWEEN: Final = _load("shares_between")
SHARED_WITH: Final = _load("shared_with")
ENDS_WITH: Final = _load("ends_with")

BELOW_FOLDER: Final = _load("below_folder")
FORGET_WORDS: Final = "DELETE FROM item_words WHERE rowid = ?"
KEEP_WORDS: Final = f"INSERT INTO item_words (rowid, {', '.join(TEXTS)}) VALUES (?{', ?' * len(TEXTS)})"
NEST: Final = _load("nest")
CLOSURE: Final = _load("closure")
BELOW: Final = _load("below")
COUNT_USE: Final = _load("count_use")
COUNT_TRY: Final = _load("count_try")
CHARGE: Final = _load("charge")
DUE: Final = (
    f"SELECT {COLUMNS['outbox']} FROM outbox WHERE done_at IS NULL AND due_at <= ? AND lease <= ? "
    "ORDER BY due_at, no LIMIT ?"
)
LEASE: Final = f"UPDATE outbox SET lease = ? WHERE no IN {LISTED}"


def listed(values: Collection[Any]) -> str:
    """Write a list as a statement takes it; of numbers, JSON is what Python writes, too."""
    known = list(values)
    return str(known) if known and type(known[0]) is int else json.dumps(known)


def quoted(names: Sequence[str]) -> str:
    """Write names of columns: some are words of SQL too."""
    return ", ".join(f'"{name}"' for name in names)


def equal(names: Sequence[str], between: str = " AND ") -> str:
    """Write that columns have values, or get them."""
    return between.join(f'"{name}" = ?' for name in names)


@cache
def select(row: type[Row], column: str, one: bool) -> str:
    """Make the statement that reads rows by one value of a column, or by a list of different values."""
    if one:
        return f'SELECT {COLUMNS[row.table]} FROM {row.table} WHERE "{column}" = ?'
    return _listed(row, column, COLUMNS[row.table])


@cache
def select_marked(row: type[Row]) -> str:
    """Make the statement that reads rows by a list of numbers, with the revision that wrote them last."""
    return _listed(row, "no", f"{COLUMNS[row.table]}, {MARK}")


def _listed(row: type[Row], column: str, columns: str) -> str:
    table = row.table
    return f'SELECT {columns} FROM json_each(?) AS one CROSS JOIN {table} ON {table}."{column}" = one.value'


@cache
def insert(row: type[Row]) -> str:
    """Make the statement that writes a new row; where there is more than its fields, the revision comes last."""
    names = columns(row)
    return f"INSERT INTO {row.table} ({quoted(names)}) VALUES ({', '.join('?' * len(names))})"


@cache
def upsert(row: type[Row], moved: bool) -> str:
    """Make the statement that writes a row in place of one with the same key, if there is one.

    Where there is a past, ``moved`` says whether the row was copied there, and a new time of it begins.
    """
    names = [name for name in columns(row) if name not in row.key and (moved or name != SINCE)]
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
    return f"{insert(row)} ON CONFLICT ({quoted(row.key)}) DO UPDATE SET {changed}"


@cache
def update(row: type[Row], names: tuple[str, ...]) -> str:
    """Make the statement that changes columns of one row."""
    return f"UPDATE {row.table} SET {equal(names, ', ')} WHERE {equal(row.key)}"


@cache
def delete(row: type[Row], names: tuple[str, ...]) -> str:
    """Make the statement that removes the rows with these values."""
    return f"DELETE FROM {row.table} WHERE {equal(names)}"


def differ(names: Sequence[str]) -> str:
    """Write that one of some columns has another value."""
    return "(" + " OR ".join(f'"{name}" IS NOT ?' for name in names) + ")"


@cache
def bury(row: type[Row], where: str) -> str:
    """Make the statement that copies rows to their past table: revision, time, revision, the values of ``where``.

    A row that this revision made was never seen. Of a password it is kept that there was one.
    """
    names = kept(row)
    shown = ", ".join("iif(password IS NULL, NULL, '')" if name == "password" else f'"{name}"' for name in names)
    return (
        f"INSERT INTO {row.past} ({quoted(names)}, {UNTIL}, {AT}, {SINCE}) "
        f"SELECT {shown}, ?, ?, {SINCE} FROM {row.table} WHERE {SINCE} < ? AND {where}"
    )
