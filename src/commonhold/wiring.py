"""The composition root: the one file that names engines, and the one way to open a data directory.

Modules are imported where they are used: a process loads what it runs. A worker carries no HTTP, a server no mail.
"""

import asyncio
import contextlib
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec

from commonhold import logs
from commonhold.core.core import Core
from commonhold.core.problems import Problem
from commonhold.data import Claim as Claim
from commonhold.data import Server as Server
from commonhold.data import Unusable as Unusable
from commonhold.data import claim as claim
from commonhold.data import prepare as prepare
from commonhold.data import running as running
from commonhold.settings import Settings, SettingsError, load, reveal, without_password

if TYPE_CHECKING:
    from commonhold.core.blobs import Blobs
    from commonhold.core.records.catalog import Collection as Table
    from commonhold.http.app import App
    from commonhold.http.face import Face
    from commonhold.store.postgres.store import PostgresStore
    from commonhold.store.sqlite.store import SqliteStore

FACES: Final = "commonhold.faces"  # the folder of our own faces, and the entry points of others'
PATIENCE: Final = 10.0  # seconds until a worker that failed is started again

log = logs.get("wiring")


def wall_clock() -> int:
    """Return the time: milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


# --- the data directory


def database_path(settings: Settings) -> Path:
    """Return where the database lies."""
    return Path(settings.database_url.removeprefix("sqlite:///")).absolute()


def database_named(settings: Settings) -> str:
    """Return what the database is called in messages: its place, never the password to it."""
    if not settings.on_postgres:
        return str(database_path(settings))
    return without_password(settings.database_url)


async def database_exists(settings: Settings) -> bool:
    """Tell whether there is a database that was made ready once.

    :raises Problem: unavailable, postgres_unfit
    """
    if not settings.on_postgres:
        return database_path(settings).exists()
    from commonhold.store.postgres.ready import version_of

    return await version_of(settings.database_url) is not None


async def _open_store(settings: Settings) -> "SqliteStore | PostgresStore":
    """Make the database ready, and open it.

    :raises Problem: it cannot be used as it is, or by this program
    """
    if settings.on_postgres:
        from commonhold.store.postgres import ready
        from commonhold.store.postgres.store import PostgresStore

        await ready.make_ready(settings.database_url)
        return PostgresStore(settings.database_url, clock=wall_clock)
    from commonhold.store.sqlite.ready import make_ready
    from commonhold.store.sqlite.store import SqliteStore

    path = database_path(settings)
    await asyncio.to_thread(make_ready, path)
    return SqliteStore(path, clock=wall_clock)


async def _open_blobs(settings: Settings) -> "Blobs":
    """Open the place for bytes; a bucket is tried out first, so that what cannot work is told now.

    :raises Problem: bucket_unusable
    :raises Unusable: this is no address of a bucket
    """
    if settings.bucket is None:
        from commonhold.blobs.folder import FolderBlobs

        return FolderBlobs(settings.blobs_folder)
    from commonhold.blobs.cloud import open_bucket

    keys = (settings.s3.access_key, settings.s3.secret_key)
    try:
        blobs = open_bucket(settings.bucket, *(key.reveal() if key else None for key in keys))
    except ValueError as error:
        raise Unusable(f"blobs: {error}") from None
    await blobs.check()
    return blobs


@contextlib.asynccontextmanager
async def open_core(settings: Settings) -> AsyncIterator[Core]:
    """Open the data directory: made, migrated and closed as needed. Any number of processes may have it open.

    :raises Unusable: it cannot be used; the text says what to do
    """
    from commonhold.blobs.staging import FolderStaging
    from commonhold.keys.instance import KeyUnusable, instance_key
    from commonhold.keys.passwords import Argon2Passwords
    from commonhold.keys.secrets import InstanceSecrets
    from commonhold.work.previews import FolderPreviews

    prepare(settings)
    place = database_named(settings)
    try:
        key = instance_key(settings.data, database_exists=await database_exists(settings))
        store = await _open_store(settings)
        blobs = await _open_blobs(settings)
    except KeyUnusable as error:
        raise Unusable(str(error)) from None
    except Problem as problem:
        told = " ".join(f"{name}: {value}." for name, value in problem.facts.items())
        raise Unusable(f"{place}: {problem.sentence} {told}".strip()) from None
    except OSError as error:
        raise Unusable(f"{error.filename or place}: {error.strerror}.") from None
    try:
        secrets, hasher = InstanceSecrets(key), Argon2Passwords()
        staging = FolderStaging(settings.staging_folder)
        yield Core(
            store, blobs, wall_clock, secrets, hasher, settings.limits,
            records=store.records, staging=staging,
            previews=FolderPreviews(settings.previews_folder, wall_clock), siblings=settings.directus.reverse_siblings,
        )  # fmt: skip
    finally:
        await store.close()
        await blobs.close()


async def reflect(settings: Settings, source: str | None, tables: Sequence[str], *, read_only: bool) -> "list[Table]":
    """Read existing tables as collections: beside our own ones where ``source`` is None.

    It names another SQLite file; on PostgreSQL, a schema of our database.

    :raises Problem: not_found, invalid_field
    """
    if settings.on_postgres:
        from commonhold.store.sources.reflect_postgres import reflected_in_postgres

        return await reflected_in_postgres(settings.database_url, tables, schema=source, read_only=read_only)
    return _reflect_file(settings, source, tables, read_only=read_only)


def _reflect_file(settings: Settings, source: str | None, tables: Sequence[str], *, read_only: bool) -> "list[Table]":
    from commonhold.store.sources.reflect import reflected

    path = database_path(settings) if source is None else Path(source).absolute()
    return reflected(path, tables, source=None if source is None else str(path), read_only=read_only)


async def first_start(core: Core, settings: Settings) -> str | None:
    """Make the first administrator as the settings say, or else return the link by which he makes himself, once.

    None if there is one already. The name of the administrator of the settings is ``admin``.

    :raises SettingsError: his address or password cannot be used
    """
    from commonhold.core.directory.installation import is_set_up, set_up, setup_secret
    from commonhold.core.directory.people import NewUser

    if await is_set_up(core):
        return None
    email, password = settings.admin.email, settings.admin.password
    try:
        if email is None or password is None:
            return settings.page("setup", await setup_secret(core))
        await set_up(core, NewUser(name="admin", email=email, password=password.reveal(), admin=True, verified=True))
    except Problem as problem:
        if problem.code == "already_set_up":
            return None  # another process was faster
        raise SettingsError(f"admin.{problem.facts.get('field', 'email')}: {problem.sentence}") from None
    return None


# --- faces and the application


def find_faces(settings: Settings, only: Collection[str] | None = None) -> tuple["Face", ...]:
    """Return the faces that are switched on: each folder of ``faces`` with a module ``face``, then installed ones.

    ``only``: these, switched on or not; for a caller in this process.

    :raises SettingsError: a face is set that does not exist
    """
    package = importlib.import_module(FACES)
    folders = [found.name for found in pkgutil.iter_modules(package.__path__) if found.ispkg]
    ours = [name for name in folders if importlib.util.find_spec(f"{FACES}.{name}.face")]
    others = {point.name: point for point in importlib.metadata.entry_points(group=FACES)}
    known = {"health", *ours, *others}
    wrong = [_no_face(name, known) for name in settings.faces if name not in known]
    if wrong:
        raise SettingsError(*wrong)
    on = {name for name in known if (settings.face(name).on if only is None else name in only)}
    found = [importlib.import_module(f"{FACES}.{name}.face").FACE for name in ours if name in on]
    return (*found, *(point.load() for name, point in sorted(others.items()) if name in on))


def _no_face(name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"faces.{name}: there is no such face.{f' Did you mean {close[0]}?' if close else ''}"


def application(core: Core, settings: Settings, only: Collection[str] | None = None) -> "App":
    """Return the ASGI application of an open core with all faces that are switched on, or ``only`` these.

    :raises SettingsError: a face is set that does not exist, or two claim the same path
    """
    from commonhold.http.app import build_app

    try:
        return build_app(core, find_faces(settings, only), settings)
    except ValueError as error:
        raise SettingsError(f"faces: {error}") from None


# --- the worker


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Send mail and sweep until ``stop`` is set. Without a set address, links lead to the server that runs here.

    :raises Unusable: the data directory cannot be used
    """
    from commonhold.work.worker import Worker

    server = running(settings) if settings.base_url is None else None
    if server is not None:
        settings = msgspec.structs.replace(settings, base_url=server.url)

    async with open_core(settings) as core:
        await Worker(core, settings).run(stop)


