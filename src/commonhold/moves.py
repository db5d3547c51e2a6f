"""An installation as a whole, taken from one place to another: ``commonhold.moving`` on what the settings name."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from commonhold import __version__, wiring
from commonhold.core.problems import Problem
from commonhold.keys.instance import instance_key
from commonhold.keys.sealing import WrongPassphrase
from commonhold.moving.archive import Damaged, Head
from commonhold.moving.backup import Taken, Tell, back_up
from commonhold.moving.restore import NotEmpty, Places, restore
from commonhold.settings import Settings, without_password
from commonhold.store.copying import NotAlike, Occupied, copy_to_postgres
from commonhold.store.sqlite.backup import copy


async def make_backup(settings: Settings, target: Path, passphrase: str, *, listed: bool, tell: Tell) -> Taken:
    """Write a backup of an installation to a new file, whether or not servers run on it.

    :raises Unusable: the installation cannot be opened, or there is none; the text says why
    """
    if settings.on_postgres:
        raise wiring.Unusable("A backup of PostgreSQL is made by its own programs; see docs/how-to/backup.md.")
    if not await wiring.database_exists(settings):
        raise wiring.Unusable(f"There is no installation at {wiring.database_named(settings)}.")

    async def rows(to: Path) -> None:
        await asyncio.to_thread(copy, wiring.database_path(settings), to)

    target = await asyncio.to_thread(target.absolute)
    async with wiring.open_core(settings) as core:
        key = instance_key(settings.data, database_exists=True)
        try:
            return await back_up(core, rows, key, target, passphrase, listed=listed, program=__version__, tell=tell)
        except Damaged as error:
            raise wiring.Unusable(f"This cannot be backed up: {error}.") from None
        except Problem as problem:
            raise wiring.Unusable(f"{target}: {problem.sentence}") from None


def bring_back(settings: Settings, source: Path, passphrase: Callable[[], str], tell: Tell) -> Head:
    """Bring a backup back into an empty data directory.

    :raises Unusable: it is not empty, or the file cannot be restored; the text says why
    """
    if settings.on_postgres or settings.bucket is not None:
        raise wiring.Unusable(
            "A backup is restored with SQLite and a folder; see docs/how-to/backup.md for what comes after."
        )
    places = Places(settings.data, wiring.database_path(settings), settings.blobs_folder)
    try:
        return restore(source, places, passphrase, tell)
    except WrongPassphrase:
        raise wiring.Unusable("The passphrase is wrong. Nothing was changed.") from None
    except Damaged as error:
        raise wiring.Unusable(f"{source} cannot be restored: {error}. Nothing was changed.") from None
    except NotEmpty as error:
        raise wiring.Unusable(str(error)) from None
    except Problem as problem:
        raise wiring.Unusable(f"{source}: {problem.sentence}") from None


async def copy_facts(settings: Settings, url: str, tell: Tell) -> dict[str, int]:
    """Copy the facts of an installation on SQLite into an empty database of PostgreSQL; return the rows of each table.

    :raises Unusable: a server runs, one of the two cannot be used, or the other one is not empty
    """
    if settings.on_postgres:
        raise wiring.Unusable("This installation is on PostgreSQL already. To copy that, use its own programs.")
    if not await wiring.database_exists(settings):
        raise wiring.Unusable(f"There is no installation at {wiring.database_named(settings)}.")
    if (server := wiring.running(settings)) is not None:
        raise wiring.Unusable(f"A server runs at {server.url}: what it writes now would be lost. End it first.")
    try:
        return await copy_to_postgres(wiring.database_path(settings), url, tell)
    except Occupied:
        raise wiring.Unusable(f"{without_password(url)} is not empty. Make a database of its own for this.") from None
    except NotAlike as error:
        raise wiring.Unusable(f"The copy is not alike, and was taken back: {error}.") from None
    except Problem as problem:
        told = " ".join(f"{name}: {value}." for name, value in problem.facts.items())
        raise wiring.Unusable(f"{without_password(url)}: {problem.sentence} {told}".strip()) from None
