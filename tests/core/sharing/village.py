"""A small village for the verbs of sharing: alice owns /docs with a.txt; bob, carol and dora live beside her."""

from typing import Any

from commonhold.core.core import Core
from commonhold.core.identity import Actor, ItemRef, Named, RecipientRef
from commonhold.core.model import LINK, MAIN_ORG, ROWS, Row, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Role
from commonhold.core.sharing.finding import decide
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.opening import Opened, by_secret, open_share
from commonhold.core.sharing.proposal import Asked, Pair, Proposal, Report
from commonhold.core.sharing.propose import propose
from commonhold.core.terms import Terms
from commonhold.testing.build import Builder
from commonhold.testing.core import TestClock, make_core


class Village:
    """A core, its people and things, and short ways to say what a test does."""

    core: Core
    build: Builder
    clock: TestClock
    alice: int
    bob: int
    carol: int
    dora: int
    guest: int
    team: int
    top: int
    docs: int
    file: int

    @classmethod
    async def found(cls, **parts: Any) -> "Village":
        """Settle everybody; ``parts`` go to ``make_core``."""
        self = cls()
        self.clock = parts.pop("clock", None) or TestClock()
        self.core = make_core(clock=self.clock, **parts)
        build = self.build = Builder(self.core.store)
        self.alice, self.bob, self.carol = [await build.user(name) for name in ("alice", "bob", "carol")]
        self.dora = await build.user("dora", admin=True)
        self.guest = await build.user("guest", org=None, external=True)
        self.team = await build.group("team", self.bob, self.alice, owner=self.alice)
        self.top = await build.space(self.alice, MAIN_ORG)
        self.docs = await build.folder(self.top, "docs")
        self.file = await build.item(self.docs, "a.txt")
        return self

    async def share(
        self,
        by: int,
        to: RecipientRef | str,
        item: ItemRef | None = None,
        role: Role | None = Role.VIEWER,
        terms: Terms = Terms(),  # noqa: B008 - frozen
        **how: Any,
    ) -> Pair:
        """Propose one pair and return its outcome."""
        report = await self.propose(by, (item or self.docs,), (to,), role=role, terms=terms, **how)
        return report.pairs[0]

    async def propose(
        self, by: int, items: tuple[ItemRef, ...], to: tuple[RecipientRef | str, ...], **how: Any
    ) -> Report:
        """Propose items × recipients, where texts are names."""
        recipients = tuple(Named(ref) if isinstance(ref, str) else ref for ref in to)
        return await propose(self.core, Actor(by), Proposal(tuple(Asked(ref) for ref in items), recipients, **how))

    async def link(self, by: int | None = None, **how: Any) -> Share:
        """Make a link to the file, and return its row."""
        pair = await self.share(by or self.alice, LINK, self.file, **how)
        assert pair.no is not None, pair
        return await self.build.get(Share, pair.no)

    async def open(self, share: Share, password: str | None = None, user: int | None = None) -> Opened:
        """Open a link by its secret."""
        ref = by_secret(secret_of(self.core, share))
        return await open_share(self.core, Actor(user, address="192.0.2.1"), ref, password)

    async def may(self, who: int | Actor | None, item: int | None = None) -> Action:
        """Return what somebody may do; nothing, if there is no such item for him."""
        actor = who if isinstance(who, Actor) else Actor(who)
        try:
            return (await decide(self.core, actor, item or self.file)).actions
        except Problem:
            return Action.NONE

    async def everything(self) -> dict[str, list[Any]]:
        """Return all rows that sharing writes: to see that a refusal changed nothing."""
        return {table.table: await self.rows(table) for table in ROWS if table.table not in ("throttle", "event")}

    async def rows(self, table: type[Row]) -> list[Any]:
        """Return all rows of a table."""
        return await self.core.store.rows(machine(), Rows(table, limit=200))
