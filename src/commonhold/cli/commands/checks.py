"""``commonhold check-config`` and ``doctor``: whether everything is as it should be, and what to do if not."""

import asyncio
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from commonhold import wiring
from commonhold.cli.command import Session, command
from commonhold.cli.exits import CommandError
from commonhold.cli.output import size_of
from commonhold.core.problems import Problem
from commonhold.settings import Settings, explain

root = typer.Typer()

ENOUGH = 1 << 30  # bytes that should be free
OLDEST = (3, 38)


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at: ``good``, and what was found or what to do."""

    what: str
    good: bool
    said: str


@command(root, "check-config", example="check-config --set", local=True)
async def check_config(
    session: Session,
    only_set: Annotated[bool, typer.Option("--set", help="Only what is no default.")] = False,
) -> None:
    """Read the settings and explain each: its value, where it came from, what it is for. Secrets are not shown."""
    found = [one for one in explain(session.settings) if not only_set or one.origin != "default"]
    if session.out.value([msgspec.structs.asdict(one) for one in found]):
        return
    rows = [(one.name, one.value, one.origin, one.said) for one in found]
    session.out.table(("setting", "value", "from", "what for"), rows, "Everything is as it comes.")


@command(root, "doctor", example="doctor --data DIR", local=True)
async def doctor(session: Session) -> None:
    """Look at data directory, database, disk, server and mail; exits with 1 if something is not as it should be."""
    settings = session.settings
    findings = list(_look(settings, *await _facts(settings)))
    findings += [await asyncio.to_thread(check, settings) for check in (_server, _mail)]
    ill = [one for one in findings if not one.good]
    if not session.out.value([msgspec.structs.asdict(one) for one in findings]):
        session.out.table(
            ("", "what", "found"), [("✓" if one.good else "✗", one.what, one.said) for one in findings], ""
        )
    if ill:
        raise CommandError(f"Not as it should be: {', '.join(x.what for x in ill)}.")


async def _facts(settings: Settings) -> tuple[bool, str]:
    """Return whether there is a database, and what is to be said of one that is reached over a connection."""
    if not settings.on_postgres:
        return await wiring.database_exists(settings), ""
    try:
        there = await wiring.database_exists(settings)
    except Problem as problem:
        return False, f"{problem.facts.get('reason', problem.sentence)}"
    return there, ""


def _look(settings: Settings, there: bool, wrong: str) -> Iterator[Finding]:
    """Look at what lies on this machine; each look by itself, so that one failure hides no other."""
    checks: dict[str, Callable[[Settings], str]] = {
        "python": lambda _: sys.version.split()[0],
        "sqlite": _sqlite,
        "data directory": _directory,
        "instance key": lambda settings: _key(settings, there),
        "database": lambda settings: _database(settings, there, wrong),
        "disk": _disk,
    }
    for what, check in checks.items():
        try:
            yield Finding(what, good=True, said=check(settings))
        except (wiring.Unusable, CommandError, OSError, sqlite3.Error) as error:
            yield Finding(what, good=False, said=str(error))


def _sqlite(_settings: Settings) -> str:
    version = sqlite3.sqlite_version
    with sqlite3.connect(":memory:") as connection:
        options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    connection.close()
    if sqlite3.sqlite_version_info < OLDEST or "ENABLE_FTS5" not in options:
        raise CommandError(f"{version} cannot be used. Install a Python with SQLite 3.38 or later that has FTS5.")
    return version


def _directory(settings: Settings) -> str:
    if not settings.data.exists():
        return f"{settings.data} is not there yet; the first start makes it"
    mode = settings.data.stat().st_mode & 0o777
    if mode & 0o077:
        raise CommandError(f"Others may look into {settings.data}. Close it to them: chmod 700 {settings.data}")
    if not os.access(settings.data, os.W_OK | os.X_OK):
        raise CommandError(f"You may not write to {settings.data}. Run this as the user it belongs to.")
    return f"{settings.data}, closed to others"


def _key(settings: Settings, there: bool) -> str:
    path = settings.data / "instance.key"
    if not path.exists():
        if there:
            raise CommandError(f"{path} is missing, but there is a database. Bring it back from your backup.")
        return "none yet; the first start makes it"
    if path.stat().st_mode & 0o077:
        raise CommandError(f"Others may read {path}. Close it to them: chmod 600 {path}")
    return f"{path}; keep a copy of it apart from the database's"


def _database(settings: Settings, there: bool, wrong: str) -> str:
    if wrong:
        raise CommandError(f"{wiring.database_named(settings)}: {wrong}.")
    if settings.on_postgres:
        name = wiring.database_named(settings)
        return f"{name} answers" if there else f"{name} is empty; the first start makes the tables"
    path = wiring.database_path(settings)
    if not path.exists():
        return "none yet; the first start makes it"
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    finally:
        connection.close()
    if found != "ok":
        raise CommandError(f"{path} is damaged ({found}). Bring it back from your backup.")
    return f"{path}, {size_of(path.stat().st_size)}"


def _disk(settings: Settings) -> str:
    place = next(path for path in (settings.data, *settings.data.parents, Path("/")) if path.exists())
    free = shutil.disk_usage(place).free
    if free < ENOUGH:
        raise CommandError(f"Only {size_of(free)} free. Uploads are refused when it is full.")
    return f"{size_of(free)} free"


def _server(settings: Settings) -> Finding:
    server = wiring.running(settings) if settings.data.exists() else None
    if server is None:
        return Finding("server", good=True, said="none runs; start it: commonhold serve")
    try:
        answer = _ask(f"{server.url}/readyz")
    except OSError as error:
        return Finding("server", good=False, said=f"Process {server.pid} says {server.url}, which fails: {error}.")
    return Finding("server", good=True, said=f"{server.url} is {answer} (process {server.pid})")


def _ask(url: str) -> str:
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as reply:
        text: Any = reply.read(64)
    return str(text, "ascii", "replace").strip()


def _mail(settings: Settings) -> Finding:
    smtp = settings.smtp
    if smtp.host is None:
        return Finding("mail", good=True, said=f"no mail server; mails are written to {settings.data / 'mails.txt'}")
    try:
        with socket.create_connection((smtp.host, smtp.port), timeout=5):
            return Finding("mail", good=True, said=f"{smtp.host}:{smtp.port} answers ({smtp.tls})")
    except OSError as error:
        return Finding("mail", good=False, said=f"{smtp.host}:{smtp.port} does not answer: {error}.")
