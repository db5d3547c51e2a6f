"""Statements: those on the way of decisions are files of their own in ``sql``, the others are made from a shape.

Lists travel as arrays, so that a statement has one form whatever the length of the list; rows travel as composite
values of their table's type, whose columns stand in the order of the row's fields (a test compares them).
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any, Final

from commonhold.core.content.words import TEXTS
from commonhold.core.model import Row
from commonhold.store.tables import AT, SINCE, UNTIL, columns, kept


def load(name: str) -> str:
    """Return a statement that stands in a file."""
    return files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


INSTANCE: Final = "revision, people_at, tree_at, next_no"
HOLD: Final = f"SELECT {INSTANCE} FROM instance FOR UPDATE"
MOVE_ON: Final = "UPDATE instance SET revision = $1, people_at = $2, tree_at = $3, next_no = $4"
WHO: Final = load("who")
SHARED_WITH: Final = load("shared_with")
ENDS_WITH: Final = load("ends_with")
NEST: Final = load("nest")
CLOSURE: Final = load("closure")
BELOW: Final = load("below")
COUNT_USE: Final = load("count_use")
COUNT_TRY: Final = load("count_try")
CHARGE: Final = load("charge")
BELOW_FOLDER: Final = load("below_folder")
KEEP_WORDS: Final = (
    f"INSERT INTO item_words (no, words, {', '.join(TEXTS)}) "
    f"SELECT no, words::tsvector, {', '.join(f'{text}::tsvector' for text in TEXTS)} "
    f"FROM unnest($1::bigint[], {', '.join(f'${n}::text[]' for n in range(2, len(TEXTS) + 3))}) "
    f"AS given (no, words, {', '.join(TEXTS)}) ON CONFLICT (no) DO UPDATE "
    f"SET words = excluded.words, {', '.join(f'{text} = excluded.{text}' for text in TEXTS)}"
)


def reading(*answers: str) -> str:
    """Make a statement of one row: the row of the installation, then each of some answers, all of the same moment."""
    return f"SELECT {', '.join((INSTANCE, *answers))} FROM instance"


def quoted(names: Sequence[str]) -> str:
    """Write names of columns: some are words of SQL too."""
    return ", ".join(f'"{name}"' for name in names)


def equal(names: Sequence[str], first: int = 1, between: str = " AND ") -> str:
    """Write that columns have values, or get them; numbered from ``first``."""
    return between.join(f'"{name}" = ${n}' for n, name in enumerate(names, first))


def differ(names: Sequence[str], first: int) -> str:
    """Write that one of some columns has another value."""
    return "(" + " OR ".join(f'"{name}" IS DISTINCT FROM ${n}' for n, name in enumerate(names, first)) + ")"


def rows_by(row: type[Row], column: str) -> str:
    """Write the rows with one of some values in a column, as one array."""
    return f'ARRAY(SELECT one FROM {row.table} AS one WHERE one."{column}" = ANY($1))'


@cache
def select(row: type[Row], column: str) -> str:
    """Make the statement that reads rows by values of a column."""
    return reading(rows_by(row, column))


@cache
def insert(row: type[Row]) -> str:
    """Make the statement that writes new rows, all of an array."""
    return f"INSERT INTO {row.table} SELECT given.* FROM unnest($1::{row.table}[]) AS given"


@cache
def upsert(row: type[Row], moved: bool) -> str:
    """Make the statement that writes rows in place of those with the same key, if there are such.

    Where there is a past, ``moved`` says whether the row was copied there, and a new time of it begins.
    """
    names = [name for name in columns(row) if name not in row.key and (moved or name != SINCE)]
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
    return f"{insert(row)} ON CONFLICT ({quoted(row.key)}) DO UPDATE SET {changed}"


@cache
def update(row: type[Row], names: tuple[str, ...]) -> str:
    """Make the statement that changes columns of one row."""
    return f"UPDATE {row.table} SET {equal(names, 1, ', ')} WHERE {equal(row.key, len(names) + 1)}"


@cache
def delete(row: type[Row], names: tuple[str, ...]) -> str:
    """Make the statement that removes the rows with these values."""
    return f"DELETE FROM {row.table} WHERE {equal(names)}"


@cache
def bury(row: type[Row], where: str) -> str:
    """Make the statement that copies rows to their past table: revision, time, then the values of ``where`` from $3.

    A row that this revision made was never seen. Of a password it is kept that there was one.
    """
    names = kept(row)
    shown = ", ".join("CASE WHEN password IS NOT NULL THEN '' END" if n == "password" else f'"{n}"' for n in names)
    return (
        f"INSERT INTO {row.past} ({quoted(names)}, {UNTIL}, {AT}, {SINCE}) "
        f"SELECT {shown}, $1, $2, {SINCE} FROM {row.table} WHERE {SINCE} < $1 AND {where}"
    )


def numbered(text: str) -> str:
    """Number the places of a statement that was written with ``?``."""
    numbers = count(1)
    return "".join(part if part != "?" else f"${next(numbers)}" for part in _parts(text))


def _parts(text: str) -> list[str]:
    found: list[str] = []
    for at, part in enumerate(text.split("?")):
        found += ["?", part] if at else [part]
    return found


def vector(texts: Sequence[str]) -> str:
    """Write texts, whose words are joined by blanks, as PostgreSQL keeps what is searched: words with their places.

    Between two texts there is a gap, so that no row of words goes on from one into the next.
    """
    places: dict[str, list[int]] = {}
    at = 0
    for text in texts:
        for word in text.split():
            at += 1
            places.setdefault(word[:LONGEST_WORD], []).append(min(at, LAST_PLACE))
        at += 1
    return " ".join(f"'{word}':{','.join(map(str, at[:MOST_PLACES]))}" for word, at in places.items())


def phrase(words: Sequence[str], beginning: bool) -> str:
    """Write that words stand in a row; of the last one the beginning is enough, if ``beginning``."""
    *some, last = (f"'{word[:LONGEST_WORD]}'" for word in words)
    return " <-> ".join((*some, f"{last}:*" if beginning else last))


LONGEST_WORD: Final = 500  # characters of a word; PostgreSQL takes 2046 bytes
LAST_PLACE: Final = 16_383
MOST_PLACES: Final = 255

# Rows that another transaction holds are passed over: whoever holds them takes them, or settles them, this moment.
TAKE_DUE: Final = (
    "WITH due AS MATERIALIZED (SELECT no FROM outbox WHERE done_at IS NULL AND due_at <= $1 AND lease <= $1 "
    "ORDER BY due_at, no LIMIT $3 FOR UPDATE SKIP LOCKED) "
    "UPDATE outbox SET lease = $2 FROM due WHERE outbox.no = due.no RETURNING outbox"
)

Values = Sequence[Any]
