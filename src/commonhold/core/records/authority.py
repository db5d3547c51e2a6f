"""What somebody may do with rows: the formula of ``policy.decide``, told as filters on collections.

    own right = everything for administrators, else the grants of the rules that he, his groups or everyone hold
    gives(s)  = reach(s) ∩ rules(acts_as) ∩ backing(s), if the judge says that s gives the action on its own row
    backing(s) = the backer's own right, or gives(parent)
    access     = own right ∪ gives over the live shares that reach the actor, within his scope

Whether a share lives, reaches the actor and is backed is the judge's to say. Filters say the rest, at the moment of the
reading itself, so a list shows a row exactly where the judge would let somebody read it (a law of the tests).
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from commonhold.core.changes import Guard, PeopleAt, ShareIs
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, RecordRef
from commonhold.core.model import EVERYONE, Item, Life, Reach, Share
from commonhold.core.policy.allowed import PUBLIC, Allowed
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.require import allow, allow_rows
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.query import Compare, Current, Facts, Filter, Op
from commonhold.core.records.asking import Known, asks, settled
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.items import administers
from commonhold.core.records.ports import Records
from commonhold.core.records.reach import reach
from commonhold.core.records.rules import WHOLE, Access, Rule, both, either, granted, narrowed
from commonhold.core.roles import Action, ItemKind
from commonhold.core.roles import Kind as Who

MOST_SHARES: Final = 2_000  # shares of records looked at for one list: the newest; one row is looked at by itself
NOTHING: Final = Access()

Filters = Mapping[str, Filter]


class Authority(msgspec.Struct, frozen=True):
    """What an actor may do with rows, with the proof, the catalogue of the same moment, and what must still hold."""

    judge: Judge
    catalog: Catalog
    access: Access
    allowed: Allowed
    guards: tuple[Guard, ...]
    current: Known = {}  # what is known about the actor

    @property
    def facts(self) -> Facts:
        """What late values of a query stand for."""
        return Facts(self.judge.now, self.current)


def records_of(core: Core) -> Records:
    """Return the collections of an installation.

    :raises Problem: not_found where it keeps none
    """
    if core.records is None:
        raise Problem("not_found")
    return core.records


async def authority(
    core: Core, actor: Actor, action: Action, row: RecordRef | None = None, *, whose: bool = False
) -> Authority:
    """Find what an actor may do with rows now; see ``authorities``."""
    return (await authorities(core, actor, (action,), row, whose=whose))[action]


async def authorities(
    core: Core, actor: Actor, actions: Sequence[Action], row: RecordRef | None = None, *, whose: bool = False
) -> dict[Action, Authority]:
    """Find what an actor may do with rows now, by one reading for several actions.

    ``row``: one that is asked for by its key; ``whose``: what is asked for names facts about whoever asks, so these are
    read in any case.

    People, rules and catalogue are those of one moment, or the guards break.
    """
    records, asked = records_of(core), allow(actor, PUBLIC)
    numbers = await records.reaching(asked, actor.user, MOST_SHARES)
    passes = (held.share for held in actor.passes)
    shares = tuple(dict.fromkeys((*numbers, *passes)))
    one = (row,) if row and len(numbers) >= MOST_SHARES else ()  # else each share of it is looked at already
    judged = await judge(core, Look(actor, items=one, shares=shares))
    catalog = await records.catalog()
    counting = {action: _Counting(judged, catalog, action, actor, siblings=core.siblings) for action in actions}
    found = {action: _KEPT.get(one.key(whose=whose)) for action, one in counting.items()}
    if not all(found.values()):
        principals = frozenset((EVERYONE,)).union(*judged.snapshot.sets.values())
        rules = await records.rules(asked, principals)
        known: Mapping[int, Known] = {}
        if whose or any(_late(rule) for rule in rules):
            known = await records.whose(asked, judged.snapshot.sets.keys())
        current = known.get(actor.user, {}) if actor.user is not None else {}
        for action, one_of in counting.items():
            given = _Given(_Weighing(one_of, rules, known).access(), current)
            found[action] = _KEPT.put(one_of.key(whose=whose), given)
    return {action: _authority(counting[action], given) for action, given in found.items() if given}


class _Given(msgspec.Struct, frozen=True):
    """What somebody is given by all that counts, and what is known about him."""

    access: Access
    current: Known


class _Kept:
    """What was added up already, by everything that it follows from; the newest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, _Given] = OrderedDict()

    def get(self, key: Hashable) -> _Given | None:
        return self._kept.get(key)

    def put(self, key: Hashable, given: _Given) -> _Given:
        self._kept[key] = given
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return given


