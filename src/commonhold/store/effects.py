"""What changes move beside their own rows: the counters of the installation."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from commonhold.core.changes import (
    Change,
    Charge,
    CountTry,
    CountUse,
    MoveSpace,
    Nest,
    Put,
    Set,
    TakeDue,
    Unnest,
    Upsert,
)
from commonhold.core.model import (
    Allowance,
    Block,
    Collection,
    GroupTerms,
    Instance,
    Item,
    Member,
    Nested,
    Outbox,
    Principal,
    Row,
    Rule,
    Space,
    Throttle,
    Use,
)

PEOPLE: Final = frozenset[type[Row]]((Principal, Member, Nested, Rule, Allowance, Block, GroupTerms, Collection))
PLACE: Final = ("space", "parent", "life", "inherits")  # columns of an item that say where it is and what reaches it


class Moved(NamedTuple):
    """Which counters some changes move."""

    people: bool
    tree: bool


def moved(changes: Iterable[Change]) -> Moved:
    """Tell which counters changes move, judged by what they touch, not by whether anything differs afterwards."""
    people = tree = False
    for change in changes:
        table = table_of(change)
        people = people or table in PEOPLE
        tree = tree or _moves_tree(change, table)
    return Moved(people, tree)


def _moves_tree(change: Change, table: type[Row]) -> bool:
    """A new item moves nothing that is there already; nor do the bytes of a space."""
    if table is Space:
        return not isinstance(change, Charge)
    if table is not Item or isinstance(change, Put):
        return False
    return not isinstance(change, Set) or not change.values.keys().isdisjoint(PLACE)


def table_of(change: Change) -> type[Row]:
    """Return the table whose rows a change touches."""
    if isinstance(change, Put | Upsert):
        return type(change.row)
    match change:
        case Nest() | Unnest():
            return Nested
        case CountUse():
            return Use
        case CountTry():
            return Throttle
        case TakeDue():
            return Outbox
        case Charge():
            return Space
        case MoveSpace():
            return Item
        case _:
            return change.table


def after(before: Instance, effects: Moved, given: int) -> Instance:
    """Return the row of the installation after one commit that gave ``given`` numbers."""
    now = before.revision + 1
    return Instance(
        now,
        now if effects.people else before.people_at,
        now if effects.tree else before.tree_at,
        before.next_no + given,
    )
