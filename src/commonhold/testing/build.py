"""Builders: people, places and shares by raw changes. Nothing is judged, so rows may be as odd as a test needs them."""

import enum
import types
import typing
import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

from commonhold.core.changes import Change, Commit, Drop, Nest, Put, Set
from commonhold.core.keys import person_key
from commonhold.core.model import (
    EVERYONE,
    LINK,
    MAIN_ORG,
    OWNER,
    Item,
    Level,
    Member,
    Principal,
    Profile,
    Row,
    Share,
    Space,
)
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Store, Where
from commonhold.core.roles import ItemKind, Kind, Role

R = TypeVar("R", bound=Row)
ODD = "Ünïcode 🎈 'one' \"two\" %_\\ \t\u202e"  # a text that an engine has to keep as it is


def new_uid() -> str:
    """Return a uid that nothing has."""
    return str(uuid.uuid4())


class Builder:
    """Makes one row after another in a store, each with its own commit, and returns their numbers."""

    def __init__(self, store: Store) -> None:
        """Build in ``store``."""
        self.store = store

    async def put(self, *rows: Row) -> Commit:
        """Insert rows."""
        return await self.commit(*(Put(row) for row in rows))

    async def commit(self, *changes: Change) -> Commit:
        """Write changes without a guard."""
        return await self.store.commit(changes)

    async def set(self, table: type[Row], no: int, **values: Any) -> Commit:
        """Change columns of a row with a number."""
        return await self.commit(Set(table, (no,), values))

    async def drop(self, table: type[Row], *key: Any) -> Commit:
        """Remove a row."""
        return await self.commit(Drop(table, key))

    async def find(self, table: type[R], *key: Any) -> R | None:
        """Return the row with this key."""
        where = tuple(Where(column, "eq", value) for column, value in zip(table.key, key, strict=True))
        found: Sequence[R] = await self.store.rows(machine(), Rows(table, where))
        return found[0] if found else None

    async def get(self, table: type[R], *key: Any) -> R:
        """Return the row with this key, which is there."""
        found = await self.find(table, *key)
        assert found is not None, (table, key)
        return found

    async def principal(self, kind: Kind, name: str, **columns: Any) -> int:
        """Make a principal of any kind with its name."""
        commit = await self.put(Principal(-1, new_uid(), kind, **columns), Profile(-1, kind, name, person_key(name)))
        return commit.no(-1)

    async def user(self, name: str, *, org: int | None = MAIN_ORG, **columns: Any) -> int:
        """Make a user, who is a member of his organisation."""
        no = await self.principal(Kind.USER, name, org=org, **columns)
        if org is not None:
            await self.join(org, no)
        return no

    async def group(self, title: str, *members: int, **columns: Any) -> int:
        """Make a group with these users in it."""
        no = await self.principal(Kind.GROUP, title, **columns)
        await self.join(no, *members)
        return no

    async def mail(self, address: str, *claimed_by: int) -> int:
        """Make the principal of a mail address, verified by these users."""
        no = await self.principal(Kind.MAIL, address, external=True)
        await self.join(no, *claimed_by)
        return no

    async def join(self, grp: int, *members: int, level: Level = Level.MEMBER) -> None:
        """Put users into a group, organisation or mail address."""
        await self.put(*(Member(member, grp, level) for member in members))

    async def nest(self, child: int, grp: int) -> None:
        """Put a group into another one."""
        await self.commit(Nest(child, grp, 0))

    async def space(self, owner: int, org: int | None = None) -> int:
        """Make a space and return its top folder."""
        commit = await self.put(
            Space(-1, new_uid(), owner, org, -2),
            Item(-2, new_uid(), -1, None, ItemKind.FOLDER, "", None, created_by=owner),
        )
        return commit.no(-2)

    async def item(self, parent: int, name: str, kind: ItemKind = ItemKind.FILE, **columns: Any) -> int:
        """Make an item in a folder."""
        folder = await self.get(Item, parent)
        columns = {"uid": new_uid(), "name_key": name, **columns}
        commit = await self.put(Item(no=-1, space=folder.space, parent=parent, kind=kind, name=name, **columns))
        return commit.no(-1)

    async def folder(self, parent: int, name: str, **columns: Any) -> int:
        """Make a folder in a folder."""
        return await self.item(parent, name, ItemKind.FOLDER, **columns)

    async def record(self, space: int, collection: str, ref: str) -> int:
        """Make the item of a record."""
        row = Item(-1, new_uid(), space, None, ItemKind.RECORD, None, None, collection=collection, ref=ref)
        return (await self.put(row)).no(-1)

    async def share(self, item: int, to: int, role: Role | None = Role.VIEWER, **columns: Any) -> int:
        """Share an item as its owner, unless columns say otherwise; ``LINK`` makes a link."""
        row = Share(**{**await self._defaults(item, to), "role": role, **columns})
        return (await self.put(row)).no(-1)

    async def _defaults(self, item: int, to: int) -> dict[str, Any]:
        known = {EVERYONE: Kind.EVERYONE, LINK: Kind.LINK}
        kind = known[to] if to in known else (await self.get(Principal, to)).kind
        space = await self.get(Space, (await self.get(Item, item)).space)
        return {
            "no": -1,
            "version": -1,
            "uid": new_uid(),
            "item": item,
            "recipient": to,
            "kind": kind,
            "stands_on": OWNER,
            "made_by": space.owner,
            "face": "tests",
        }


def sample(table: type[R], salt: int, *, bare: bool = False) -> R:
    """Return a row with a value of its own in every column; ``bare``: with None wherever a column may be empty."""
    hints = typing.get_type_hints(table)
    return table(**{name: _value(hints[name], salt + at, bare) for at, name in enumerate(table.__struct_fields__)})


def _value(hint: Any, salt: int, bare: bool) -> Any:
    if isinstance(hint, types.UnionType):
        (kind,) = (one for one in typing.get_args(hint) if one is not types.NoneType)
        return None if bare else _value(kind, salt, bare)
    if hint is bool:
        return salt % 2 == 0
    if issubclass(hint, enum.IntFlag):
        return hint(sum(hint) - 1)
    if issubclass(hint, enum.Enum):
        return list(hint)[-1]
    made = {int: 2**40 + salt, str: f"{ODD}{salt}", bytes: b"\x00\xff" + salt.to_bytes(8, "big")}
    return made[hint]
