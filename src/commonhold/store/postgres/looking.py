"""A look over one connection: what is foreseen in one statement, the rare rest after it, all of one moment."""

from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.ports import Clock
from commonhold.store.look import assemble
from commonhold.store.postgres.bag import Bag, BagProbes, Moved, Unread
from commonhold.store.postgres.connections import Connection
from commonhold.store.postgres.fetching import Fetching
from commonhold.store.postgres.foresight import foresee
from commonhold.store.ruling import Kept


async def look(asked: Look, kept: Kept, clock: Clock, connection: Connection) -> Snapshot:
    """Read everything that a decision needs.

    Mostly this is one statement. Where it takes more, each tells which revision it saw; only where somebody wrote
    meanwhile everything is read again, inside of a transaction that sees one moment.
    """
    try:
        return await _assembled(asked, Fetching(connection, Bag(), kept, clock))
    except Moved:
        pass
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await _assembled(asked, Fetching(connection, Bag(), kept, clock))


async def _assembled(asked: Look, fetching: Fetching) -> Snapshot:
    await foresee(asked, fetching)
    while True:
        try:
            return assemble(asked, BagProbes(fetching.bag))
        except Unread as unread:
            question = unread.question
        await fetching.fetch(question)
