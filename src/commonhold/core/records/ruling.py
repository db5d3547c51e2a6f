"""Rules on records, given and taken by administrators: who may do what with which rows, and sees which fields."""

from collections.abc import Sequence

import msgspec

from commonhold.core import cost
from commonhold.core.changes import Change, Drop, PeopleAt, Put, Set
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import Principal, Profile
from commonhold.core.model import Rule as RuleRow
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.require import allow_administration
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.query import ALWAYS, Facts, Filter, Page, Pick, Query, all_of, encode_filter
from commonhold.core.records.authority import records_of
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.guard import guarded
from commonhold.core.records.rules import WHOLE, Presets, Rule, read_rule
from commonhold.core.roles import Action, Kind

HOLDERS = Kind.USER | Kind.GROUP | Kind.ORG | Kind.EVERYONE


class Held(msgspec.Struct, frozen=True):
    """A rule with its uid, and who holds it."""

    uid: str
    rule: Rule
    holder: Principal | None
    name: str | None


class NewRule(msgspec.Struct, frozen=True):
    """A rule to be made; ``fields`` may hold ``*`` for all of them.

    ``check`` must hold of rows that were written by it, ``presets`` are values where the writer gives none.
    """

    holder: RecipientRef
    collection: str
    actions: Action
    filter: Filter = ALWAYS
    fields: tuple[str, ...] = ("*",)
    check: Filter = ALWAYS
    presets: Presets = ()


async def add_rule(core: Core, actor: Actor, new: NewRule) -> Held:
    """Give a user, a group, an organisation or everyone a rule.

    :raises Problem: forbidden, unknown_recipient, unknown_collection, unknown_column, bad_query, invalid_field
    """
    return (await add_rules(core, actor, (new,)))[0]


async def add_rules(
    core: Core, actor: Actor, news: Sequence[NewRule], beyond: Catalog | None = None
) -> tuple[Held, ...]:
    """Add rules in one transaction. ``beyond``: collections that a face shows by itself; it judges the rules on them.

    :raises Problem: as ``add_rule``; too_many_items
    """
    _refuse_many(core, news)

    async def once() -> tuple[Held, ...]:
        look = Look(actor, recipients=tuple(dict.fromkeys(new.holder for new in news)), names=True)
        judged = await judge(core, look)
        allowed = allow_administration(judged, actor)
        seen, number = judged.snapshot, Placeholders()
        changes: list[Change] = []
        rows = []
        for new in news:
            await _try(core, allowed, new, beyond, judged.now)
            rows.append(_row(core, new, _holder(seen, new).no, number(), judged.now))
            changes += (Put(rows[-1]), happened(number(), judged.now, actor, "rule.made", principal=rows[-1].principal))
        if not changes:
            return ()
        done = await core.store.commit(changes, [PeopleAt(seen.people_at)])
        made = (msgspec.structs.replace(row, no=done.no(row.no)) for row in rows)
        return tuple(_held(row, seen.principals, seen.profiles) for row in made)

    return await attempt(once)


async def change_rule(core: Core, actor: Actor, no: int, new: NewRule, beyond: Catalog | None = None) -> Held:
    """Let a rule say something else: its number and uid stay.

    :raises Problem: as ``add_rule``; not_found
    """

    async def once() -> Held:
        judged = await judge(core, Look(actor, recipients=(new.holder,), names=True))
        allowed = allow_administration(judged, actor)
        found: Sequence[RuleRow] = await core.store.rows(allowed, Rows(RuleRow, (Where("no", "eq", no),)))
        if not found:
            raise Problem("not_found", field="rule")
        await _try(core, allowed, new, beyond, judged.now)
        seen = judged.snapshot
        row = _row(core, new, _holder(seen, new).no, no, judged.now)
        row = msgspec.structs.replace(row, uid=found[0].uid, made_at=found[0].made_at)
        values = {name: value for name, value in msgspec.structs.asdict(row).items() if name != "no"}
        event = happened(Placeholders()(), judged.now, actor, "rule.changed", principal=row.principal)
        await core.store.commit([Set(RuleRow, (no,), values), event], [PeopleAt(seen.people_at)])
        return _held(row, seen.principals, seen.profiles)

    return await attempt(once)


def _refuse_many(core: Core, given: Sequence[object]) -> None:
    if len(given) > core.limits.items:
        raise Problem("too_many_items", field="rules", limit=core.limits.items)


