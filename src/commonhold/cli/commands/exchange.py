"""``commonhold export`` and ``import``: people, items and shares as lines of JSON."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from commonhold import wiring
from commonhold.cli.bar import Bar
from commonhold.cli.command import Session, command
from commonhold.cli.exits import Mistyped, Refused, Unusable

root = typer.Typer()

SHOWN: Final = 50  # lines that were left out, told one by one; all of them with --json

File = Annotated[str, typer.Argument(metavar="FILE", help="A file; `-` is standard output, or input.")]


@command(root, "export", example="export commonhold.jsonl", local=True)
async def export(
    session: Session,
    file: File,
    no_bytes: Annotated[bool, typer.Option("--no-bytes", help="Say nothing of the contents of files.")] = False,
) -> None:
    """Write people, groups, items and shares as lines of JSON, while servers go on: for other programs, or an import.

    No password, hash or secret is in it; names, addresses and notes are. Bytes are named, and stay where they are.
    """
    from commonhold import exchanging  # what reads databases is for these commands alone

    try:
        if file == "-":
            await exchanging.export_to(session.settings, sys.stdout.buffer, contents=not no_bytes)
            sys.stdout.buffer.flush()
            return
        with exchanging.new_file(Path(file)) as out:
            end = await exchanging.export_to(session.settings, out, contents=not no_bytes)
    except wiring.Unusable as error:
        raise Unusable(str(error)) from None
    if not session.out.value({"counts": end.counts, "left_out": end.left_out}):
        rows = [(name, count, end.left_out.get(name, 0)) for name, count in end.counts.items()]
        session.out.table(("type", "lines", "left out"), rows, "")


@command(root, "import", example="import commonhold.jsonl --dry-run", local=True)
async def import_(
    session: Session,
    file: File,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of it.")] = False,
    blobs: Annotated[
        Path | None, typer.Option("--bytes", metavar="FOLDER", help="The folder `blobs` of the other installation.")
    ] = None,
    no_bytes: Annotated[bool, typer.Option("--no-bytes", help="Take files in without their contents.")] = False,
    passwords: Annotated[
        Path | None,
        typer.Option("--passwords", metavar="FILE", help="New passwords, as JSON: id of the share → password."),
    ] = None,
) -> None:
    """Take in what `export` wrote. The same file twice makes nothing twice, and nothing that is there is changed.

    Exits with 1 if a line was left out: the report says which, and why.
    """
    from commonhold import exchanging

    options = exchanging.Options(contents=not no_bytes, folder=blobs, passwords=_passwords(passwords))
    try:
        path = None if file == "-" else Path(file)
        with exchanging.whole_file(path, sys.stdin.buffer) as source, Bar(session) as bar:
            report = await exchanging.import_from(session.settings, source, options, bar.tell, dry_run=dry_run)
    except wiring.Unusable as error:
        raise Unusable(str(error)) from None
    _tell(session, {**msgspec.to_builtins(report), "dry_run": dry_run})
    if report.left_out:
        raise Refused({"code": "left_out", "detail": f"{len(report.left_out)} lines were left out."})


def _tell(session: Session, report: dict[str, Any]) -> None:
    if session.out.value(report):
        return
    counts = [(name, one["made"], one["there"], one["left_out"]) for name, one in report["counts"].items()]
    session.out.table(("type", "made", "there already", "left out"), counts, "")
    left_out = [(one["line"], one["type"], one["id"], one["reason"]) for one in report["left_out"][:SHOWN]]
    if left_out:
        session.out.table(("line", "type", "id", "left out because"), left_out, "")
    if report["dry_run"]:
        session.out.say("Nothing was changed.")


def _passwords(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, str])
    except msgspec.DecodeError as error:
        raise Mistyped(f"{file}: {error}. Write a JSON object: the id of a share, and its new password.") from None
