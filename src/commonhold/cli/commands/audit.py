"""``commonhold audit``: what happened, whether anybody changed it afterwards, and a copy that can be verified alone."""

import asyncio
import sys
from collections.abc import Iterable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from commonhold import wiring
from commonhold.cli.command import Session, command
from commonhold.cli.exits import BROKEN, CommandError, Mistyped, Unusable
from commonhold.cli.moments import read_end, read_start, shown
from commonhold.cli.options import Most
from commonhold.cli.where import core_of
from commonhold.core.audit.chain import Head
from commonhold.core.audit.copying import head_from, lines, told, verify_lines
from commonhold.core.audit.verifying import Verdict, verify
from commonhold.core.core import Core
from commonhold.core.problems import Problem

app = typer.Typer(help="What happened, and whether anybody changed it afterwards.", no_args_is_help=True)


class Broken(CommandError):
    """The chain does not hold."""

    code = BROKEN


HeadOption = Annotated[
    str | None,
    typer.Option("--head", metavar="N:HASH", help="What `verify` printed earlier: the chain must still hold it."),
]


@command(app, "verify", example="audit verify --head 1204:9f0c…", local=True)
async def verify_chain(
    session: Session,
    file: Annotated[Path | None, typer.Argument(help="A copy that `audit export` wrote; `-`: standard input.")] = None,
    head: HeadOption = None,
) -> None:
    """Verify that no event was changed, removed, inserted or reordered, in the data directory or in a copy of it.

    Prints where the chain ends. Who writes that down elsewhere finds out, by --head, whether all of it was put back
    to an earlier state, which no database can tell of itself. Exits with 5 if the chain is broken.
    """
    known = _head(head)
    if file is not None:
        verdict = await asyncio.to_thread(_verify_copy, file, known)
    else:
        async with AsyncExitStack() as stack:
            verdict = await verify(await _core(session, stack), known)
    if verdict.finding is not None:
        raise Broken(f"Broken: {verdict.finding}. What came before that is as it was.", **told(verdict))
    if not session.out.value(told(verdict)):
        since = ", older ones were let go" if verdict.cut else ""
        later = f"; {verdict.unsealed} more wait for the worker to seal them" if verdict.unsealed else ""
        session.out.say(f"Whole: {verdict.events} events under {verdict.seals} seals{since}{later}.")
        session.out.say(f"The chain ends at {verdict.head or 'nothing'}.")


@command(app, "export", example="audit export --from 2026-11-01 --to 2026-11-30 --output november.jsonl", local=True)
async def export(
    session: Session,
    since: Annotated[str | None, typer.Option("--from", metavar="WHEN", help="2026-11-01, or with T08:00.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="WHEN", help="2026-11-30, that day included.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A new file; else standard output.")] = None,
) -> None:
    """Write events and seals as JSON lines: a copy that `audit verify FILE` verifies without the database.

    Seals are whole, so that a few events before and after the time asked for may come with them.
    """
    low = _millis(read_start(since)) if since is not None else None
    high = _millis(read_end(until).get("until")) if until is not None else None
    async with AsyncExitStack() as stack:
        core = await _core(session, stack)
        stream: BinaryIO = stack.enter_context(_new(output)) if output is not None else sys.stdout.buffer
        count = 0
        async for line in lines(core, low, high):
            stream.write(line)
            count += 1
    if output is not None and not session.out.value({"file": str(output), "lines": count}):
        session.out.say(f"{output}: {count} lines. Verify it: commonhold audit verify {output}")


@command(app, "list", example="audit list --kind share. --from 2026-11-01")
async def list_events(
    session: Session,
    person: Annotated[str | None, typer.Option("--person", help="Who did it: name or uid.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="share.made; with a dot at its end: all of these.")] = None,
    item: Annotated[str | None, typer.Option("--item", help="Number or uid of an item.")] = None,
    share: Annotated[str | None, typer.Option("--share", help="Number or uid of a share.")] = None,
    address: Annotated[str | None, typer.Option("--address", help="Where it came from.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="WHEN", help="2026-11-01, or with T08:00.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="WHEN", help="2026-11-30, that day included.")] = None,
    most: Most = 50,
) -> None:
    """List what happened, newest first: when, what, who, from where, through which face."""
    asked = {
        "person": person, "kind": kind, "item": item, "share": share, "address": address,
        "since": read_start(since) if since is not None else None,
        "until": read_end(until).get("until") if until is not None else None,
    }  # fmt: skip
    found = await (await session.api()).list("/events", most, **asked)
    if not session.out.value(found):
        rows = [
            (one["id"], shown(one["at"]), one["kind"], one["by"] or one["actor"] or "", one["address"] or "",
             one["face"], one["name"] or one["item"] or "", one["about"] or one["principal"] or "")
            for one in found
        ]  # fmt: skip
        session.out.table(("no", "at", "what", "who", "from", "face", "item", "whom"), rows, "Nothing happened yet.")


async def _core(session: Session, stack: AsyncExitStack) -> Core:
    """Open the data directory, which must be one already."""
    try:
        if not await wiring.database_exists(session.settings):
            raise Unusable(f"{wiring.database_named(session.settings)}: there is no installation.")
    except Problem as problem:
        raise Unusable(f"{wiring.database_named(session.settings)}: {problem.sentence}") from None
    return await stack.enter_async_context(core_of(session.settings))


def _verify_copy(file: Path, known: Head | None) -> Verdict:
    try:
        if str(file) == "-":
            return _verify_stream(sys.stdin.buffer, known)
        with file.open("rb") as stream:
            return _verify_stream(stream, known)
    except OSError as error:
        raise Unusable(f"{file}: {error.strerror}.") from None
    except Problem:
        raise Unusable(f"{file}: this is no copy that `audit export` wrote.") from None


def _verify_stream(stream: Iterable[bytes], known: Head | None) -> Verdict:
    return verify_lines(stream, known)


def _head(text: str | None) -> Head | None:
    try:
        return head_from(text) if text is not None else None
    except Problem:
        raise Mistyped(
            "A head is written as `audit verify` prints it: a number, a colon, 64 hexadecimal signs."
        ) from None


def _millis(moment: str | None) -> int:
    if moment is None:
        raise Mistyped("Give --to as a date: 2026-11-30 or 2026-11-30T18:00.")
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


def _new(file: Path) -> BinaryIO:
    try:
        return file.open("xb")
    except OSError as error:
        raise Unusable(f"{file}: {error.strerror}.") from None
