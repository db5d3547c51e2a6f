"""A copy of the chain outside: JSON lines that can be verified alone, without the database and without its key.

The first line is the head: version, the seal before the first one (``before``), and the last one (``head``). Then comes
each seal, followed by its events, as their rows are; ``leaves`` and ``hash`` in hexadecimal. Seals are whole: those are
written whose events reach into the time that is asked for.
"""

import itertools
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Final

import msgspec

from commonhold.core.audit.chain import NOTHING, Finding, Head
from commonhold.core.audit.sealing import HEAD, is_anchor, last_seal
from commonhold.core.audit.verifying import Verdict, Walk
from commonhold.core.core import Core
from commonhold.core.directory.reading import one
from commonhold.core.model import Event, Seal
from commonhold.core.notices.reading import all_of
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem

VERSION: Final = 1


class HeadLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line."""

    audit: int
    before: str
    head: str


class SealLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seal."""

    seal: int
    upto: int
    at: int
    leaves: str
    hash: str


class EventLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event: its number, moment, kind …, as the canonical bytes have them (``audit.chain``)."""

    event: int
    at: int
    kind: str
    actor: int | None
    face: str
    item: int | None
    share: int | None
    principal: int | None
    facts: str
    origin: int | None


_head = msgspec.json.Decoder(HeadLine).decode
_seal = msgspec.json.Decoder(SealLine).decode
_event = msgspec.json.Decoder(EventLine).decode


def head_from(text: str) -> Head:
    """Read a head as ``Head`` writes it.

    :raises Problem: invalid_field
    """
    ordinal, _, digest = text.partition(":")
    if not (ordinal.isascii() and ordinal.isdigit() and len(ordinal) < 19):
        raise Problem("invalid_field", field="head")
    try:
        found = Head(int(ordinal), bytes.fromhex(digest))
    except ValueError:
        raise Problem("invalid_field", field="head") from None
    if len(found.hash) != len(NOTHING):
        raise Problem("invalid_field", field="head")
    return found


async def lines(core: Core, since: int | None = None, until: int | None = None) -> AsyncIterator[bytes]:
    """Yield the lines of a copy: of all seals, or of those with events between two moments (milliseconds)."""
    low, high = await _ends(core, since, until)
    before = await _seal_of(core, low - 1)
    last = await _seal_of(core, high)
    yield _line(HeadLine(VERSION, str(_head_of(before)), str(_head_of(last))))
    upto = before.upto if before is not None else 0
    for ordinal in range(low, high + 1):
        seal = await _seal_of(core, ordinal)
        if seal is None:
            continue  # whoever verifies finds out
        yield _line(SealLine(seal.ordinal, seal.upto, seal.at, seal.leaves.hex(), seal.hash.hex()))
        for row in await all_of(core, Event, Where("no", "gt", upto), Where("no", "le", seal.upto)):
            yield _line(EventLine(*msgspec.structs.astuple(row)))
        upto = seal.upto


def _line(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value) + b"\n"


def _head_of(seal: Seal | None) -> Head:
    return Head(seal.ordinal, seal.hash) if seal is not None else Head(HEAD, NOTHING)


async def _ends(core: Core, since: int | None, until: int | None) -> tuple[int, int]:
    """Return the first and the last seal to write: sealed not before that time, and up to one behind its end."""
    first = await _first(core, *([Where("at", "ge", since)] if since is not None else []))
    beyond = await _first(core, Where("at", "gt", until)) if until is not None else None
    newest = beyond or await last_seal(core)
    if first is None or newest is None:
        return (newest.ordinal + 1, newest.ordinal) if newest is not None else (1, HEAD)
    low = first.ordinal + 1 if is_anchor(core, first) else first.ordinal
    return low, max(newest.ordinal, low - 1)


async def _first(core: Core, *where: Where) -> Seal | None:
    rows = Rows(Seal, (Where("ordinal", "gt", HEAD), *where), limit=1)
    found: list[Seal] = await core.store.rows(machine(), rows)
    return found[0] if found else None


async def _seal_of(core: Core, ordinal: int) -> Seal | None:
    return await one(core, Seal, ordinal=ordinal) if ordinal != HEAD else None


def verify_lines(text: Iterable[bytes], known: Head | None = None) -> Verdict:
    """Verify a copy by itself. ``known``: a seal that somebody wrote down earlier.

    :raises Problem: malformed_body, if it is no copy of a chain
    """
    rows = iter(text)
    try:
        head = _head(next(rows, b""))
    except msgspec.DecodeError:
        raise Problem("malformed_body") from None
    if head.audit != VERSION:
        raise Problem("malformed_body")
    last = head_from(head.head)
    before = head_from(head.before)
    seen = (last,) if last.ordinal else ()
    if known is not None and known.ordinal == before.ordinal and known != before:
        return Verdict(0, 0, finding=Finding("changed", before.ordinal))
    walk = Walk(seen if known is None or known.ordinal <= before.ordinal else (known, *seen), before)
    finding = _walk(walk, rows)
    return walk.verdict(finding or walk.end(), cut=before.ordinal != HEAD)


def _walk(walk: Walk, rows: Iterator[bytes]) -> Finding | None:
    """Go from seal to seal; what cannot be read is what was changed."""
    seal: Seal | None = None
    events: list[Event] = []
    for row in rows:
        try:
            if row.startswith(b'{"event"'):
                events.append(Event(*msgspec.structs.astuple(_event(row))))
                continue
            following = _sealed(_seal(row))
        except (msgspec.DecodeError, ValueError):
            return Finding("changed", walk.last.ordinal, events[-1].no if events else None)
        finding = _settle(walk, seal, events) or walk.seal(following)
        if finding is not None:
            return _named(finding, rows)
        seal, events = following, []
    return _settle(walk, seal, events, last=True)


def _sealed(line: SealLine) -> Seal:
    return Seal(line.seal, line.upto, line.at, bytes.fromhex(line.leaves), bytes.fromhex(line.hash), "")


def _settle(walk: Walk, seal: Seal | None, events: list[Event], *, last: bool = False) -> Finding | None:
    """Look at the events that came after a seal."""
    if seal is None:
        return Finding("inserted", walk.last.ordinal, events[0].no) if events else None
    numbers = [event.no for event in events]
    for before, after in itertools.pairwise(numbers):
        if after <= before:
            return Finding("inserted" if after == before else "reordered", seal.ordinal, after)
    finding = walk.under(seal, events)
    if (
        finding is not None
        and last
        and finding.what == "removed"
        and not any(no > (finding.event or 0) for no in numbers)
    ):
        return msgspec.structs.replace(finding, what="truncated")
    return finding


def _named(finding: Finding, rows: Iterator[bytes]) -> Finding:
    """Call it truncated if no event comes any more."""
    if finding.what == "removed" and finding.event is not None and not any(b'{"event"' in row[:9] for row in rows):
        return msgspec.structs.replace(finding, what="truncated")
    return finding


def told(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict for programs."""
    found = verdict.finding
    return {
        "whole": found is None,
        "seals": verdict.seals,
        "events": verdict.events,
        "unsealed": verdict.unsealed,
        "cut": verdict.cut,
        "head": str(verdict.head) if verdict.head is not None else None,
        "finding": msgspec.structs.asdict(found) if found is not None else None,
    }
