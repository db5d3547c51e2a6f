"""Bring a database up to the schema of this program: ``python -m commonhold.store.migrate URL [--check]``.

``-`` in place of the URL: it is read from the standard input, as it may hold a password, and everybody sees arguments.

Runs in a process of its own, so that no serving process loads SQLAlchemy or Alembic. One transaction holds all steps
and the first rows: whoever looks sees a whole database, of one version or of another. ``--check`` changes nothing and
exits with 0 if there is nothing to do, 1 if there is, 2 if the database is newer than this program.
"""

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, insert, make_url, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from commonhold.core.genesis import first_rows
from commonhold.core.model import Instance, Principal
from commonhold.store.schema import metadata
from commonhold.store.sqlite.turnstile import Turnstile
from commonhold.store.tables import HEAD

T = TypeVar("T")

SEARCH: Final = "item_words"  # made by hand: what searches for words differs from engine to engine
ALONE: Final = 0x636F6D6D  # the lock that programs agree on
RECORDS: Final = "r_"  # tables of records come and go with their collections


def ours(name: str | None, kind: str, parents: object) -> bool:
    """Tell Alembic which tables are of this schema."""
    del parents
    return kind != "table" or not (name or "").startswith((SEARCH, RECORDS))


def engine_for(url: str) -> Engine:
    """Make an engine whose transactions begin at once, DDL included, also where the driver has other habits."""
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _as_we_say)
        event.listen(engine, "begin", _begin)
    return engine


def _as_we_say(connection: Any, record: object) -> None:
    del record
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextlib.contextmanager
def alone(url: str) -> Iterator[None]:
    """Keep every other writer of the same database out while migrating."""
    found = make_url(url)
    if found.get_backend_name() != "sqlite" or not found.database:
        yield
        return
    turnstile = Turnstile(Path(found.database))
    try:
        with turnstile:
            yield
    finally:
        turnstile.close()


def version_of(connection: Connection) -> str | None:
    """Return the version of a database's schema; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def within(url: str, work: Callable[[Connection], T]) -> T:
    """Do something in one transaction on a database, whichever it is."""
    if not url.startswith("postgres"):
        engine = engine_for(url)
        with engine.begin() as connection:
            done = work(connection)
        engine.dispose()
        return done
    return asyncio.run(_within_postgres(url, work))


async def _within_postgres(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def migrate(url: str) -> None:
    """Take every step that is missing, and write the first rows into a database that has none."""
    with alone(url):
        within(url, _upgrade)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({ALONE})"))  # of several programs one migrates
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
    if connection.execute(select(metadata.tables["instance"])).first() is None:
        found(connection)


def found(connection: Connection) -> None:
    """Write the rows that every installation begins with."""
    tables = metadata.tables
    connection.execute(insert(tables["instance"]), [as_dict(Instance())])
    for row in first_rows(time.time_ns() // 1_000_000):
        connection.execute(insert(tables[row.table]), [as_dict(row)])
        if isinstance(row, Principal):
            connection.execute(insert(tables["group_closure"]), [{"grp": row.no, "ancestor": row.no}])


def as_dict(row: Any) -> dict[str, Any]:
    """Return the columns of a row."""
    return {name: getattr(row, name) for name in row.__struct_fields__}


def check(url: str) -> int:
    """Say how a database stands to this program, and return the exit code for it."""
    version = within(url, version_of)
    if version is not None and version > HEAD:
        print(f"The data is of version {version}, newer than this program ({HEAD}). Install the newer program.")  # noqa: T201
        return 2
    print(f"The data is of version {version or 'none'}; this program needs {HEAD}.")  # noqa: T201
    return 0 if version == HEAD else 1


def main(arguments: list[str]) -> int:
    """Run the command; what it makes can be read by the user it runs as alone."""
    parser = argparse.ArgumentParser(prog="commonhold.store.migrate", description="Bring a database up to date.")
    parser.add_argument("url", help="sqlite:///path, or postgresql://…; - reads it from standard input")
    parser.add_argument("--check", action="store_true", help="change nothing, say what is to do")
    given = parser.parse_args(arguments)
    os.umask(0o077)
    url = sys.stdin.read().strip() if given.url == "-" else given.url
    code = check(url)
    if given.check or code != 1:
        return code
    migrate(url)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
