"""The audit chain: whatever is done to the database behind the program's back is found, and what it was is said."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from tests.core.audit.tampering import sealed_again
from tests.core.audit.town import Town

from commonhold.core.audit.chain import Finding, Head, content, hash_of, leaf
from commonhold.core.audit.copying import head_from, lines, told, verify_lines
from commonhold.core.audit.origins import number_of, with_origins
from commonhold.core.audit.sealing import forget_origins, head_of, retire, seal_next
from commonhold.core.audit.verifying import verify
from commonhold.core.changes import Commit, Put
from commonhold.core.core import Core, happened
from commonhold.core.identity import Actor
from commonhold.core.limits import DAY
from commonhold.core.model import Event, Origin, Outbox, Seal
from commonhold.core.notices.reading import all_of
from commonhold.core.problems import Problem
from commonhold.core.webhooks.kinds import LISTENER, NEVER
from commonhold.testing.core import make_core


async def test_what_nobody_touched_is_whole(town: Town) -> None:
    """A chain that nobody touched is whole, and tells how much of it there is, and what is not sealed yet."""
    verdict = await verify(town.core)
    assert (verdict.finding, verdict.seals, verdict.events, verdict.unsealed, verdict.cut) == (None, 3, 12, 2, False)
    assert verdict.head == await head_of(town.core)
    assert told(verdict)["whole"] is True


async def test_nothing_is_whole() -> None:
    """An installation in which nothing happened has nothing to seal, and is whole."""
    core = make_core()
    assert await seal_next(core) == 0
    assert await head_of(core) is None
    assert told(await verify(core)) == {
        "whole": True, "seals": 0, "events": 0, "unsealed": 0, "cut": False, "head": None, "finding": None,
    }  # fmt: skip
    assert verify_lines([line async for line in lines(core)]).finding is None


Deed = Callable[[Town], Awaitable[None]]


async def _swap(town: Town, one: int, other: int) -> None:
    """Let two events change their numbers."""
    first, second = town.events[one], town.events[other]
    for event in (first, second):
        await town.intruder.remove(Event, event.no - 1, event.no)
    await town.intruder.put(msgspec.structs.replace(first, no=second.no))
    await town.intruder.put(msgspec.structs.replace(second, no=first.no))


def _set(place: int, **values: Any) -> Deed:
    return lambda town: town.intruder.set(Event, town.events[place].no, **values)


def _remove(low: int, high: int) -> Deed:
    """Remove the events from one to another."""
    return lambda town: town.intruder.remove(Event, town.events[low].no - 1, town.events[high].no)


async def _insert(town: Town) -> None:
    numbers = {event.no for event in town.events}
    free = town.events[4].no - 1 if town.events[4].no - 1 not in numbers else -7
    await town.intruder.put(msgspec.structs.replace(town.events[5], no=free, kind="x"))


async def _cut_the_end(town: Town) -> None:
    """Remove the last seal with all that it covers, and what came later."""
    last = (await all_of(town.core, Seal))[-1]
    await town.intruder.remove(Event, town.events[7].no, town.events[-1].no)
    await town.intruder.remove(Seal, last.ordinal - 1, last.ordinal)


async def _cut_the_beginning(town: Town) -> None:
    await town.intruder.remove(Event, 0, town.events[3].no)
    await town.intruder.remove(Seal, 0, 1)


async def _forge(town: Town) -> None:
    """Change an event, and every hash after it."""
    await _set(5, actor=99)(town)
    await sealed_again(town.core, town.intruder)


DEEDS: dict[str, tuple[Deed, str, int | None]] = {
    "another actor": (_set(5, actor=99), "changed", 5),
    "another moment": (_set(0, at=7), "changed", 0),
    "another kind": (_set(11, kind="item.renamed"), "changed", 11),
    "another face": (_set(6, face="filr"), "changed", 6),
    "another address": (_set(6, origin=None), "changed", 6),
    "other facts": (_set(2, facts="{}"), "changed", 2),
    "one gone": (_remove(6, 6), "removed", 6),
    "the first one gone": (_remove(0, 0), "removed", 0),
    "all under a seal gone": (_remove(4, 7), "removed", 4),
    "one too many": (_insert, "inserted", None),
    "two exchanged": (lambda town: _swap(town, 5, 7), "reordered", 5),
    "the end gone": (_remove(10, 13), "truncated", 10),
    "the end gone, and its seal": (_cut_the_end, "truncated", None),
    "the beginning gone, and its seal": (_cut_the_beginning, "removed", None),
    "changed and sealed again": (_forge, "changed", None),
    "a seal gone": (lambda town: town.intruder.remove(Seal, 1, 2), "removed", None),
    "a seal of another time": (lambda town: town.intruder.set(Seal, 2, at=1), "changed", None),
    "the seals forgotten": (lambda town: town.intruder.remove(Seal, 0, 9), "truncated", None),
    "the last one not known": (lambda town: town.intruder.remove(Seal, -1, 0), "removed", None),
    "another one as the last": (lambda town: town.intruder.set(Seal, 0, upto=2), "changed", None),
}


ON_POSTGRES = {
    "other facts", "one gone", "one too many", "two exchanged", "the end gone", "changed and sealed again",
}  # fmt: skip
TRIED = [
    pytest.param(engine, deed, marks=() if engine == "memory" else pytest.mark.slow)
    for engine in ("memory", "sqlite", "postgres")
    for deed in DEEDS
    if engine != "postgres" or deed in ON_POSTGRES
]


@pytest.mark.parametrize(("town", "deed"), TRIED, indirect=["town"])
async def test_tampering_is_found(town: Town, deed: str) -> None:
    """Whatever is changed, removed, inserted, reordered or cut off is found, and the first broken event is named."""
    do, what, at = DEEDS[deed]
    await do(town)
    finding = (await verify(town.core)).finding
    assert finding is not None
    assert finding.what == what
    if at is not None:
        assert finding.event == town.events[at].no
    assert what in str(finding)


async def test_the_present_is_not_sealed_yet(town: Town) -> None:
    """What is not sealed yet can be changed unseen: it is counted, and sealed within a minute."""
    await _set(13, actor=99)(town)
    assert (await verify(town.core)).unsealed == 2
    assert await seal_next(town.core) == 2
    assert (await verify(town.core)).unsealed == 0


async def test_a_head_that_was_written_down(town: Town) -> None:
    """Who wrote a head down finds out that all behind it was rolled back, which the database alone cannot tell."""
    await seal_next(town.core)
    head = await head_of(town.core)
    assert head is not None
    assert head_from(str(head)) == head
    assert await town.finding(head) is None
    assert await town.finding(Head(2, b"other")) == "changed: seal 2"
    assert await town.finding(Head(9, head.hash)) == "truncated: seal 5"


@pytest.mark.parametrize("text", ["", "1", "x:00", "1:zz", "-1:00", "1" * 20 + ":00"])
def test_what_is_no_head(text: str) -> None:
    """A head is written in one way only."""
    with pytest.raises(Problem, match="invalid_field"):
        head_from(text)


def test_the_bytes_are_those_that_are_documented() -> None:
    """Leaf and hash can be computed by anybody from what the documentation says."""
    event = Event(7, 1, "share.made", None, "native", 30, 31, 2, '{"a":"é"}', 5)
    assert content(event) == '[1,"share.made",null,"native",30,31,2,"{\\"a\\":\\"é\\"}",5]'.encode()
    assert leaf(event) == (7).to_bytes(8, "big") + hashlib.sha256(content(event)).digest()
    numbers = b"".join(number.to_bytes(8, "big") for number in (1, 7, 9))
    assert hash_of(bytes(32), 1, 7, 9, leaf(event)) == hashlib.sha256(bytes(32) + numbers + leaf(event)).digest()


# --- several workers, retention, addresses


async def test_of_two_workers_one_seals(town: Town) -> None:
    """Two workers that seal at the same time make one seal."""

    class Late:
        """A store in which another worker is faster."""

        def __init__(self, core: Core) -> None:
            self._core = core
            self.rows = core.store.rows

        async def commit(self, *changes: Any) -> Commit:
            assert await seal_next(self._core) == 2
            return await self._core.store.commit(*changes)

    late: Any = Late(town.core)
    assert await seal_next(msgspec.structs.replace(town.core, store=late)) == 0
    assert (await verify(town.core)).finding is None


async def test_a_chain_that_was_cut_goes_on(town: Town) -> None:
    """Retention removes what is old and leaves an anchor: the rest is whole, and tampering with it is still found."""
    town.clock.advance(10 * DAY)
    await seal_next(town.core)
    assert await retire(town.core, None) == 0
    while await retire(town.core, 5):
        assert (await verify(town.core)).finding is None
    verdict = await verify(town.core)
    assert (verdict.cut, verdict.seals, verdict.events) == (True, 1, 2)
    assert [event.no for event in await all_of(town.core, Event)] == [event.no for event in town.events[12:]]
    await _set(12, actor=99)(town)
    assert (await verify(town.core)).finding == Finding("changed", 4, town.events[12].no)


async def test_an_anchor_is_not_forged(town: Town) -> None:
    """Who removes the beginning cannot make it look as if retention had done it."""
    await _cut_the_beginning(town)
    await town.intruder.set(Seal, 2, mark="anchor")
    assert (await verify(town.core)).finding == Finding("removed", 1)


async def test_webhooks_are_waited_for(town: Town) -> None:
    """What a webhook has not looked at yet stays, however old."""
    await town.core.store.commit([Put(Outbox(-1, LISTENER, None, None, facts='{"event":0}', due_at=NEVER))])
    await town.core.store.commit([happened(-1, town.clock(), Actor(), "x")])
    await seal_next(town.core)
    town.clock.advance(90 * DAY)
    while await retire(town.core, 5):
        pass
    assert [event.no for event in await all_of(town.core, Event)][:2] == [event.no for event in town.events[12:]]


async def test_addresses_can_be_erased(town: Town) -> None:
    """An event keeps the number of an address; when its row is erased, the chain is as whole as before."""
    number = number_of(town.core.secrets, "192.0.2.1")
    rows = {row.no: row.address for row in await all_of(town.core, Origin)}
    assert rows == {number: "192.0.2.1", number_of(town.core.secrets, "192.0.2.0"): "192.0.2.0"}
    assert {event.origin for event in town.events} == set(rows)
    assert await forget_origins(town.core, None) == 0
    assert await forget_origins(town.core, 1) == 0
    town.clock.advance(3 * DAY)
    assert await forget_origins(town.core, 1) == 2
    assert await all_of(town.core, Origin) == []
    assert await town.finding() is None
    await town.live(1)
    assert [row.at for row in await all_of(town.core, Origin)] == [town.clock() // DAY * DAY]


async def test_many_addresses_do_not_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known addresses are bounded: beyond, they are written once more, which changes nothing."""
    monkeypatch.setattr("commonhold.core.audit.origins.KEPT", 2)
    core = with_origins(make_core())
    for at in (1, 2, 3, 4, 1, 1):
        await core.store.commit([happened(-1, 0, Actor(address=f"192.0.2.{at}"), "x")])
    assert len(await all_of(core, Origin)) == 4
