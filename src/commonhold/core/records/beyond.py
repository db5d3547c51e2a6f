"""Rules on collections that a face shows by itself (accounts, links, rules): read here, judged by the face.

A face may show rows of its own making beside the records: what is no table of records has no filter in a database. Who
may see and do what with them is said by rules all the same; the rights that the core gives are not widened by them.
"""

from collections.abc import Collection

import msgspec

from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor
from commonhold.core.model import EVERYONE
from commonhold.core.model import Rule as RuleRow
from commonhold.core.policy.allowed import PUBLIC
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.query import Facts
from commonhold.core.records.asking import Known, asks, settled
from commonhold.core.records.items import administers
from commonhold.core.records.rules import WHOLE, Access, Rule, granted, read_rule
from commonhold.core.roles import Action


class Beyond(msgspec.Struct, frozen=True):
    """What somebody may do with such collections: everything (``whole``), or what the rules say."""

    whole: bool
    rules: tuple[Rule, ...]
    facts: Facts

    def access(self, action: Action) -> Access:
        """Return what may be done, with facts about whoever asks put in."""
        return WHOLE if self.whole else Access(granted(self.rules, action))


async def beyond(core: Core, actor: Actor, collections: Collection[str], *, whose: bool = True) -> Beyond:
    """Return what the actor may do with collections that a face shows; the holder of a pass alone: nothing.

    ``whose``: what will be asked may name facts about the actor; those that rules name are read in any case.
    """
    judged = await judge(core, Look(actor))
    if actor.user is None and actor.passes:
        return Beyond(False, (), Facts(judged.now))
    seen = judged.snapshot
    if actor.user is not None and administers(seen.principals.get(actor.user)):
        return Beyond(True, (), Facts(judged.now, await _known(core, actor, actor.user) if whose else {}))
    if actor.user is not None and not seen.active(actor.user):
        return Beyond(False, (), Facts(judged.now))
    held = seen.set_of(actor.user) | {EVERYONE}
    where = (Where("principal", "in", tuple(sorted(held))), Where("collection", "in", tuple(collections)))
    rows: list[RuleRow] = await core.store.rows(allow(actor, PUBLIC), Rows(RuleRow, where, limit=LONGEST_PAGE))
    rules = [read_rule(row) for row in rows]
    whose = whose or any(asks(rule.filter) or asks(rule.check) for rule in rules)
    known: Known = await _known(core, actor, actor.user) if actor.user is not None and rows and whose else {}
    found = tuple(
        msgspec.structs.replace(rule, filter=settled(rule.filter, known), check=settled(rule.check, known))
        for rule in rules
    )
    return Beyond(False, found, Facts(judged.now, known))


async def _known(core: Core, actor: Actor, user: int) -> Known:
    if core.records is None:
        return {}
    return (await core.records.whose(allow(actor, PUBLIC), {user})).get(user, {})
