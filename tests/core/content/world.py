"""A small world for the tests of content: Ann owns a space, others come in by shares."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest

from commonhold.core.changes import Change, Commit, Drop, Guard
from commonhold.core.content.files import put
from commonhold.core.content.making import make_folder
from commonhold.core.content.opening import Content, open_content
from commonhold.core.content.tree import ItemChange, change, children
from commonhold.core.identity import Actor, ItemRef, Pass
from commonhold.core.limits import Limits
from commonhold.core.model import LINK, Item, Share, Space
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Role
from commonhold.store.memory import MemoryStore
from commonhold.testing.build import Builder
from commonhold.testing.core import TestClock, make_core


async def pieces(*texts: str) -> AsyncIterator[bytes]:
    """An upload in pieces."""
    for text in texts:
        yield text.encode()


async def problem(verb: Awaitable[Any]) -> Problem:
    """What a verb refuses with."""
    with pytest.raises(Problem) as refused:
        await verb
    return refused.value


async def text_of(content: Content, start: int = 0, end: int | None = None) -> str:
    """The bytes of an opened file."""
    return b"".join([piece async for piece in content.chunks(start, end)]).decode()


class Interrupted(MemoryStore):
    """The reference engine, with something that happens just before the next commit, or the next listing."""

    meanwhile: Callable[[], Awaitable[Any]] | None = None
    in_between: Callable[[], Awaitable[Any]] | None = None

    async def rows(self, allowed: Allowed, rows: Rows) -> list[Any]:
        """Let it happen, once, and list."""
        happens, self.in_between = self.in_between, None
        if happens is not None:
            await happens()
        return await super().rows(allowed, rows)

    async def commit(self, changes: Sequence[Change], guards: Sequence[Guard] = ()) -> Commit:
        """Let it happen, once, and commit."""
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            await happens()
        return await super().commit(changes, guards)


class World:
    """Ann with her top folder, Bob with his, and whoever a test calls in."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Begin with nobody; ``open`` makes the people."""
        self.clock = TestClock()
        self.store = Interrupted(self.clock())
        self.core = make_core(store=self.store, clock=self.clock, limits=limits)
        self.build = Builder(self.store)
        self.count = 0

    @classmethod
    async def open(cls, limits: Limits | None = None) -> "World":
        """A world with Ann and Bob in it."""
        world = cls(limits)
        world.ann, world.top = await world.person("ann")
        world.bob, world.bobs = await world.person("bob")
        return world

    ann: Actor
    bob: Actor
    top: int
    bobs: int

    async def person(self, name: str, **columns: Any) -> tuple[Actor, int]:
        """A person with a space of his own: the actor and his top folder."""
        no = await self.build.user(name, **columns)
        return Actor(no), await self.build.space(no)

    async def guest(self, item: int, role: Role | None) -> Actor:
        """Somebody new who holds a share of an item; ``None``: a stranger."""
        self.count += 1
        no = await self.build.user(f"guest{self.count}")
        if role is not None:
            await self.build.share(item, no, role)
        return Actor(no)

    async def link(self, item: int, role: Role) -> Actor:
        """Somebody without an account who has opened a link."""
        return Actor(None, (Pass(await self.build.share(item, LINK, role), 0),))

    async def folder(self, name: str, parent: int | None = None) -> Item:
        """A folder of Ann's."""
        return await make_folder(self.core, self.ann, parent or self.top, name)

    async def file(self, name: str, text: str = "hello", parent: int | None = None) -> Item:
        """A file of Ann's."""
        return await put(self.core, self.ann, parent or self.top, name, pieces(text))

    async def text(self, ref: ItemRef, actor: Actor | None = None, version: int | None = None) -> str:
        """What a file holds."""
        return await text_of(await open_content(self.core, actor or self.ann, ref, version=version))

    async def names(self, folder: int | None = None, actor: Actor | None = None) -> list[str | None]:
        """What lies in a folder."""
        page = await children(self.core, actor or self.ann, folder or self.top)
        return [seen.item.name for seen in page.items]

    async def row(self, no: int) -> Item:
        """An item as it is stored."""
        return await self.build.get(Item, no)

    async def used(self, top: int | None = None) -> int:
        """Bytes that a space takes up."""
        return (await self.build.get(Space, (await self.row(top or self.top)).space)).used

    async def shares(self, item: int) -> list[Share]:
        """The live shares that stand on an item."""
        found: list[Share] = await self.core.store.rows(machine(), Rows(Share, (Where("item", "eq", item),)))
        return found

    async def withdraw(self, item: int) -> None:
        """End all shares that stand on an item."""
        await self.build.commit(*(Drop(Share, (share.no,)) for share in await self.shares(item)))

    async def restrict(self, item: int) -> None:
        """Let an item take nothing from above."""
        await change(self.core, self.ann, item, ItemChange(inherits=False))

    async def revision(self) -> int:
        """Moves with every write."""
        return (await self.core.store.instance()).revision
