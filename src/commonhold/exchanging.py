"""Lines of JSON out of an installation and into one: ``commonhold.moving.exchange`` on what the settings name."""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from commonhold import __version__, wiring
from commonhold.blobs.folder import fsync_folder
from commonhold.core.content.backing_up import reading_all
from commonhold.core.core import Core
from commonhold.core.problems import Problem
from commonhold.keys.instance import instance_key
from commonhold.keys.secrets import InstanceSecrets
from commonhold.moves import copy_rows, need_installation
from commonhold.moving.exchange import lines
from commonhold.moving.exchange.arriving import Options as Options
from commonhold.moving.exchange.arriving import Report
from commonhold.moving.exchange.export import export
from commonhold.moving.exchange.importing import Tell, take_in
from commonhold.settings import Settings
from commonhold.store.sqlite.store import SqliteStore


async def export_to(settings: Settings, out: BinaryIO, *, contents: bool) -> lines.End:
    """Write the lines of one moment; servers go on meanwhile.

    :raises Unusable: there is no installation, or its database cannot be read
    """
    await need_installation(settings)
    secrets = InstanceSecrets(instance_key(settings.data, database_exists=True))
    with _told():
        async with _copied(settings) as store:
            now = wiring.wall_clock()
            return await export(store, secrets, out.write, contents=contents, program=__version__, now=now)


async def import_from(settings: Settings, source: BinaryIO, options: Options, tell: Tell, *, dry_run: bool) -> Report:
    """Take lines in; ``dry_run``: into a copy of the rows, which is thrown away.

    :raises Unusable: the file cannot be read, or the installation cannot be used; the text says why
    """
    with _told():
        async with wiring.open_core(settings) as core, reading_all(core):
            if not dry_run:
                return await take_in(core, source, options, tell)
            async with _copied(settings) as store:
                options = msgspec.structs.replace(options, receive=False)
                return await take_in(_over(core, store), source, options, tell)


def _over(core: Core, store: SqliteStore) -> Core:
    return msgspec.structs.replace(core, store=store, records=store.records)


@contextlib.asynccontextmanager
async def _copied(settings: Settings) -> AsyncIterator[SqliteStore]:
    """Open a copy of all rows of one moment, which goes at the end."""
    folder = Path(tempfile.mkdtemp(prefix=".rows-", dir=settings.data))
    try:
        await copy_rows(settings, folder / "rows.db")
        store = SqliteStore(folder / "rows.db", clock=wiring.wall_clock)
        try:
            yield store
        finally:
            await store.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Say in a sentence what went wrong."""
    try:
        yield
    except lines.Unreadable as error:
        raise wiring.Unusable(f"The file cannot be read: {error}. Nothing was changed.") from None
    except Problem as problem:
        raise wiring.Unusable(f"{problem.sentence} What was taken in stays; run it again to go on.") from None


@contextlib.contextmanager
def new_file(target: Path) -> Iterator[BinaryIO]:
    """Write a new file for its owner alone, which has its name once it is whole and durable; it replaces none.

    :raises FileExistsError: there is one
    """
    target = target.absolute()
    if target.exists():
        raise FileExistsError(errno.EEXIST, "There is such a file already", str(target))
    opened, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    try:
        with os.fdopen(opened, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.link(name, target)
        fsync_folder(target.parent)
    finally:
        Path(name).unlink()


@contextlib.contextmanager
def whole_file(source: Path | None, stream: BinaryIO) -> Iterator[BinaryIO]:
    """Open a file that can be read twice; None: what comes by ``stream`` is kept on the disk meanwhile."""
    if source is not None:
        with source.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as kept:
        shutil.copyfileobj(stream, kept)
        yield kept
