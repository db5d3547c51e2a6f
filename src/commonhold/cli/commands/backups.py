"""``commonhold backup``, ``restore`` and ``copy``: an installation as one file and back, or in another database."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from commonhold import wiring
from commonhold.cli.bar import Bar
from commonhold.cli.command import Session, command, secret_of
from commonhold.cli.exits import Mistyped, Unusable
from commonhold.cli.output import size_of
from commonhold.settings import FILE, without_password

root = typer.Typer()

LEAST = 8  # characters of a passphrase
ENVIRONMENT = "COMMONHOLD_PASSPHRASE"

PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help=f"Its first line; else {ENVIRONMENT}, else it is asked for."),
]


@command(root, "backup", example="backup /var/backups/commonhold-2026-11-22.tar", local=True)
async def backup(
    session: Session,
    file: Annotated[Path, typer.Argument(help="The new file; there must be none of this name.")],
    manifest: Annotated[
        bool, typer.Option("--manifest", help="Only list the bytes, with sizes and digests: they are saved elsewhere.")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write everything to one file, while servers go on: the rows of one moment, the bytes they name, the sealed key.

    The passphrase seals the key of the installation, and nothing else: keep the file as safe as the data itself.
    """
    passphrase = _passphrase(passphrase_file, new=True)
    with Bar(session) as bar:
        try:
            from commonhold import moves  # ciphers and archives are for these commands alone

            taken = await moves.make_backup(session.settings, file, passphrase, listed=manifest, tell=bar.tell)
        except wiring.Unusable as error:
            raise Unusable(str(error)) from None
    if not session.out.value(msgspec.structs.asdict(taken)):
        held = "listed" if manifest else "held"
        session.out.say(f"{file}: {size_of(taken.file_size)}; {taken.count} contents of {size_of(taken.size)} {held}.")


@command(root, "restore", example="restore commonhold-2026-11-22.tar --data DIR", local=True)
async def restore(
    session: Session,
    file: Annotated[Path, typer.Argument(help="What `backup` wrote.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Bring a backup back into an empty data directory; every digest is proved before anything has its place."""
    settings = session.settings
    with Bar(session) as bar:
        try:
            from commonhold import moves

            head = await asyncio.to_thread(
                moves.bring_back, settings, file, lambda: _passphrase(passphrase_file, new=False), bar.tell
            )
        except asyncio.CancelledError:  # Ctrl-C ends the wait, not the thread
            bar.stop()
            raise
        except wiring.Unusable as error:
            raise Unusable(str(error)) from None
    if not session.out.value({**msgspec.structs.asdict(head), "data": str(settings.data)}):
        session.out.say(
            f"{settings.data} holds what was backed up: {head.count} contents of {size_of(head.size)}.",
            f"Start it: commonhold serve --data {settings.data}",
        )


@command(root, "copy", example="copy --to postgresql://commonhold@db.example.org/commonhold", local=True)
async def copy(
    session: Session,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="URL", help="An empty database of PostgreSQL; `-` reads it from standard input."),
    ] = None,
) -> None:
    """Copy all facts from SQLite into an empty PostgreSQL database, and count them on both sides; bytes stay."""
    from commonhold import moves

    url = secret_of(to) or ""
    if not url.startswith(("postgresql://", "postgres://")):
        raise Mistyped("Say where to: --to postgresql://user@host/name")
    with Bar(session) as bar:
        try:
            counts = await moves.copy_facts(session.settings, url, bar.tell)
        except wiring.Unusable as error:
            raise Unusable(str(error)) from None
    if not session.out.value({"rows": counts, "total": sum(counts.values())}):
        session.out.table(("table", "no"), [(name, count) for name, count in counts.items() if count], "")
        session.out.say(
            f"{sum(counts.values())} rows, the same number on both sides.",
            f'Now set database = "{without_password(url)}" in {session.settings.data / FILE}, and start the server.',
        )


def _passphrase(file: Path | None, *, new: bool) -> str:
    """Return the passphrase: from a file, the environment, or the terminal.

    :raises Mistyped: there is none, or it is too short for a new one
    """
    if file is not None:
        found = (file.read_text(encoding="utf-8").splitlines() or [""])[0]
    elif ENVIRONMENT in os.environ:
        found = os.environ[ENVIRONMENT]
    elif sys.stdin.isatty():
        found = str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True))
    else:
        raise Mistyped(f"Give the passphrase of the backup: --passphrase-file, or {ENVIRONMENT}.")
    if new and len(found) < LEAST:
        raise Mistyped(f"The passphrase needs at least {LEAST} characters: it opens every link there is.")
    return found
