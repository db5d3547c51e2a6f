"""How much one person may share in a day."""

from commonhold.core.changes import Change, Upsert
from commonhold.core.core import Core
from commonhold.core.identity import Actor
from commonhold.core.limits import DAY
from commonhold.core.model import Throttle
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem


async def charge_day(core: Core, actor: Actor, made: int, changes: list[Change]) -> None:
    """Count new shares of a person against his day; adds the count to what is committed.

    Two requests at once may both count from the same row: the limit is a dam against floods, not an invariant.

    :raises Problem: daily_limit, with ``retry_at`` in milliseconds
    """
    if not made:
        return
    now = core.clock()
    subject = f"shares:{actor.user}"
    found: list[Throttle] = await core.store.rows(machine(), Rows(Throttle, (Where("subject", "eq", subject),)))
    row = found[0] if found and found[0].since > now - DAY else Throttle(subject, now, 0)
    if row.count + made > core.limits.shares_per_day:
        raise Problem("daily_limit", limit=core.limits.shares_per_day, retry_at=row.since + DAY)
    if changes:
        changes.append(Upsert(Throttle(subject, row.since, row.count + made)))
