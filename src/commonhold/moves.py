"""An installation as a whole, taken from one place to another: ``commonhold.moving`` on what the settings name."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from commonhold import __version__, wiring
from commonhold.blobs.bringing import BucketPlace
from commonhold.blobs.cloud import open_bucket
from commonhold.core.problems import Problem
from commonhold.keys.instance import instance_key
from commonhold.keys.sealing import WrongPassphrase
from commonhold.moving.archive import Damaged, Head
from commonhold.moving.backup import Taken, Tell, back_up
from commonhold.moving.restore import NotEmpty, Places, restore
from commonhold.settings import Settings, without_password
from commonhold.store.copying import NotAlike, Occupied, copy_to_postgres, occupied
from commonhold.store.copying_back import copy_from_postgres
from commonhold.store.sqlite.backup import copy
from commonhold.store.sqlite.ready import make_ready


async def make_backup(settings: Settings, target: Path, passphrase: str, *, listed: bool, tell: Tell) -> Taken:
    """Write a backup of an installation to a new file, whether or not servers run on it.

    :raises Unusable: the installation cannot be opened, or there is none; the text says why
    """
    await need_installation(settings)
    target = await asyncio.to_thread(target.absolute)
    rows = partial(copy_rows, settings)
    async with wiring.open_core(settings) as core:
        key = instance_key(settings.data, database_exists=True)
        try:
            return await back_up(core, rows, key, target, passphrase, listed=listed, program=__version__, tell=tell)
        except (Damaged, NotAlike) as error:
            raise wiring.Unusable(f"This cannot be backed up: {error}.") from None
        except Problem as problem:
            raise wiring.Unusable(f"{target}: {problem.sentence}") from None


async def need_installation(settings: Settings) -> None:
    """See that there is an installation.

    :raises Unusable: there is none, or its database cannot be asked
    """
    try:
        found = await wiring.database_exists(settings)
    except Problem as problem:
        raise wiring.Unusable(_told(wiring.database_named(settings), problem)) from None
    if not found:
        raise wiring.Unusable(f"There is no installation at {wiring.database_named(settings)}.")


async def copy_rows(settings: Settings, to: Path) -> None:
    """Write all rows of one moment to a new SQLite file, wherever they are kept.

    :raises Problem: unavailable, storage_full
    """
    if settings.on_postgres:
        await copy_from_postgres(settings.database_url, to)
    else:
        await asyncio.to_thread(copy, wiring.database_path(settings), to)


class _Database:
    """A database of PostgreSQL that rows are brought back into, for a caller without an event loop."""

    def __init__(self, url: str) -> None:
        self._url = url

    def occupied(self) -> str | None:
        return without_password(self._url) if asyncio.run(occupied(self._url)) else None

    def take(self, database: Path) -> None:
        make_ready(database)
        asyncio.run(copy_to_postgres(database, self._url, _silent))


def _silent(done: int, total: int) -> None:
    """Tell nobody: whoever waits was told of the bytes."""


def _places(settings: Settings) -> Places:
    """Return where a backup is brought back to, as the settings say.

    :raises ValueError: the bucket has no proper address
    """
    database = _Database(settings.database_url) if settings.on_postgres else wiring.database_path(settings)
    if settings.bucket is None:
        return Places(settings.data, database, settings.blobs_folder)
    keys = (settings.s3.access_key, settings.s3.secret_key)
    bucket = open_bucket(settings.bucket, *(key.reveal() if key else None for key in keys))
    asyncio.run(bucket.check())
    return Places(settings.data, database, BucketPlace(bucket))


def _told(place: object, problem: Problem) -> str:
    told = " ".join(f"{name}: {value}." for name, value in problem.facts.items())
    return f"{place}: {problem.sentence} {told}".strip()


def bring_back(settings: Settings, source: Path, passphrase: Callable[[], str], tell: Tell) -> Head:
    """Bring a backup back into an empty data directory.

    :raises Unusable: it is not empty, or the file cannot be restored; the text says why
    """
    try:
        return restore(source, _places(settings), passphrase, tell)
    except ValueError as error:
        raise wiring.Unusable(f"blobs: {error}") from None
    except Occupied:
        raise wiring.Unusable("Somebody wrote to the database meanwhile. Nothing was changed.") from None
    except WrongPassphrase:
        raise wiring.Unusable("The passphrase is wrong. Nothing was changed.") from None
    except (Damaged, NotAlike) as error:
        raise wiring.Unusable(f"{source} cannot be restored: {error}. Nothing was changed.") from None
    except NotEmpty as error:
        raise wiring.Unusable(str(error)) from None
    except Problem as problem:
        raise wiring.Unusable(_told(source, problem)) from None


async def copy_facts(settings: Settings, url: str, tell: Tell) -> dict[str, int]:
    """Copy the facts of an installation on SQLite into an empty database of PostgreSQL; return the rows of each table.

    :raises Unusable: a server runs, one of the two cannot be used, or the other one is not empty
    """
    if settings.on_postgres:
        raise wiring.Unusable("This installation is on PostgreSQL already. To copy that, use its own programs.")
    await need_installation(settings)
    if (server := wiring.running(settings)) is not None:
        raise wiring.Unusable(f"A server runs at {server.url}: what it writes now would be lost. End it first.")
    try:
        return await copy_to_postgres(wiring.database_path(settings), url, tell)
    except Occupied:
        raise wiring.Unusable(f"{without_password(url)} is not empty. Make a database of its own for this.") from None
    except NotAlike as error:
        raise wiring.Unusable(f"The copy is not alike, and was taken back: {error}.") from None
    except Problem as problem:
        raise wiring.Unusable(_told(without_password(url), problem)) from None