@contextlib.contextmanager
def worker_beside(settings: Settings) -> Iterator[None]:
    """Keep a worker in a process of its own, beside a server; at the end it finishes what it has in hand.

    It lives on a leash, the pipe by which it gets its settings: when that ends, even violently, it stops.
    """
    keeper = _Keeper(settings)
    keeper.start()
    try:
        yield
    finally:
        keeper.let_go()


class _Keeper(threading.Thread):
    """Starts the worker, and again if it fails; it only waits, so it takes no time from a serving process."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="worker", daemon=True)
        self._settings = msgspec.json.encode(reveal(settings)) + b"\n"
        self._ending = threading.Event()
        self._leash: IO[bytes] | None = None

    def run(self) -> None:
        while not self._ending.is_set():
            command = [sys.executable, "-P", "-m", "commonhold.wiring"]
            with subprocess.Popen(  # noqa: S603 - our own module
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, bufsize=0,
                process_group=0,  # Ctrl-C in a terminal is not for him, even before he can say so himself
            ) as process:  # fmt: skip
                self._leash = process.stdin
                self._tell(self._settings)  # by the pipe, as everybody can see arguments
                if self._ending.is_set():
                    self._loosen()
                code = process.wait()
            if code == 0 or self._ending.is_set():
                break
            if code != -signal.SIGINT:  # Ctrl-C before he had a group of his own: the parent ends by it as well
                log.error("worker.failed", code=code)
            self._ending.wait(PATIENCE)

    def let_go(self) -> None:
        """Let the worker finish, and wait for it."""
        self._ending.set()
        self._loosen()
        self.join()

    def _tell(self, data: bytes) -> None:
        if self._leash is not None:
            with contextlib.suppress(BrokenPipeError, ValueError):
                self._leash.write(data)
                self._leash.flush()

    def _loosen(self) -> None:
        if self._leash is not None:
            with contextlib.suppress(BrokenPipeError):
                self._leash.close()


async def _worker_on_a_leash() -> None:
    """Be the worker of a parent process: settings come first by the pipe, and its end, even a violent one, is ours."""
    told = sys.stdin.buffer.readline()
    if not told:
        return
    settings = load({}, msgspec.json.decode(told))
    logs.setup(settings.log.level, settings.log.format)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)  # Ctrl-C reaches the parent, which lets go of the leash
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    leash = asyncio.create_task(reader.read())
    leash.add_done_callback(lambda _: stop.set())
    await run_worker(settings, stop)


if __name__ == "__main__":
    asyncio.run(_worker_on_a_leash())
