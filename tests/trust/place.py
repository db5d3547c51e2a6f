"""Installations as they are in the world: a directory or a database with people in it, and processes that serve it."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from tests.cli.running import PROGRAM, environment, first_line

from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.directory.installation import acting, set_up
from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Named
from commonhold.core.roles import Kind
from commonhold.settings import Settings
from commonhold.wiring import open_core

T = TypeVar("T")

PASSWORD = "correct horse"
PEOPLE = ("root", "alice", "bob", "quinn", "sam")
WIDE = {"COMMONHOLD_LIMITS_SHARES_PER_DAY": "100000000", "COMMONHOLD_LIMITS_MAILS_PER_DAY": "100000000"}


class Place(msgspec.Struct):
    """An installation: its directory, its database, and a token of everybody in it."""

    data: Path
    tokens: dict[str, str]
    database: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to know to serve it."""
        return {} if self.database is None else {"COMMONHOLD_DATABASE": self.database}


def furnished(data: Path, database: str | None = None) -> Place:
    """Make an installation with Root, Alice, Bob, Quinn and Sam, and a group ``team`` of Alice's."""
    return Place(data, asyncio.run(_furnish(Settings(data=data, database=database))), database)


async def _furnish(settings: Settings) -> dict[str, str]:
    tokens = {}
    async with open_core(settings) as core:
        await set_up(core, NewUser(name="root", password=PASSWORD, email="root@example.org"))
        root = await acting(core)
        for name in PEOPLE[1:]:
            await add_user(core, root, NewUser(name=name, password=PASSWORD, email=f"{name}@example.org"))
        for name in PEOPLE:
            tokens[name] = (await create_token(core, await acting(core, Named(name, Kind.USER)))).secret
        await add_group(core, await acting(core, Named("alice", Kind.USER)), NewGroup(title="team"))
    return tokens


class Running(msgspec.Struct):
    """A server that runs: its leading process and its port."""

    process: "subprocess.Popen[str]"
    port: int
    place: Place
    workers: int
    seconds: float  # from its start to its first answer

    def kill(self) -> None:
        """Kill the leading process as hard as can be; a single worker is that process itself."""
        self.process.kill()
        self.process.wait()

    @property
    def family(self) -> list[int]:
        """All its processes, the leading one first."""
        return _family(self.process.pid)

    @property
    def memory(self) -> int:
        """Bytes of memory that its processes hold, together."""
        return sum(resident(pid) for pid in self.family)


def resident(pid: int) -> int:
    """Return the bytes of memory that a process holds."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        with contextlib.suppress(OSError):
            found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
    return found


@contextlib.contextmanager
def serving(
    place: Place, workers: int = 1, *, more: Mapping[str, str] | None = None, worker: bool = False, **how: Any
) -> Iterator[Running]:
    """Serve an installation by real processes on a free port; whatever happens, all of them have ended afterwards.

    ``more``: settings, by their names in the environment; ``worker``: with the process that sends mail and sweeps.
    """
    began = time.monotonic()
    command = [*PROGRAM, "serve", "--data", str(place.data), "--host", "127.0.0.1", "--port", "0"]
    command += ["--workers", str(workers), *([] if worker else ["--no-worker"])]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=environment(COMMONHOLD_LOG_LEVEL="error", **WIDE, **place.environment, **(more or {})), **how,
    )  # fmt: skip
    try:
        said = first_line(process)
        assert said, "the server did not start"
        yield Running(process, int(said.rpartition(":")[2]), place, workers, time.monotonic() - began)
    finally:
        _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    family = _family(process.pid) if process.poll() is None else []
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(40)
    except subprocess.TimeoutExpired:
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def sqlite_rows(place: Place, statement: str) -> list[Any]:
    """Ask the database of a place that nobody writes to."""
    with contextlib.closing(sqlite3.connect(place.data / "commonhold.db")) as connection:
        return connection.execute(statement).fetchall()


def alone(work: Coroutine[Any, Any, T]) -> T:
    """Run something on a loop of its own, and let what it closed be closed before that ends."""

    async def run() -> T:
        found = await work
        await asyncio.sleep(0.05)
        return found

    return asyncio.run(run())
