"""The one schema of all SQL engines, as SQLAlchemy metadata: migrations are made from it and compared with it.

Tables are made from the rows of ``core.model`` and from ``store.uniques``, so that nothing is said twice; what they do
not say, the other indexes, stands here. Types are few and portable: BIGINT for numbers, times and flags, TEXT, BOOLEAN
and BYTEA / BLOB. There are no foreign keys: numbers are never reused, and a commit's guards keep what must hold.
"""

import enum
import types
import typing
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.types import TypeEngine

from commonhold.core.model import ROWS, Instance
from commonhold.core.ports import Where
from commonhold.store.tables import SINCE, UNTIL, WRITTEN, columns, columns_of_past
from commonhold.store.uniques import UNIQUES

# A 64-bit integer is called INTEGER in SQLite, where only INTEGER PRIMARY KEY is the key of the table's own tree.
NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
# Texts compare by code points, whatever the language of a database.
WORDS: Final = Text().with_variant(Text(collation="C"), "postgresql")
TYPES: Final[dict[type, TypeEngine[Any]]] = {
    bool: Boolean(),
    bytes: LargeBinary(),
    int: NUMBER,
    str: WORDS,
    enum.StrEnum: WORDS,
    enum.IntFlag: NUMBER,
}
SIGNS: Final = {"eq": "=", "ne": "<>"}

# Indexes beside keys and unique ones; an index holds only rows in which its columns marked ``?`` are not null.
INDEXES: Final = {
    "principal": ("kind no", "org?", "owner?"),
    "profile": ("name_key",),
    "member": ("grp member",),
    "candidate": ("grp user", "until?"),
    "nested": ("grp child",),
    "group_closure": ("ancestor grp",),
    "folder_share": ("recipient item",),
    "credential": ("principal no", "share?", "family?", "until?"),
    "space": ("owner no", "org?"),
    "item": ("parent no", "space no", "ref?", "trashed_at?"),
    "version": ("blob",),
    "share": ("item no", "recipient no made_by", "hangs_on?", "made_by no", "until?"),
    "rule": ("principal", "collection"),
    "outbox": ("done_at?", "principal? no"),
    "notification": ("user no",),
    "event": ("at", "item? no", "share? no", "actor? at"),
    "idempotency": ("at",),
    "throttle": ("since",),
    "upload": ("until", "user?"),
    "webhook": ("org no",),
    "outside_login": ("user",),
    "origin": ("address", "at"),
    "share_past": (f"item {SINCE}",),
    "member_past": (f"grp {SINCE}",),
    "rule_past": (f"principal {SINCE}",),
}

QUOTED: Final = {"user": '"user"'}  # a word of SQL where a column is meant

metadata: Final = MetaData()


def _column(name: str, hint: Any, key: tuple[str, ...]) -> Column[Any]:
    """Make the column of a field: ``X | None`` is a nullable one."""
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    (kind,) = (kind for kind in kinds if kind is not types.NoneType)
    known = next(TYPES[base] for base in kind.__mro__ if base in TYPES)
    return Column(name, known, nullable=len(kinds) > 1, primary_key=name in key, autoincrement=False)


def _table(name: str, names: tuple[str, ...], hints: dict[str, Any], key: tuple[str, ...]) -> None:
    """Make a table; on SQLite one with a composite or textual key is stored in that key's order."""
    by_number = not key or (len(key) == 1 and hints[key[0]] is int)
    Table(name, metadata, *(_column(one, hints.get(one, int), key) for one in names), sqlite_with_rowid=by_number)


def _index(
    table: str, names: Sequence[str], where: Sequence[str] = (), *, unique: bool = False, name: str | None = None
) -> None:
    """Make an index, named by its columns if it has no other name; ``where`` makes it a partial one."""
    found = metadata.tables[table].c
    part = text(" AND ".join(where)) if where else None
    name = name or "_".join((table, *names, *(("unique",) if unique else ())))
    Index(name, *(found[one] for one in names), unique=unique, sqlite_where=part, postgresql_where=part)


def _condition(where: Where) -> str:
    value = where.value.value
    return f"{where.column} {SIGNS[where.op]} {repr(value) if isinstance(value, str) else value}"


for _row in ROWS:
    _hints = typing.get_type_hints(_row)
    _table(_row.table, columns(_row), _hints, _row.key)
    if _row.past:
        _table(_row.past, columns_of_past(_row), _hints, (*_row.key, UNTIL))
_table("instance", Instance.__struct_fields__, {}, ())
_table("group_closure", ("grp", "ancestor"), {}, ("grp", "ancestor"))  # every group is an ancestor of itself
_table("folder_share", ("share", "recipient", "item"), {"share": int}, ("share",))  # shares that stand on folders
for _one in UNIQUES:
    _index(_one.table.table, _one.columns, [_condition(where) for where in _one.where], unique=True)
for _name, _known in INDEXES.items():
    for _names in (known.split() for known in _known):
        _some = [QUOTED.get(n[:-1], n[:-1]) for n in _names if n[-1] == "?"]
        _index(_name, [name.rstrip("?") for name in _names], [f"{n} IS NOT NULL" for n in _some])
_index("item", ("parent",), where=["kind = 'folder'"], name="item_folders")
_index("item", ("parent", "size"), where=["life = 'live'"])  # a folder in the order that somebody looks at it
_index("item", ("parent", "changed_at"), where=["life = 'live'"])
_index("outbox", ("due_at",), where=["done_at IS NULL"])
_index("principal", ("org", "no"), where=["org_role = 'administrator'"])
_index("principal", ("admin", "no"), where=["admin = TRUE"])
_index("share", ["item", "recipient", "hangs_on", WRITTEN], name="share_near")  # all that chains are looked through for
