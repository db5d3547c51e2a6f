"""Copies of the audit chain: verified alone, and found out when somebody changed them."""

from collections.abc import Callable

import pytest
from tests.core.audit.tampering import InMemory
from tests.core.audit.town import Town

from commonhold.core.audit import sealing
from commonhold.core.audit.chain import Finding, Head
from commonhold.core.audit.copying import verify_lines
from commonhold.core.audit.sealing import head_of, retire, seal_next
from commonhold.core.limits import DAY
from commonhold.core.model import Event
from commonhold.core.problems import Problem
from commonhold.store.memory import MemoryStore
from commonhold.testing.core import START


async def test_a_copy_is_verified_alone(town: Town) -> None:
    """A copy is whole without the database, and so is one of a part of the time; its head is that of its last seal."""
    copy = await town.copy()
    verdict = verify_lines(copy)
    assert (verdict.finding, verdict.seals, verdict.events, verdict.head) == (None, 3, 12, await head_of(town.core))
    at = town.events[5].at
    part = await town.copy(at, at)
    assert verify_lines(part, verdict.head).finding == Finding("truncated", 3)
    verdict = verify_lines(part)
    assert (verdict.finding, verdict.seals, verdict.cut) == (None, 1, True)
    assert (await town.copy(since=town.clock() + DAY))[1:] == []
    assert verify_lines(await town.copy(since=town.clock() + DAY)).finding is None


async def test_a_copy_of_a_chain_that_was_cut(town: Town) -> None:
    """A copy of what retention has left begins behind the anchor."""
    town.clock.advance(10 * DAY)
    await seal_next(town.core)
    while await retire(town.core, 5):
        pass
    verdict = verify_lines(await town.copy())
    assert (verdict.finding, verdict.events, verdict.cut) == (None, 2, True)


def _line_of(copy: list[bytes], event: Event) -> int:
    return next(at for at, line in enumerate(copy) if line.startswith(b'{"event":%d,' % event.no))


COPIES: dict[str, tuple[Callable[[list[bytes], int], list[bytes]], str, bool]] = {
    "changed": (lambda copy, at: [*copy[:at], copy[at].replace(b"tests", b"native"), *copy[at + 1 :]], "changed", True),
    "removed": (lambda copy, at: [*copy[:at], *copy[at + 1 :]], "removed", True),
    "twice": (lambda copy, at: [*copy[:at], copy[at], *copy[at:]], "inserted", True),
    "in another order": (
        lambda copy, at: [*copy[:at], copy[at + 1], copy[at], *copy[at + 2 :]], "reordered", True,
    ),
    "cut at an event": (lambda copy, at: copy[:at], "truncated", True),
    "cut at a seal": (lambda copy, at: copy[: at - 2], "truncated", False),
    "without a seal": (lambda copy, at: [*copy[:1], *copy[6:]], "removed", False),
    "an event before all": (lambda copy, at: [copy[0], copy[at], *copy[1:]], "inserted", True),
    "no event": (lambda copy, at: [*copy[:at], b'{"event":"x"}\n', *copy[at + 1 :]], "changed", False),
    "no line": (lambda copy, at: [*copy[:at], b"{\n", *copy[at + 1 :]], "changed", False),
    "another seal": (
        lambda copy, at: [line.replace(b'"seal":2,"upto":', b'"seal":2,"upto":1') for line in copy], "changed", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("deed", COPIES)
async def test_tampering_with_a_copy_is_found(deed: str) -> None:
    """Whatever is done to a copy is found, too."""
    store = MemoryStore(START)
    town = Town(store, InMemory(store))
    await town.live(12)
    do, what, named = COPIES[deed]
    copy = await town.copy()
    event = town.events[5]
    finding = verify_lines(do(copy, _line_of(copy, event))).finding
    assert finding is not None
    assert finding.what == what
    if named:
        assert finding.event in (event.no, town.events[6].no)


@pytest.mark.parametrize("text", [[], [b"x"], [b'{"audit":9,"before":"0:","head":"0:"}\n']])
def test_what_is_no_copy(text: list[bytes]) -> None:
    """What is no copy of a chain is refused, not found broken."""
    with pytest.raises(Problem, match="malformed_body"):
        verify_lines(text)


async def test_a_copy_against_a_head_that_was_written_down(town: Town) -> None:
    """A copy that is whole by itself, but of another history, is found by a head that was written down."""
    copy = await town.copy()
    assert str(verify_lines(copy, Head(1, b"other")).finding) == "changed: seal 1"
    part = await town.copy(since=town.events[5].at)
    assert str(verify_lines(part, Head(1, b"other")).finding) == "changed: seal 1"
    assert sealing.HEAD == 0
