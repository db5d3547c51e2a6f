"""Receipts: a withdrawal says what it cut, as a naive count of the whole town says it too, and an event keeps it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.core.directory.credentials import Lives, actor_of
from commonhold.core.identity import Actor
from commonhold.core.model import LINK, Event, Item, LinkKey, Share, Use
from commonhold.core.notices.reading import all_of
from commonhold.core.problems import Problem
from commonhold.core.roles import ANY_KIND, Kind, Role
from commonhold.core.sharing.managing import withdraw
from commonhold.core.sharing.opening import open_share
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.core.sharing.receipts import Receipt
from commonhold.testing.build import Builder
from commonhold.testing.core import TestClock, make_core

DAYS = 86_400_000
RENEWING = Lives(access=DAYS, refresh=2 * DAYS)


class Town:
    """Five people, one folder, and shares that were passed on by one to the next as ``tree`` says."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.clock = TestClock()
        self.core = make_core(clock=self.clock)
        self.build = Builder(self.core.store)
        self.secrets: list[str] = []

    async def found(self, tree: list[tuple[int, int, int]]) -> list[int]:
        """Make shares: each hangs on an earlier one (or none), and its link was opened so often in both ways."""
        self.people = [await self.build.user(f"p{at}") for at in range(len(tree) + 1)]
        self.owner = self.people[0]
        self.top = await self.build.space(self.owner)
        self.uid = (await self.build.get(Item, self.top)).uid
        made: list[int] = []
        for at, (parent, passes, logins) in enumerate(tree, 1):
            above = made[parent % len(made)] if made and parent else None
            giver = self.owner if above is None else (await self.build.get(Share, above)).recipient
            terms: dict[str, Any] = {"stands_on": giver, "made_by": giver, "hangs_on": above, "mask": ANY_KIND}
            made.append(await self.build.share(self.top, self.people[at], Role.MANAGER, **terms))
            if passes or logins:
                link = await self.build.share(self.top, LINK, Role.VIEWER, **{**terms, "hangs_on": made[-1],
                    "stands_on": self.people[at], "made_by": self.people[at]})  # fmt: skip
                await self._open(link, passes, logins)
        return made

    async def _open(self, link: int, passes: int, logins: int) -> None:
        row = await self.build.get(Share, link)
        assert row.kind is Kind.LINK
        await self.build.put(Use(link)) if await self.build.find(Use, link) is None else None
        assert await self.build.find(LinkKey, link) is None
        for at in range(passes + logins):
            opened = await open_share(self.core, Actor(), row.no, lives=RENEWING if at >= passes else None)
            self.secrets.append(opened.secret)

    async def inside(self) -> set[str]:
        """Return the secrets that let somebody in now."""
        found = set()
        for secret in self.secrets:
            try:
                await actor_of(self.core, secret)
            except Problem:
                continue
            found.add(secret)
        return found

    async def below(self, share: int) -> set[int]:
        """Return what hangs on a share, counted naively: everything that is there, again and again."""
        rows = await all_of(self.core, Share)
        found = {share}
        for _ in rows:
            found |= {row.no for row in rows if row.hangs_on in found}
        return found - {share}


TREES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=6)


@given(TREES, st.integers(0, 5))
async def test_a_receipt_counts_what_a_naive_count_finds(tree: list[tuple[int, int, int]], which: int) -> None:
    """Passes that let in before and not afterwards, and shares that hung on the one that ended, at any depth."""
    town = Town()
    made = await town.found(tree)
    share = made[which % len(made)]
    below, before = await town.below(share), await town.inside()
    links = {row.no for row in await all_of(town.core, Share) if row.no in below and row.kind is Kind.LINK}
    trial = await withdraw(town.core, Actor(town.owner), [share], dry_run=True)
    assert await town.inside() == before
    report = await withdraw(town.core, Actor(town.owner), [share])
    assert trial.judgements() == report.judgements()
    receipt = report.receipt
    assert receipt is not None
    assert (receipt.at, receipt.shares, receipt.reshares) == (town.clock(), 1, len(below))
    assert receipt.passes == await _opened(town, links) >= receipt.sessions
    (event,) = [row for row in await all_of(town.core, Event) if row.kind == "share.withdrawn"]
    told = {"reshares": receipt.reshares, "passes": receipt.passes, "sessions": receipt.sessions}
    assert msgspec.json.decode(event.facts) == {name: count for name, count in told.items() if count}
    assert event.share == share


async def _opened(town: Town, links: set[int]) -> int:
    """Count the openings of some links by their events."""
    return sum(row.kind == "share.opened" and row.share in links for row in await all_of(town.core, Event))


async def test_what_was_counted_is_refused() -> None:
    """A pass that a receipt counted lets nobody in afterwards; one that was over before is not counted."""
    town = Town()
    (share,) = await town.found([(0, 2, 1)])
    town.clock.advance(DAYS // 2)
    link = next(row for row in await all_of(town.core, Share) if row.kind is Kind.LINK)
    town.secrets.append((await open_share(town.core, Actor(), link.no)).secret)
    town.clock.advance(DAYS // 2)
    assert len(await town.inside()) == 1
    report = await withdraw(town.core, Actor(town.owner), [link.no, share])
    assert report.receipt == Receipt(town.clock(), shares=2, reshares=0, passes=1, sessions=1)
    assert await town.inside() == set()


async def test_taking_away_gives_a_receipt() -> None:
    """A proposal that takes away says what it cut as well; one that gives has nothing to say."""
    town = Town()
    await town.found([(0, 1, 0)])
    taken = Proposal((Asked(town.uid),), (town.people[1],), give=False)
    report = await propose(town.core, Actor(town.owner), taken)
    assert report.receipt == Receipt(town.clock(), shares=1, reshares=1, passes=1)
    given = Proposal((Asked(town.uid),), (town.people[1],), role=Role.VIEWER)
    assert (await propose(town.core, Actor(town.owner), given)).receipt is None


async def test_a_refused_withdrawal_cuts_nothing() -> None:
    """Without a withdrawal there is no receipt."""
    town = Town()
    (share,) = await town.found([(0, 1, 0)])
    stranger = await town.build.user("stranger")
    report = await withdraw(town.core, Actor(stranger), [share])
    assert (report.done, report.receipt) == (False, None)
    with pytest.raises(Problem, match="unauthenticated"):
        await withdraw(town.core, Actor(), [share])
