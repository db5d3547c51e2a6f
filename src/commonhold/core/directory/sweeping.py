"""What is over and counts for nothing any more: removed by the worker, a bounded batch at a time."""

from commonhold.core.changes import Change, Drop
from commonhold.core.core import Core
from commonhold.core.model import Candidate, Credential, Throttle
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where


async def sweep_credentials(core: Core) -> int:
    """Remove expired credentials, invitations and counters of past windows; return how many. Again until it is 0."""
    now = core.clock()
    over: list[Credential] = await core.store.rows(machine(), Rows(Credential, (Where("until", "le", now),)))
    missed: list[Candidate] = await core.store.rows(machine(), Rows(Candidate, (Where("until", "le", now),)))
    past = (Where("since", "le", now - core.limits.login_window),)
    counters: list[Throttle] = await core.store.rows(machine(), Rows(Throttle, past))
    changes: list[Change] = [Drop(Credential, (row.no,)) for row in over]
    changes += (Drop(Candidate, (row.user, row.grp)) for row in missed)
    changes += (Drop(Throttle, (row.subject,)) for row in counters)
    if changes:
        await core.store.commit(changes)
    return len(changes)
