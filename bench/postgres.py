"""The data set in PostgreSQL: copied once from the file as ``commonhold copy`` does it, and again for each run."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg

from commonhold.store.copying import copy_to_postgres

OWN: Final = "own"
READY: Final = "ready"
# As somebody would run it who means what is acknowledged; memory for a machine of a few GB.
SAFE: Final = {
    "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "autovacuum": "on", "shared_buffers": "1GB",
    "max_wal_size": "4GB", "effective_cache_size": "3GB", "maintenance_work_mem": "256MB",
}  # fmt: skip

WANTED: Final = {
    "decision at depth 8, p99": 2_000,
    "decision at depth 32, p99": 2_000,
    "shared with me, in a group with 40 k shares": 5,
    "read an item, with a token": 0.1,
    "acknowledged shares": 600,
    "the committer alone, one row each": 4_000,
}
"""What is wanted of PostgreSQL (the units are those of the cases); everything else is only told."""

SUBJECTS: Final = ("decisions", "writes", "pages", "requests", "streams", "footprint")
"""What can be asked of it; the other subjects look into the file of the embedded engine."""


@contextlib.contextmanager
def server(asked: str) -> Iterator[str]:
    """Yield the URL of a server, with ``{}`` for the name of a database; ``own`` starts one, and forgets its data."""
    if asked != OWN:
        base, mark, query = asked.partition("?")
        yield f"{base.rpartition('/')[0]}/{{}}{mark}{query}"
        return
    from tests.postgres import OwnServer

    own = OwnServer(None, **SAFE)
    own.start()
    try:
        yield own.url("{}")
    finally:
        own.stop()


def prepared_on(url: str, source: Path) -> str:
    """Return the URL of a database with the data set of a file, for this run alone."""
    return asyncio.run(_prepared(url, source))


async def _prepared(url: str, source: Path) -> str:
    name = f"bench_{source.parent.name}".replace("-", "_").replace(".", "_")
    run = f"{name}_run"
    admin = await asyncpg.connect(url.format("postgres"))
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {run} WITH (FORCE)")
        found = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1"
        if await admin.fetchval(found, name) != READY:
            await _make(admin, name, url.format(name), source)
        await admin.execute(f"CREATE DATABASE {run} TEMPLATE {name} STRATEGY FILE_COPY")
        await admin.execute("CHECKPOINT")
    finally:
        await admin.close()
    return url.format(run)


async def _make(admin: "asyncpg.Connection[asyncpg.Record]", name: str, url: str, source: Path) -> None:
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    await copy_to_postgres(source, url, _silent)
    connection = await asyncpg.connect(url)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()
    await admin.execute(f"COMMENT ON DATABASE {name} IS '{READY}'")


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


async def version(url: str) -> str:
    """Return the version of a server."""
    connection = await asyncpg.connect(url)
    try:
        found: str = await connection.fetchval("SHOW server_version")
        return found
    finally:
        await connection.close()
