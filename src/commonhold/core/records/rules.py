"""Rules on records: collection × actions × filter × fields, held by a principal; and how several of them add up.

What rules give on a collection are **grants**: alternatives, each a filter (which rows) and fields (which of their
fields, None: all). A row may be read where one grant's filter holds, a field of it where a grant that holds has the
field. Grants are added with ``either`` (several rules of somebody), intersected with ``both`` (a share gives no more
than its backer has) and cut down with ``narrowed`` (a link reaches its item and what is linked with it).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from commonhold.core import model
from commonhold.core.query import ALWAYS, NEVER, Filter, all_of, any_of, decode_filter
from commonhold.core.roles import Action

FieldSet: TypeAlias = frozenset[str] | None  # None: all


class Rule(msgspec.Struct, frozen=True):
    """A rule as it is evaluated: its row with the filter and the fields read."""

    no: int
    principal: int
    collection: str
    actions: Action
    filter: Filter = ALWAYS
    fields: FieldSet = None


class Grant(msgspec.Struct, frozen=True):
    """On the rows where the filter holds, these fields."""

    filter: Filter = ALWAYS
    fields: FieldSet = None


Grants: TypeAlias = tuple[Grant, ...]

EVERYTHING: Final[Grants] = (Grant(),)
NOTHING: Final[Grants] = ()


class Access(msgspec.Struct, frozen=True):
    """What somebody may read: grants by collection, and those on every other collection."""

    grants: dict[str, Grants] = {}
    rest: Grants = NOTHING

    def on(self, collection: str) -> Grants:
        """Return the grants on a collection; none at all where there are no rows to be seen."""
        return self.grants.get(collection, self.rest)


WHOLE: Final = Access(rest=EVERYTHING)  # an administrator's


@lru_cache(maxsize=4096)
def _parsed(filter_text: str | None, fields_text: str) -> tuple[Filter, FieldSet]:
    names = msgspec.json.decode(fields_text, type=frozenset[str])
    return decode_filter(filter_text) if filter_text else ALWAYS, None if "*" in names else names


def read_rule(row: model.Rule) -> Rule:
    """Read a rule from its row."""
    where, fields = _parsed(row.filter, row.fields)
    return Rule(row.no, row.principal, row.collection, row.actions, where, fields)


def granted(rules: Iterable[Rule], action: Action) -> dict[str, Grants]:
    """Return what the rules give for an action, by collection."""
    found: dict[str, list[Grant]] = {}
    for rule in rules:
        if rule.actions & action == action:
            found.setdefault(rule.collection, []).append(Grant(rule.filter, rule.fields))
    return {collection: either(grants) for collection, grants in found.items()}


def either(*grants: Iterable[Grant]) -> Grants:
    """Return grants that give what any of these gives: filters of the same fields become one."""
    by_fields: dict[FieldSet, Filter] = {}
    for grant in (one for several in grants for one in several):
        by_fields[grant.fields] = any_of(by_fields.get(grant.fields, NEVER), grant.filter)
    return tuple(
        Grant(where, fields) for fields, where in by_fields.items() if where != NEVER and fields != frozenset()
    )


def both(one: Grants, other: Grants) -> Grants:
    """Return grants that give what both of these give."""
    return either(Grant(all_of(a.filter, b.filter), common(a.fields, b.fields)) for a in one for b in other)


def narrowed(grants: Grants, where: Filter) -> Grants:
    """Return the grants on those rows alone where the filter holds."""
    return either(Grant(all_of(grant.filter, where), grant.fields) for grant in grants)


def common(one: FieldSet, other: FieldSet) -> FieldSet:
    """Return the fields in both sets."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def rows_of(grants: Grants) -> Filter:
    """Return the filter of the rows that may be read: the one that a list gets."""
    return any_of(*(grant.filter for grant in grants))


def shown_on(grants: Grants, field: str) -> Filter:
    """Return the filter of the rows whose field may be read."""
    return any_of(*(grant.filter for grant in grants if grant.fields is None or field in grant.fields))


def fields_of(grants: Grants) -> FieldSet:
    """Return the fields that may be read of some row at least."""
    if any(grant.fields is None for grant in grants):
        return None
    return frozenset[str]().union(*(grant.fields or () for grant in grants))
