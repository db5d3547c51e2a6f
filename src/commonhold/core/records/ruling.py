"""Rules on records, given and taken by administrators: who may do what with which rows, and sees which fields."""

from collections.abc import Sequence

import msgspec

from commonhold.core import cost
from commonhold.core.changes import Drop, PeopleAt, Put
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import Principal, Profile
from commonhold.core.model import Rule as RuleRow
from commonhold.core.policy.require import allow_administration
from commonhold.core.policy.snapshot import Look
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

    async def once() -> Held:
        judged = await judge(core, Look(actor, recipients=(new.holder,), names=True))
        allowed = allow_administration(judged, actor)
        seen = judged.snapshot
        holder = seen.principals.get(seen.found_recipients.get(new.holder, -1))
        if holder is None or not holder.kind & HOLDERS or not seen.active(holder.no):
            raise Problem("unknown_recipient", field="holder")
        records = records_of(core)
        catalog = await records.catalog()
        _refuse_odd(catalog, new)
        cost.check(_trial(catalog, new))
        tried = guarded(catalog, new.collection, _trial(catalog, new), WHOLE)
        await records.read(allowed, catalog, new.collection, tried, Facts(judged.now))
        number = Placeholders()
        text = None if new.filter == ALWAYS else encode_filter(new.filter)
        fields = msgspec.json.encode(sorted(new.fields)).decode()
        uid, now = core.secrets.uid(), judged.now
        check = None if new.check == ALWAYS else encode_filter(new.check)
        presets = msgspec.json.encode(new.presets).decode() if new.presets else None
        row = RuleRow(number(), uid, holder.no, new.collection, new.actions, text, fields, presets, check, made_at=now)
        event = happened(number(), now, actor, "rule.made", principal=holder.no)
        done = await core.store.commit([Put(row), event], [PeopleAt(seen.people_at)])
        made = msgspec.structs.replace(row, no=done.no(row.no))
        return _held(made, seen.principals, seen.profiles)

    return await attempt(once)


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

    async def once() -> None:
        judged = await judge(core, Look(actor))
        allowed = allow_administration(judged, actor)
        found: Sequence[RuleRow] = await core.store.rows(allowed, Rows(RuleRow, (Where("uid", "eq", uid),)))
        if not found:
            raise Problem("not_found", field="rule")
        event = happened(Placeholders()(), judged.now, actor, "rule.dropped", principal=found[0].principal)
        await core.store.commit([Drop(RuleRow, (found[0].no,)), event])

    await attempt(once)


def _held(row: RuleRow, principals: dict[int, Principal], profiles: dict[int, Profile]) -> Held:
    profile = profiles.get(row.principal)
    return Held(row.uid, read_rule(row), principals.get(row.principal), profile.name if profile else None)
