"""How much one person may share in a day, and how many addresses he may invite."""

from collections.abc import Sequence
from typing import Final

from commonhold.core.changes import Change, Put, Upsert
from commonhold.core.core import Core
from commonhold.core.identity import Actor
from commonhold.core.limits import DAY
from commonhold.core.model import Share, Throttle
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind

SHARES: Final = "shares"
MAILS: Final = "mails"


async def charge_day(core: Core, actor: Actor, made: int, changes: list[Change], letters: int = 0) -> None:
    """Count new shares of a person, and the addresses they invite, against his day; adds the counts to ``changes``.

    ``letters``: addresses that a link is mailed to.

    Two requests at once may both count from the same row: the limit is a dam against floods, not an invariant.

    :raises Problem: daily_limit, with ``retry_at`` in milliseconds
    """
    if made or letters:
        invited = (_invited(changes) + letters, core.limits.mails_per_day)
        await _charge(core, actor, {SHARES: (made, core.limits.shares_per_day), MAILS: invited}, changes)


async def charge_mails(core: Core, actor: Actor, count: int, changes: list[Change]) -> None:
    """Count addresses that a person invites to a share which is there already, as ``charge_day`` does.

    :raises Problem: daily_limit
    """
    await _charge(core, actor, {MAILS: (count, core.limits.mails_per_day)}, changes)


async def _charge(core: Core, actor: Actor, wanted: dict[str, tuple[int, int]], changes: list[Change]) -> None:
    now = core.clock()
    counted = {f"{what}:{actor.user}": pair for what, pair in wanted.items() if pair[0]}
    found: list[Throttle] = await core.store.rows(machine(), Rows(Throttle, (Where("subject", "in", tuple(counted)),)))
    rows = {row.subject: row for row in found if row.since > now - DAY}
    charged: list[Change] = []
    for subject, (count, limit) in counted.items():
        row = rows.get(subject, Throttle(subject, now, 0))
        if row.count + count > limit:
            raise Problem("daily_limit", limit=limit, retry_at=row.since + DAY)
        charged.append(Upsert(Throttle(subject, row.since, row.count + count)))
    if changes:
        changes += charged


def _invited(changes: Sequence[Change]) -> int:
    """Return how many addresses new shares go to."""
    made = (change.row for change in changes if isinstance(change, Put))
    return len({row.recipient for row in made if isinstance(row, Share) and row.kind is Kind.MAIL})
