"""Rules on records: collection × actions × filter × fields, held by a principal; and how several of them add up.

What rules give on a collection are **grants**: alternatives, each a filter (which rows) and fields (which of their
fields, None: all). A row may be read where one grant's filter holds, a field of it where a grant that holds has the
field. Grants are added with ``either`` (several rules of somebody), intersected with ``both`` (a share gives no more
than its backer has) and cut down with ``narrowed`` (a link reaches its item and what is linked with it).

What rules demand of a row that was written (``check``), and the values that they give (``presets``), add up: whatever
one of the rules demands is demanded.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from commonhold.core import model
from commonhold.core.query import ALWAYS, NEVER, Current, Facts, Filter, Now, all_of, any_of, decode_filter, resolve
from commonhold.core.roles import Action

FieldSet: TypeAlias = frozenset[str] | None  # None: all


class Preset(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value that a rule gives to a field where the writer gives none: JSON text, or a late value."""

    field: str
    text: str = "null"
    late: Now | Current | None = None

    def value(self, facts: Facts) -> Any:
        """Return the value, for a request; of several the first."""
        if self.late is None:
            return msgspec.json.decode(self.text)
        found = resolve(self.late, facts)
        return next(iter(found), None) if isinstance(found, tuple) else found


Presets: TypeAlias = tuple[Preset, ...]


class Rule(msgspec.Struct, frozen=True):
    """A rule as it is evaluated: its row with the filter and the fields read."""

    no: int
    principal: int
    collection: str
    actions: Action
    filter: Filter = ALWAYS
    fields: FieldSet = None
    check: Filter = ALWAYS  # what must hold of a row that was written
    presets: Presets = ()


class Grant(msgspec.Struct, frozen=True):
    """On the rows where the filter holds, these fields."""

    filter: Filter = ALWAYS
    fields: FieldSet = None
    check: Filter = ALWAYS
    presets: Presets = ()


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


@lru_cache(maxsize=1024)
def _demanded(check: str | None, presets: str | None) -> tuple[Filter, Presets]:
    given = msgspec.json.decode(presets, type=tuple[Preset, ...]) if presets else ()
    return decode_filter(check) if check else ALWAYS, given


def read_rule(row: model.Rule) -> Rule:
    """Read a rule from its row."""
    where, fields = _parsed(row.filter, row.fields)
    check, presets = _demanded(row.validation, row.presets)
    return Rule(row.no, row.principal, row.collection, row.actions, where, fields, check, presets)


def granted(rules: Iterable[Rule], action: Action) -> dict[str, Grants]:
    """Return what the rules give for an action, by collection."""
    found: dict[str, list[Grant]] = {}
    for rule in rules:
        if rule.actions & action == action:
            found.setdefault(rule.collection, []).append(Grant(rule.filter, rule.fields, rule.check, rule.presets))
    return {collection: either(grants) for collection, grants in found.items()}


def either(*grants: Iterable[Grant]) -> Grants:
    """Return grants that give what any of these gives: filters of the same fields become one."""
    alike: dict[tuple[FieldSet, Filter, Presets], Filter] = {}
    for grant in (one for several in grants for one in several):
        key = (grant.fields, grant.check, grant.presets)
        alike[key] = any_of(alike.get(key, NEVER), grant.filter)
    return tuple(Grant(where, *key) for key, where in alike.items() if where != NEVER and key[0] != frozenset())


def both(one: Grants, other: Grants) -> Grants:
    """Return grants that give what both of these give."""
    return either(
        Grant(all_of(a.filter, b.filter), common(a.fields, b.fields), all_of(a.check, b.check), a.presets + b.presets)
        for a in one
        for b in other
    )


def narrowed(grants: Grants, where: Filter) -> Grants:
    """Return the grants on those rows alone where the filter holds."""
    return either(replace(grant, filter=all_of(grant.filter, where)) for grant in grants)


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


def checked(grants: Grants) -> Filter:
    """Return what must hold of rows that were written."""
    return all_of(*(grant.check for grant in grants))


def preset(grants: Grants, facts: Facts) -> dict[str, Any]:
    """Return the values of fields that are given where the writer gives none."""
    return {one.field: one.value(facts) for grant in grants for one in grant.presets}


def fields_of(grants: Grants) -> FieldSet:
    """Return the fields that may be read of some row at least."""
    if any(grant.fields is None for grant in grants):
        return None
    return frozenset[str]().union(*(grant.fields or () for grant in grants))
