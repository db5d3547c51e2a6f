"""A town whose events are under seals."""

from tests.core.audit.tampering import EVERY, Intruder

from commonhold.core.audit.chain import Head
from commonhold.core.audit.copying import lines
from commonhold.core.audit.origins import with_origins
from commonhold.core.audit.sealing import seal_next
from commonhold.core.audit.verifying import verify
from commonhold.core.core import Core, happened
from commonhold.core.identity import Actor
from commonhold.core.model import Event
from commonhold.core.notices.reading import all_of
from commonhold.core.ports import Store
from commonhold.testing.core import TestClock, make_core


class Town:
    """An installation in which ``count`` things have happened, four of them under each seal."""

    def __init__(self, store: Store, intruder: Intruder) -> None:
        """Begin with nothing."""
        self.clock = TestClock()
        self.core: Core = with_origins(make_core(store=store, clock=self.clock))
        self.intruder = intruder
        self.events: list[Event] = []

    async def live(self, count: int) -> None:
        """Let things happen, from two addresses, and seal what came together."""
        for at in range(count):
            actor = Actor(20 + at, face="tests", address=f"192.0.2.{at % 2}")
            self.clock.advance(1_000)
            kind = ("share.made", "share.opened", "share.withdrawn", "item.made")[at % 4]
            await self.core.store.commit([happened(-1, self.clock(), actor, kind, item=30 + at, size=at)])
            if at % EVERY == EVERY - 1:
                await seal_next(self.core)
        self.events = await all_of(self.core, Event)

    async def finding(self, known: Head | None = None) -> str | None:
        """Verify, and return what was found."""
        found = (await verify(self.core, known)).finding
        return str(found) if found is not None else None

    async def copy(self, since: int | None = None, until: int | None = None) -> list[bytes]:
        """Return the lines of a copy."""
        return [line async for line in lines(self.core, since, until)]
