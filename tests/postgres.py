"""A real PostgreSQL server for tests: ``COMMONHOLD_TEST_POSTGRES`` (a URL whose user may make databases), or Debian's.

Whoever asks for the fixture ``postgres`` gets a ``Server``; ``postgres.fresh()`` is the URL of a database of one's own,
as the program makes it, and ``postgres.copy(url)`` one that holds what another one does. What is left goes at the end.
``postgres_database`` and ``on_postgres`` are cheaper: their databases stand from test to test (``tests.standing``).
To run a face's town on it too, add ``POSTGRES`` to the fixture's parameters, and open ``on_postgres(request, clock)``.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.databases import made_once
from tests.loops import Aside, Lasting, apart
from tests.standing import Standing, let_go

from commonhold.core.ports import Clock
from commonhold.store.postgres.ready import make_ready
from commonhold.store.postgres.store import PostgresStore

ASKED = "COMMONHOLD_TEST_POSTGRES"
POSTGRES = pytest.param("postgres", marks=pytest.mark.slow)
"""A parameter beside "memory" and "sqlite"."""

PROGRAMS = Path("/usr/lib/postgresql")
MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes
USER = "commonhold"
EMPTY = "commonhold_empty"
QUICK = {
    "listen_addresses": "", "fsync": "off", "full_page_writes": "off", "synchronous_commit": "on",
    "autovacuum": "off", "max_connections": "400", "shared_buffers": "32MB", "max_wal_size": "256MB",
}  # fmt: skip


def programs() -> Path | None:
    """Return where Debian keeps the newest server."""
    found = [path for path in PROGRAMS.glob("*/bin") if (path / "initdb").exists()]
    return max(found, key=lambda path: int(path.parent.name)) if found else None


class Server:
    """A server that runs: databases are made on it, named one after the other."""

    def __init__(self, url: str) -> None:
        """``url`` has a place for the name of a database."""
        self._url = url
        self._names = (f"commonhold_{os.getpid()}_{n}" for n in count())
        self._made: set[str] = set()
        self._empty: str | None = None
        self._aside = Aside()
        self._asking: asyncpg.Connection[asyncpg.Record] | None = None
        self._free: dict[str, list[Standing]] = {}

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return self._url.format(name)

    def ask(self, text: str, name: str = "postgres") -> list[Any]:
        """Run a statement."""

        async def once() -> list[Any]:
            connection = await asyncpg.connect(self.url(name))
            try:
                return list(await connection.fetch(text))
            finally:
                await connection.close()

        async def kept() -> list[Any]:
            if self._asking is None or self._asking.is_closed():
                self._asking = await asyncpg.connect(self.url(name))
            return list(await self._asking.fetch(text))

        return self._aside.run(kept() if name == "postgres" else once())

    def bare(self, name: str | None = None) -> str:
        """Make a database without tables, and return its URL."""
        return self._make("template0", name)

    def fresh(self) -> str:
        """Make a database as the program makes it, and return its URL."""
        return self.copy(self.empty())

    def empty(self, name: str | None = None) -> str:
        """Return the URL of a database as the program makes it, which nobody writes to."""
        if self._empty is None:
            self._empty = self.bare(name)
            apart(make_ready(self._empty))
        return self._empty

    def lend(self, template: str, lasting: Lasting) -> Standing:
        """Return a database that holds what another one does, for one test; it may have served others."""
        free = self._free.setdefault(template, [])
        return free.pop() if free else Standing(self.copy(template), self._aside, lasting)

    def take_back(self, template: str, standing: Standing) -> None:
        """Put back what a test did to a database, for the next one; or drop it."""
        if standing.put_back():
            self._free[template].append(standing)
        else:
            standing.leave()
            self.drop(standing.url)

    def copy(self, url: str) -> str:
        """Make a database that holds what another one holds, to which nobody is connected, and return its URL."""
        return self._make(self.name(url))

    def name(self, url: str) -> str:
        """Return the name of a database of which we know the URL."""
        return next(name for name in self._made if self.url(name) == url)

    def _make(self, template: str, name: str | None = None) -> str:
        name = name or next(self._names)
        self.ask(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        self._made.add(name)
        return self.url(name)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is connected to it."""
        name = self.name(url)
        self._made.discard(name)
        self.ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def clean(self) -> None:
        """Drop what is left."""
        for name in list(self._made):
            self.drop(self.url(name))

    def leave(self) -> None:
        """Break all connections of ours."""
        for standing in chain.from_iterable(self._free.values()):
            standing.leave()
        self._free.clear()
        if self._asking is not None:
            self._aside.run(let_go(self._asking))
        self._aside.end()