_KEPT: Final = _Kept(1_024)


def _authority(counting: "_Counting", given: _Given) -> Authority:
    guards: list[Guard] = [PeopleAt(counting.seen.people_at)]
    guards += (ShareIs(share.no, share.version) for share in counting.counted)
    proof = allow_rows(counting.actor, counting.action, given.access)
    return Authority(counting.judge, counting.catalog, given.access, proof, tuple(guards), given.current)


def _late(rule: Rule) -> bool:
    return asks(rule.filter) or asks(rule.check) or any(isinstance(one.late, Current) for one in rule.presets)


class _Counting:
    """Tells which shares count for somebody, for one action: whether a share lives is asked of the judge each time."""

    def __init__(self, judged: Judge, catalog: Catalog, action: Action, actor: Actor, *, siblings: bool) -> None:
        self.judge = judged
        self.seen = judged.snapshot
        self.catalog = catalog
        self.action = action
        self.actor = actor
        self.siblings = siblings
        self.living: list[Share] = []
        self.hollows: list[Share] = []
        self.within = actor.actions & action == action and (actor.user is None or self.seen.active(actor.user))
        self.whole = self.within and self.administers(actor.user)
        if self.within and not self.whole:
            self.living = [share for share in self.seen.shares.values() if self.counts(actor, share)]
            self.hollows = [share for share in self.seen.shares.values() if self.hollow(actor, share)]
        self.counted = [above for share in self.living for above in self.chain(share)]

    def key(self, *, whose: bool) -> Hashable:
        """Return everything that the access follows from: another ``people_at`` says that people or rules changed."""
        shares = tuple([(share.no, share.version) for share in (*self.counted, *self.hollows)])
        state = (self.catalog, self.seen.people_at, self.action, self.actor.user, self.within, self.whole)
        return (state, self.siblings, len(self.counted), shares, whose)

    def administers(self, user: int | None) -> bool:
        """Tell whether somebody has every right on every record."""
        return user is not None and administers(self.seen.principals.get(user))

    def counts(self, actor: Actor, share: Share) -> bool:
        """Tell whether a share reaches the actor, and gives the action on the record that it stands on."""
        item = self.seen.items.get(share.item)
        if item is None or item.kind is not ItemKind.RECORD or self.seen.life(item.no) is not Life.LIVE:
            return False
        if item.collection not in self.catalog or not self.judge.receives(actor, share):
            return False
        return self.judge.gives(share, item.no).actions & self.action == self.action

    def hollow(self, actor: Actor, share: Share) -> bool:
        """Tell whether somebody opened a link whose role has rules on its collection, of which none is for its row."""
        item = self.seen.items.get(share.item)
        if share.acts_as is None or share.kind is not Who.LINK or item is None or item.kind is not ItemKind.RECORD:
            return False
        reached = self.seen.life(item.no) is Life.LIVE and self.judge.receives(actor, share)
        return reached and self.judge.gives(share, item.no).missing == "no_right"

    def chain(self, share: Share) -> list[Share]:
        """Return a share that counts and those it hangs on: they are all there, and few."""
        found = [share]
        while (above := found[-1].hangs_on) is not None:
            found.append(self.seen.shares[above])
        return found


