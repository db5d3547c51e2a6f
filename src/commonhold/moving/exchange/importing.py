"""Reading lines into an installation: some hundred at a time, each of them all or nothing, and a report of every line.

The same file twice makes nothing twice, so an import that broke off is run again. Nothing that is there is changed.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final

from commonhold.core.changes import Change, Commit, PeopleAt, TreeAt
from commonhold.core.core import Core, attempt, happened
from commonhold.core.directory.standing import OPERATOR
from commonhold.moving.exchange import lines
from commonhold.moving.exchange.arriving import Arriving, LeftOut, Numbered, Options, Plan, Report, Tally, name_of
from commonhold.moving.exchange.content import items, receive, spaces
from commonhold.moving.exchange.lines import Unreadable
from commonhold.moving.exchange.people import blocks, members, nested, principals
from commonhold.moving.exchange.shares import hash_passwords, shares

AT_ONCE: Final = 100
LONGEST: Final = 8 << 20  # bytes of a line

Planning = Callable[[Arriving, Sequence[Numbered]], Awaitable[Plan]]
Tell = Callable[[int, int], None]

PLANS: Final[dict[type[Any], Planning]] = {
    lines.Org: principals,
    lines.Person: principals,
    lines.Mail: principals,
    lines.Group: principals,
    lines.Member: members,
    lines.Nested: nested,
    lines.Block: blocks,
    lines.Space: spaces,
    lines.Item: items,
    lines.Share: shares,
}
BEFORE: Final[dict[type[Any], Callable[[Arriving, Sequence[Numbered]], Awaitable[None]]]] = {
    lines.Item: receive,
    lines.Share: hash_passwords,
}


def proved(file: BinaryIO) -> int:
    """Read a file once, see that all of it is there and in order, and return how many lines stand between its ends.

    :raises Unreadable: it is no export, one of a newer program, or cut; with the number of the line
    """
    counts: Counter[str] = Counter()
    place, end, at = 0, None, 0
    for at, line in _lines(file):
        if end is not None:
            raise Unreadable(f"line {at}: there is something after the end")
        if at == 1:
            if not isinstance(line, lines.Head) or line.version > lines.VERSION:
                raise Unreadable("line 1: this is no export, or one of a newer program")
        elif isinstance(line, lines.End):
            end = line
        elif isinstance(line, lines.Head):
            raise Unreadable(f"line {at}: there is a second head")
        else:
            place = _in_order(at, line, place)
            counts[line.kind_of_line] += 1
    if end is None:
        raise Unreadable("its end is missing")
    if end.counts != dict(counts):
        raise Unreadable(f"line {at}: the end counts other lines than there are")
    return counts.total()


def _in_order(at: int, line: lines.AnyLine, place: int) -> int:
    now = lines.TYPES.index(type(line))
    if now < place:
        raise Unreadable(f"line {at}: {line.kind_of_line} after {lines.TYPES[place].__struct_config__.tag}")
    return now


def _lines(file: BinaryIO) -> Iterator[tuple[int, lines.AnyLine]]:
    file.seek(0)
    at = 0
    while text := file.readline(LONGEST):
        at += 1
        if len(text) == LONGEST:
            raise Unreadable(f"line {at}: it is too long")
        try:
            yield at, lines.decode(text)
        except Unreadable as error:
            raise Unreadable(f"line {at}: {error}") from None


async def take_in(core: Core, file: BinaryIO, options: Options, tell: Tell) -> Report:
    """Take a file in. For a dry run, give a core over a copy of the rows.

    :raises Unreadable: nothing was changed
    :raises Problem: conflict, if others change too much meanwhile; unavailable: what was told as done stays
    """
    total, done = proved(file), 0
    arriving = Arriving(core, options)
    for batch in _batches(file):
        await _take(arriving, batch)
        done += len(batch)
        tell(done, total)
    return arriving.report


def _batches(file: BinaryIO) -> Iterator[list[Numbered]]:
    """Yield lines of one type, at most ``AT_ONCE``; no item beside its folder: what is in that must be known first."""
    batch: list[Numbered] = []
    folders: set[str] = set()
    for at, line in _lines(file):
        if isinstance(line, lines.Head | lines.End):
            continue
        below = isinstance(line, lines.Item) and line.parent in folders
        if batch and (type(batch[0].line) is not type(line) or len(batch) == AT_ONCE or below):
            yield batch
            batch, folders = [], set()
        batch.append(Numbered(at, line))
        if isinstance(line, lines.Item):
            folders.add(line.uid)
    if batch:
        yield batch


async def _take(arriving: Arriving, batch: Sequence[Numbered]) -> None:
    kind = type(batch[0].line)
    if kind in BEFORE:
        await BEFORE[kind](arriving, batch)
    plan, commit = await attempt(lambda: _once(arriving, PLANS[kind], batch))
    known, new = arriving.known, plan.new
    known.people |= {uid: who._replace(no=commit.no(who.no)) for uid, who in new.people.items()}
    known.spaces |= {uid: commit.no(no) for uid, no in new.spaces.items()}
    known.shares |= {word: commit.no(no) for word, no in new.shares.items()}
    for uid, place in new.items.items():
        known.items[uid] = place._replace(no=commit.no(place.no), space=commit.no(place.space))
    arriving.blobs.clear()
    arriving.hashes.clear()
    _count(arriving.report, plan)


async def _once(arriving: Arriving, planning: Planning, batch: Sequence[Numbered]) -> tuple[Plan, Commit]:
    core = arriving.core
    before = await core.store.instance()
    plan = await planning(arriving, batch)
    if not plan.changes:
        return plan, Commit(before.revision)
    made = sum(outcome == "made" for _, outcome, _ in plan.outcomes)
    kind = batch[0].line.kind_of_line
    event: Change = happened(arriving.number(), core.clock(), OPERATOR, "installation.imported", what=kind, count=made)
    guards = (PeopleAt(before.people_at), TreeAt(before.tree_at))
    return plan, await core.store.commit([*plan.changes, event], guards)


def _count(report: Report, plan: Plan) -> None:
    for one, outcome, reason in plan.outcomes:
        kind = one.line.kind_of_line
        tally = report.counts.setdefault(kind, Tally())
        if outcome is None:
            tally.left_out += 1
            report.left_out.append(LeftOut(one.at, kind, name_of(one.line), reason))
        elif outcome == "made":
            tally.made += 1
        else:
            tally.there += 1
