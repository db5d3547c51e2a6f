"""A street with a postman: people with addresses, things to share, and the rows of the outbox."""

from collections.abc import Sequence
from typing import Any

from commonhold.core.core import Core
from commonhold.core.identity import Actor, Named, RecipientRef
from commonhold.core.limits import Limits
from commonhold.core.model import LINK, Notification, Outbox, Profile
from commonhold.core.notices.letters import Letter, letter
from commonhold.core.notices.outbox import done, take
from commonhold.core.notices.reading import all_of
from commonhold.core.roles import Kind
from commonhold.core.sharing.proposal import Asked, Proposal, Report
from commonhold.core.sharing.propose import propose
from commonhold.testing.build import Builder
from commonhold.testing.core import TestClock, make_core


class Street:
    """Alice owns a folder with files; Bob has a verified address, Carol none, Dan an unverified one."""

    def __init__(self, core: Core | None = None, **limits: Any) -> None:
        """Begin on an empty core; ``build`` moves everybody in."""
        self.clock = TestClock()
        self.core = core or make_core(clock=self.clock, limits=Limits(**limits))
        self.make = Builder(self.core.store)
        self.files: list[int] = []

    async def build(self) -> "Street":
        """Move everybody in."""
        self.alice = await self.person("alice", "alice@example.org", first_name="Alice", last_name="Archer")
        self.bob = await self.person("bob", "bob@example.org")
        self.carol = await self.person("carol", None)
        self.dan = await self.person("dan", "dan@example.org", verified=False)
        self.top = await self.make.space(self.alice)
        self.files = [await self.make.item(self.top, f"file {n}.txt") for n in range(1, 4)]
        return self

    async def person(self, name: str, email: str | None, **columns: Any) -> int:
        """Make a person with an address."""
        no = await self.make.user(name)
        verified = columns.pop("verified", email is not None)
        await self.make.set(Profile, no, email=email, email_key=email, verified=verified, **columns)
        return no

    async def share(self, *recipients: RecipientRef, files: Sequence[int] | None = None, **more: Any) -> Report:
        """Have Alice share her files."""
        asked = tuple(Asked(no) for no in (self.files[:1] if files is None else files))
        report = await propose(self.core, Actor(self.alice), Proposal(asked, recipients, **more))
        assert report.refused() is None, report
        return report

    async def link(self, *addresses: str, files: Sequence[int] | None = None, **more: Any) -> Report:
        """Have Alice mail links to addresses."""
        return await self.share(LINK, files=files, mail_to=addresses, **more)

    async def rows(self, table: type[Any] = Outbox) -> list[Any]:
        """Return all rows of a table."""
        return await all_of(self.core, table)

    async def waiting(self) -> list[Outbox]:
        """Return what was not told yet."""
        return [row for row in await self.rows() if row.done_at is None]

    async def letters(self) -> list[Letter | None]:
        """Take what is due, and return its letters; all rows are done then."""
        found = []
        for row in await take(self.core, 200):
            found.append(await letter(self.core, row))
            await done(self.core, row)
        return found

    async def letter(self) -> Letter:
        """Return the one letter that is due."""
        (found,) = await self.letters()
        assert found is not None
        return found

    async def lines(self, user: int) -> list[Notification]:
        """Return somebody's notifications."""
        return [row for row in await self.rows(Notification) if row.user == user]


def address(text: str) -> Named:
    """Refer to a mail address."""
    return Named(text, Kind.MAIL)