class _Weighing:
    """Adds up what rules and shares give that count, over one reading."""

    def __init__(self, counting: _Counting, rules: Iterable[Rule], known: Mapping[int, Known]) -> None:
        self.counting = counting
        self.judge = counting.judge
        self.seen = counting.seen
        self.catalog = counting.catalog
        self.rules = list(rules)
        self.known = known

    def access(self) -> Access:
        """Return what the actor may do."""
        counting = self.counting
        if not counting.within or counting.whole:
            return WHOLE if counting.whole else NOTHING
        alike: dict[tuple[int | None, int | None], list[Share]] = {}
        found = [self.by_rules(counting.actor.user)]
        for share in counting.living:
            if share.reach is Reach.NONE and share.hangs_on is None:
                alike.setdefault((self.judge.backer(share), share.acts_as), []).append(share)
            else:
                found.append(self.gives(share))
        found.extend(self.of_rows(same) for same in alike.values())
        found.extend(self.bare(share) for share in counting.hollows)
        return joined(found)

    def bare(self, share: Share) -> Access:
        """Return what such a link gives: a collection in which no row is to be seen."""
        name = self.seen.items[share.item].collection or ""
        if name not in self.catalog:
            return NOTHING
        return cut(self.backed(share), {name: Compare(self.catalog.collection(name).key, Op.NULL)})

    def own(self, user: int | None) -> Access:
        """Return the right that stands on no share."""
        return WHOLE if self.counting.administers(user) else self.by_rules(user)

    def by_rules(self, principal: int | None) -> Access:
        """Return what the rules give that somebody, or what he is, holds."""
        held = self.seen.set_of(principal)
        current = self.known.get(principal, {}) if principal is not None else {}
        return Access(
            granted((about(rule, current) for rule in self.rules if rule.principal in held), self.counting.action)
        )

    def bound(self, principal: int) -> Access:
        """Return what a principal's rules bound a share to; the judge lets one that is not active give nothing."""
        who = self.seen.principals.get(principal)
        return WHOLE if who is not None and who.admin else self.by_rules(principal)

    def gives(self, share: Share) -> Access:
        """Return what a share gives that the judge lets count: its row, and what is in reach."""
        return cut(self.backed(share), self.reached(share))

    def backed(self, share: Share) -> Access:
        """Return what stands behind a share: the backer's right or the parent, within the rules that it acts as."""
        if share.hangs_on is None:
            base = self.own(self.judge.backer(share))
        else:
            base = self.gives(self.seen.shares[share.hangs_on])
        return base if share.acts_as is None else met(base, self.bound(share.acts_as))

    def reached(self, share: Share) -> Filters:
        """Return the rows that a share leads to, by collection."""
        item = self.seen.items[share.item]
        name, key = item.collection or "", item.ref or ""
        if share.reach is Reach.RELATIONS:
            return _reach(self.catalog, name, key, self.counting.siblings)
        return {name: self.keyed(name, [item])}

    def of_rows(self, shares: Sequence[Share]) -> Access:
        """Return what shares of the same backing give on their own rows: one filter for each collection."""
        items: dict[str, list[Item]] = {}
        for share in shares:
            item = self.seen.items[share.item]
            items.setdefault(item.collection or "", []).append(item)
        return cut(self.backed(shares[0]), {name: self.keyed(name, these) for name, these in items.items()})

    def keyed(self, name: str, items: Iterable[Item]) -> Filter:
        """Return the filter of the rows that items stand for; a key that no row can have names none."""
        field = self.catalog.field(name, self.catalog.collection(name).key)
        keys = []
        for item in items:
            try:
                keys.append(field.cast(item.ref))
            except Problem:
                continue
        return Compare(field.name, Op.EQ, keys[0]) if len(keys) == 1 else Compare(field.name, Op.IN, tuple(keys))


@lru_cache(maxsize=256)
def _reach(catalog: Catalog, collection: str, key: str, siblings: bool) -> Filters:
    """Keep what is in reach of a row while its catalogue lasts: passes ask for the same one again and again."""
    return reach(catalog, collection, key, siblings=siblings)


def about(rule: Rule, current: Known) -> Rule:
    """Return a rule with the facts of whoever holds it in its filters."""
    if not (asks(rule.filter) or asks(rule.check)):
        return rule
    return msgspec.structs.replace(rule, filter=settled(rule.filter, current), check=settled(rule.check, current))


def joined(several: Iterable[Access]) -> Access:
    """Return the access that gives what any of these gives."""
    known = list(several)
    names = {name for one in known for name in one.grants}
    grants = {name: either(*(one.on(name) for one in known)) for name in names}
    return Access(grants, either(*(one.rest for one in known)))


def met(one: Access, other: Access) -> Access:
    """Return the access that gives what both of these give."""
    names = one.grants.keys() | other.grants.keys()
    return Access({name: both(one.on(name), other.on(name)) for name in names}, both(one.rest, other.rest))


def cut(access: Access, filters: Filters) -> Access:
    """Return an access on those rows alone where the filter of their collection holds; on other collections nothing."""
    return Access({name: narrowed(access.on(name), where) for name, where in filters.items()})