class OwnServer(Server):
    """Debian's server as a process of ours, in a folder of its own; root becomes an ordinary user for it."""

    def __init__(self, seed: Path | None = None, **settings: str) -> None:
        """Make the data, or copy those of another one; ``settings`` beside or in place of the quick ones."""
        found = programs()
        assert found is not None
        self._programs = found
        self._settings = {**QUICK, **settings}
        self.folder = Path(tempfile.mkdtemp(prefix="commonhold-postgres-", dir=self._place()))
        self._user: dict[str, Any] = {}
        if os.getuid() == 0:
            owner = pwd.getpwnam("nobody")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self.process: subprocess.Popen[bytes] | None = None
        super().__init__(f"postgresql://{USER}@/{{}}?host={self.folder}")
        if seed is None:
            self._initialise()
        else:
            subprocess.run(["cp", "-a", seed, self.folder / "data"], check=True)  # whoever its owner is
            self._made.add(EMPTY)
            self._empty = self.url(EMPTY)

    def _initialise(self) -> None:
        options = ["--auth=trust", f"--username={USER}", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        options += ["--locale-provider=icu", "--icu-locale=en"]  # texts would not compare by code points of themselves
        command = [str(self._programs / "initdb"), f"--pgdata={self.folder / 'data'}", *options]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **self._user)

    def _place(self) -> Path | None:
        """Return a folder in memory for data that need not outlive the machine, where there is room."""
        passing = self._settings["fsync"] == "off" and MEMORY.is_dir()
        return MEMORY if passing and shutil.disk_usage(MEMORY).free > ROOM else None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        options += [f"--unix_socket_directories={self.folder}"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self._programs / "postgres"), "-D", str(self.folder / "data"), *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", preexec_fn=_ends_with_us, **self._user,
            )  # fmt: skip
        for _ in range(600):
            with contextlib.suppress(OSError, asyncpg.CannotConnectNowError):
                self.ask("SELECT 1")
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text())

    def kill(self) -> None:
        """Kill it as hard as can be: the server, and what serves its connections."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def sow(self, seed: Path) -> None:
        """End it in order, and leave its data there for others to begin with: with an empty database."""
        assert self.process is not None
        self.empty(EMPTY)
        self.leave()
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        subprocess.run(["cp", "-a", self.folder / "data", seed], check=True)
        shutil.rmtree(self.folder)

    def stop(self) -> None:
        """End it, and forget its data."""
        self.leave()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def standing(request: pytest.FixtureRequest, template: str | None = None) -> Standing:
    """Lend a database to a test: a copy of ``template``, or empty; afterwards it is put back."""
    server: Server = request.getfixturevalue("postgres")
    like = template or server.empty()
    found = server.lend(like, request.getfixturevalue("lasting"))
    request.addfinalizer(lambda: server.take_back(like, found))
    return found


def on_postgres(request: pytest.FixtureRequest, clock: Clock, template: str | None = None) -> PostgresStore:
    """Open a store in a database of one's own, a copy of ``template`` if there is one."""
    return standing(request, template).store(clock)


def _ends_with_us() -> None:
    """Ask the kernel to end the server when its parent ends, however violently."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def lacking(*, own: bool = False) -> str | None:
    """Say what the machine lacks for a server, or for one of our own, or None."""
    if programs() or (os.environ.get(ASKED) and not own):
        return None
    return f"needs PostgreSQL (Debian's package postgresql{'' if own else f', or {ASKED}'})"


@pytest.fixture(scope="session")
def postgres_seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data with which each server of ours begins, made once for a whole run."""
    if reason := lacking(own=True):
        pytest.skip(reason)

    def make(seed: Path) -> None:
        server = OwnServer()
        server.start()
        server.sow(seed)

    return made_once(tmp_path_factory, "postgres", make)


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server for this process of the tests."""
    if reason := lacking():
        pytest.skip(reason)
    if url := os.environ.get(ASKED):
        base, slash, query = url.partition("?")
        server = Server(f"{base.rsplit('/', 1)[0]}/{{}}{slash and '?'}{query}")
        yield server
        server.clean()
        server.leave()
        return
    own = OwnServer(request.getfixturevalue("postgres_seed"))
    own.start()
    yield own
    own.stop()


@pytest.fixture
def postgres_standing(request: pytest.FixtureRequest) -> Standing:
    """A database for this test, as the program makes it, with its connections."""
    return standing(request)


@pytest.fixture
def postgres_database(postgres_standing: Standing) -> str:
    """The URL of a database for this test, as the program makes it."""
    return postgres_standing.url