def _holder(seen: Snapshot, new: NewRule) -> Principal:
    holder = seen.principals.get(seen.found_recipients.get(new.holder, -1))
    if holder is None or not holder.kind & HOLDERS or not seen.active(holder.no):
        raise Problem("unknown_recipient", field="holder")
    return holder


async def _try(core: Core, allowed: Allowed, new: NewRule, beyond: Catalog | None, now: int) -> None:
    """Refuse a rule that cannot be asked of its collection."""
    records = records_of(core)
    apart = beyond is not None and new.collection in beyond
    catalog = beyond if beyond is not None and apart else await records.catalog()
    _refuse_odd(catalog, new)
    cost.check(_trial(catalog, new))
    tried = guarded(catalog, new.collection, _trial(catalog, new), WHOLE)
    if not apart:
        await records.read(allowed, catalog, new.collection, tried, Facts(now))


def _row(core: Core, new: NewRule, holder: int, no: int, now: int) -> RuleRow:
    text = None if new.filter == ALWAYS else encode_filter(new.filter)
    fields = msgspec.json.encode(sorted(new.fields)).decode()
    check = None if new.check == ALWAYS else encode_filter(new.check)
    presets = msgspec.json.encode(new.presets).decode() if new.presets else None
    return RuleRow(
        no, core.secrets.uid(), holder, new.collection, new.actions, text, fields, presets, check, made_at=now
    )


def _refuse_odd(catalog: Catalog, new: NewRule) -> None:
    if not new.actions:
        raise Problem("missing_field", field="actions")
    if not new.fields:
        raise Problem("missing_field", field="fields")
    for name in new.fields:
        if name != "*":
            catalog.field(new.collection, name)
    for one in new.presets:
        catalog.field(new.collection, one.field)


def _trial(catalog: Catalog, new: NewRule) -> Query:
    """Return a query that shows whether a database understands the filter: of no more than one row."""
    return Query((Pick(catalog.collection(new.collection).key),), all_of(new.filter, new.check), page=Page(1))


async def list_rules(core: Core, actor: Actor, collection: str | None = None) -> list[Held]:
    """List rules: of a collection, or all; as administrators see them.

    :raises Problem: forbidden, unauthenticated
    """
    allowed = allow_administration(await judge(core, Look(actor)), actor)
    where = () if collection is None else (Where("collection", "eq", collection),)
    found: list[RuleRow] = []
    while True:
        after = (found[-1].no,) if found else None
        page: list[RuleRow] = await core.store.rows(allowed, Rows(RuleRow, where, after=after))
        if not page:
            break
        found += page
    holders = tuple({row.principal for row in found})
    judged = await judge(core, Look(actor, recipients=holders, names=True))
    return [_held(row, judged.snapshot.principals, judged.snapshot.profiles) for row in found]


async def drop_rule(core: Core, actor: Actor, uid: str) -> None:
    """Take a rule away: whatever stands on it is refused from the next request on.

    :raises Problem: forbidden, not_found
    """
    await drop_rules(core, actor, (uid,))


async def drop_rules(core: Core, actor: Actor, which: Sequence[str | int]) -> None:
    """Take rules away, by uid or number, in one transaction; of those asked for all must be there.

    :raises Problem: forbidden, not_found, too_many_items
    """
    _refuse_many(core, which)

    async def once() -> None:
        judged = await judge(core, Look(actor))
        allowed = allow_administration(judged, actor)
        number = Placeholders()
        changes: list[Change] = []
        for one in dict.fromkeys(which):
            column = "no" if isinstance(one, int) else "uid"
            found: Sequence[RuleRow] = await core.store.rows(allowed, Rows(RuleRow, (Where(column, "eq", one),)))
            if not found:
                raise Problem("not_found", field="rule")
            event = happened(number(), judged.now, actor, "rule.dropped", principal=found[0].principal)
            changes += (Drop(RuleRow, (found[0].no,)), event)
        if changes:
            await core.store.commit(changes)

    await attempt(once)


def _held(row: RuleRow, principals: dict[int, Principal], profiles: dict[int, Profile]) -> Held:
    profile = profiles.get(row.principal)
    return Held(row.uid, read_rule(row), principals.get(row.principal), profile.name if profile else None)
