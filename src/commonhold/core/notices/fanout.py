"""A share with a group: its members get a line in their notifications, one bounded batch at a time."""

from collections.abc import Sequence
from typing import Final

import msgspec

from commonhold.core.changes import Change, Put
from commonhold.core.core import Core, Placeholders, judge
from commonhold.core.directory.reading import page_of
from commonhold.core.identity import NOBODY
from commonhold.core.model import EVERYONE, Block, Member, Nested, Notification, Outbox, Principal, Share, State
from commonhold.core.notices.changes import SHARE
from commonhold.core.notices.letters import gives, shares_of
from commonhold.core.notices.outbox import settle
from commonhold.core.notices.reading import all_of
from commonhold.core.policy.require import machine
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Where

GROUPS: Final = 1_000  # nested groups whose members are told; what they may has no such bound


class Place(msgspec.Struct, frozen=True):
    """How far a fan-out has come: the group, and the member told last. Kept in the facts of the row."""

    grp: int = 0
    member: int = 0


async def fan_out(core: Core, row: Outbox) -> None:
    """Tell the next batch of members, and leave the row as due again, or as done after the last one."""
    shares = await _alive(core, row)
    groups = await _below(core, row.principal or 0) if shares else []
    place = msgspec.json.decode(row.facts, type=Place)
    left = [grp for grp in groups if grp >= place.grp]
    if not left:
        await settle(core, row, {"done_at": core.clock()})
        return
    grp, *others = left
    after = (place.member, grp) if grp == place.grp else None
    page = await page_of(core, machine(), Member, (Where("grp", "eq", grp),), after=after)
    users = [edge.member for edge in page.rows if edge.member != shares[0].made_by]
    told = await _to_tell(core, users, [one for one in groups if one < grp], shares[0].made_by) if users else []
    place = Place(grp, page.rows[-1].member) if page.next else Place(grp + 1)
    over = page.next is None and not others
    values = {"facts": msgspec.json.encode(place).decode(), "lease": 0, "done_at": core.clock() if over else None}
    await settle(core, row, values, _lines(told, shares, core.clock()))


def _lines(users: Sequence[int], shares: Sequence[Share], now: int) -> list[Change]:
    """Return the notifications: one for each, however many items came at once."""
    number, first = Placeholders(), shares[0]
    return [
        Put(Notification(number(), user, SHARE, first.made_by, first.no, first.item, len(shares), now))
        for user in users
    ]


async def _alive(core: Core, row: Outbox) -> list[Share]:
    """Return the shares of the request that still give something to the group."""
    group = row.principal or 0
    shares = await shares_of(core, row)
    judged = await judge(core, Look(NOBODY, shares=tuple(share.no for share in shares), recipients=(group,)))
    return [share for share in shares if gives(judged, share)] if judged.snapshot.active(group) else []


async def _below(core: Core, group: int) -> list[int]:
    """Return the group and what is nested in it, in the order of their numbers."""
    found, fresh = {group}, {group}
    while fresh and len(found) < GROUPS:
        edges = await all_of(core, Nested, Where("grp", "in", tuple(sorted(fresh))), most=GROUPS)
        fresh = {edge.child for edge in edges} - found
        found |= fresh
    return sorted(found)


async def _to_tell(core: Core, users: Sequence[int], earlier: Sequence[int], sharer: int) -> list[int]:
    """Return whom of these members to tell: active ones who do not block the sharer and were in no earlier group."""
    active = await all_of(core, Principal, Where("no", "in", tuple(users)), Where("state", "eq", State.ACTIVE))
    blocks = await all_of(core, Block, Where("user", "in", tuple(users)), Where("blocked", "in", (sharer, EVERYONE)))
    without = {row.user for row in blocks}
    if earlier:
        again = await all_of(core, Member, Where("member", "in", tuple(users)), Where("grp", "in", tuple(earlier)))
        without |= {row.member for row in again}
    return [row.no for row in active if row.no not in without]
