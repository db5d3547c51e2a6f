"""Rules about whoever asks: what ``Current`` names in them gives way to his own facts before anything is asked.

Whose facts these are follows from the formula: a rule that somebody holds is about him. So the rules behind a share are
about its backer, those that it acts as are about that role, which is no user, and a visitor without a name is nobody: a
fact that is not known is NULL, and a comparison with NULL never holds.

Facts are values like others: they are bound, and never part of anything that is kept.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from commonhold.core.model import Principal, State
from commonhold.core.query import (
    ALWAYS,
    NEVER,
    And,
    Call,
    Compare,
    Current,
    Filter,
    Given,
    Not,
    Of,
    Op,
    Operand,
    Or,
    Query,
    Scalar,
    Single,
    Some,
    Value,
    encode_filter,
)
from commonhold.core.roles import Kind

Known: TypeAlias = Mapping[str, Scalar | tuple[Scalar, ...]]

USER: Final = "user"  # the uid of the person; nothing for a group
GROUP: Final = "group"  # uids of the groups that he is directly in; of a group itself
GROUPS: Final = "groups"  # uids of all groups that he is in, or that a group is and is in

_MARK: Final = '"type":"Current"'  # no text can hold it: quotes in texts are escaped
_SEVERAL: Final = {Op.EQ: Op.IN, Op.NEQ: Op.NIN}


def known(no: int, people: Mapping[int, Principal], held: frozenset[int], direct: frozenset[int]) -> Known:
    """Return the facts about a principal, from everything that he is and those groups that he is directly in."""
    who = people.get(no)
    if who is None or who.state is not State.ACTIVE or who.kind not in (Kind.USER, Kind.GROUP):
        return {}
    groups = {one: people[one].uid for one in sorted(held) if one in people and people[one].kind is Kind.GROUP}
    near = direct if who.kind is Kind.USER else {no}
    user = who.uid if who.kind is Kind.USER else None
    return {USER: user, GROUP: tuple(groups[one] for one in groups if one in near), GROUPS: tuple(groups.values())}


@lru_cache(maxsize=4096)
def asks(node: Filter) -> bool:
    """Tell whether a filter is about whoever asks."""
    return _MARK in encode_filter(node)


def asks_query(query: Query) -> bool:
    """Tell whether a query is, in any of its parts."""
    return _MARK in msgspec.json.encode(query).decode()


def settled(node: Filter, current: Known) -> Filter:
    """Return a filter with the facts of whoever asks in it."""
    return _Settling(current).filter(node) if asks(node) else node


def possible(node: Filter, *, holds: bool = True) -> Filter:
    """Return the filter of the rows for which a filter about whoever asks may hold, for somebody."""
    if isinstance(node, And | Or):
        return type(node)(tuple(possible(part, holds=holds) for part in node.parts))
    if isinstance(node, Not):
        return Not(possible(node.part, holds=not holds))
    if isinstance(node, Some):
        return replace(node, where=possible(node.where, holds=holds))
    return node if not asks(node) else ALWAYS if holds else NEVER


def first_field(node: Filter) -> str | None:
    """Return the first field that a filter names, to tell which one was refused."""
    if isinstance(node, And | Or):
        return next((found for part in node.parts if (found := first_field(part)) is not None), None)
    if isinstance(node, Not):
        return first_field(node.part)
    place: Any = node.over if isinstance(node, Some) else node.operand
    while not isinstance(place, str):
        place = getattr(place, "field", None) or getattr(place, "operand", "")
    return place


class _Settling:
    """Puts the facts of one asker into filters."""

    def __init__(self, current: Known) -> None:
        self.current = current

    def filter(self, node: Filter) -> Filter:
        if isinstance(node, And | Or):
            return type(node)(tuple(self.filter(part) for part in node.parts))
        if isinstance(node, Not):
            return Not(self.filter(node.part))
        if isinstance(node, Some):
            return replace(node, where=self.filter(node.where))
        value = self.value(node.value)
        several = isinstance(value, tuple) and not isinstance(node.value, tuple)
        return Compare(self.operand(node.operand), _SEVERAL.get(node.op, node.op) if several else node.op, value)

    def operand(self, operand: Operand) -> Operand:
        if isinstance(operand, Call):
            return replace(operand, where=self.filter(operand.where))
        if isinstance(operand, Of):
            return replace(operand, operand=self.operand(operand.operand))
        if isinstance(operand, Given):
            return Given(self.operand(operand.operand), self.filter(operand.where))
        return operand

    def value(self, value: Value) -> Value:
        if not isinstance(value, tuple):
            return self.single(value)
        found: list[Single] = []
        for one in value:
            meant = self.single(one)
            found.extend(meant if isinstance(meant, tuple) else (meant,))
        return tuple(found)

    def single(self, value: Single) -> Value:
        return self.current.get(value.name) if isinstance(value, Current) else value
