"""A process that writes and says what was acknowledged: ``writer.py DATABASE NAME CLIENTS COMMITS``."""

import asyncio
import sys
from pathlib import Path

from commonhold.core.changes import CountUse, Put
from commonhold.core.model import Event, Setting
from commonhold.store.sqlite.store import SqliteStore

SHARE = 5  # whose uses all processes count


async def main(database: str, name: str, clients: str, commits: str) -> None:
    """Each client commits one after another: a setting of its own, a new number, and a use that everybody counts."""
    store = SqliteStore(Path(database))

    async def client(number: int) -> None:
        for at in range(int(commits)):
            key = f"{name}-{number}-{at}"
            done = await store.commit(
                [Put(Setting(key, "1")), Put(Event(-1, at, "x", None, name)), CountUse(SHARE, None, at)]
            )
            sys.stdout.write(f"{key} {done.no(-1)} {done.revision}\n")
            sys.stdout.flush()

    await asyncio.gather(*(client(number) for number in range(int(clients))))
    await store.close()


asyncio.run(main(*sys.argv[1:]))
