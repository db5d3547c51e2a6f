"""The steps that the verbs of content share: asking for a right, naming, numbering, and what a broken commit means."""

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from commonhold.core.changes import Change, Commit, Guard, OverQuota, StampIs, Taken, TooLarge
from commonhold.core.content.names import name_key, numbered
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, ItemRef, Path
from commonhold.core.limits import Limits
from commonhold.core.model import Item, Life, Row, Space
from commonhold.core.policy.allowances import allowance_of, least
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.decide import Judge, Right
from commonhold.core.policy.require import require
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind

R = TypeVar("R", bound=Row)

NUMBERS: Final = range(2, 10)  # tried in turn when a name is taken; after them a random ending is


class Collision(enum.StrEnum):
    """What to do when a name is taken."""

    REFUSE = "refuse"
    VERSION = "version"  # a file: its content becomes the next version of the file that has the name
    RENAME = "rename"  # take ``name (2)``


class Asked(msgspec.Struct, frozen=True):
    """A question that policy answered with yes: over which snapshot, the proof, the right, and the item."""

    judge: Judge
    allowed: Allowed
    right: Right
    item: Item

    @property
    def blind(self) -> bool:
        """Whether the actor may put something here without seeing what is here."""
        return not self.right.may(Action.READ)

    @property
    def space(self) -> Space:
        """The space that the item lives in."""
        return self.judge.snapshot.spaces[self.item.space]

    @property
    def chain(self) -> tuple[int, ...]:
        """The item and the folders above it."""
        return self.judge.snapshot.chain(self.item.no)

    def only_if(self, stamp: int | None) -> StampIs:
        """Return the guard that nobody changes the item meanwhile.

        :raises Problem: precondition_failed if the caller has seen another state of it
        """
        if stamp is not None and stamp != self.item.stamp:
            raise Problem("precondition_failed", field="if_stamp")
        return StampIs(self.item.no, self.item.stamp)

    def touch(self, actor: Actor) -> dict[str, Any]:
        """Return the columns that every change of an item sets."""
        return {"stamp": self.item.stamp + 1, "changed_at": self.judge.now, "changed_by": actor.user}


def ask(
    seen: Judge, actor: Actor, ref: ItemRef, action: Action, field: str = "item", *, in_trash: bool = False
) -> Asked:
    """Ask policy whether ``actor`` may do ``action`` with an item; ``in_trash``: also with what is in the trash.

    Whoever may not read it learns nothing, not even by a path that he guessed.

    :raises Problem: unknown_item, forbidden, in_trash
    """
    no = ref if isinstance(ref, int) else seen.snapshot.found_items.get(ref)
    try:
        allowed, right = require(seen, actor, no, action)
    except Problem as problem:
        reads = problem.code == "forbidden" and no is not None and seen.right(actor, no).may(Action.READ)
        raise Problem("forbidden" if reads else "unknown_item", field=field) from None
    if isinstance(ref, Path) and not right.may(Action.READ):
        raise Problem("unknown_item", field=field)
    if not in_trash and seen.snapshot.life(right.item) is not Life.LIVE:
        raise Problem("in_trash", field=field)
    return Asked(seen, allowed, right, seen.snapshot.items[right.item])


def ask_folder(seen: Judge, actor: Actor, ref: ItemRef, limits: Limits, field: str = "parent") -> Asked:
    """Ask whether ``actor`` may put one more item into a folder.

    :raises Problem: as ``ask``; not_a_folder, tree_too_deep, not_allowed (his account makes nothing of its own)
    """
    into = ask(seen, actor, ref, Action.CREATE, field)
    if into.item.kind is not ItemKind.FOLDER:
        raise Problem("unknown_item" if into.blind else "not_a_folder", field=field)
    if len(into.chain) >= limits.depth:
        raise Problem("tree_too_deep", field=field, limit=limits.depth)
    if into.space.owner == actor.user and not allowance_of(seen.snapshot, actor.user).make:
        raise Problem("not_allowed", field=field)
    return into


def movable(asked: Asked) -> None:
    """Refuse what has a place that nobody changes: the top folder of a space, and records, whose place is a collection.

    :raises Problem: forbidden, not_for_items
    """
    if asked.item.kind is ItemKind.RECORD:
        raise Problem("not_for_items", field="item")
    if asked.item.no == asked.space.root:
        raise Problem("forbidden", field="item")


def quota_of(core: Core, asked: Asked) -> int | None:
    """Return how many bytes the space of an item may hold: the least of the installation's and its owner's limit."""
    return least(core.limits.quota, allowance_of(asked.judge.snapshot, asked.space.owner).quota)


async def settle(core: Core, actor: Actor, into: Asked, parent: ItemRef, name: str, collision: Collision) -> str:
    """Return the name that a new item gets in a folder looked at with ``Look.occupied``.

    Whoever cannot see the folder never meets a collision: that would tell him what is there.

    :raises Problem: name_collides
    """
    if (parent, name_key(name)) not in into.judge.snapshot.occupied:
        return name
    if collision is Collision.RENAME or into.blind:
        return await free_name(core, actor, into.item.no, name)
    raise Problem("name_collides", field="name")


async def free_name(core: Core, actor: Actor, parent: int, name: str) -> str:
    """Return ``name (2)``, ``name (3)`` … whichever is free in a folder."""
    tries = [numbered(name, number, core.limits) for number in NUMBERS]
    look = Look(actor, items=(parent,), occupied=tuple((parent, name_key(text)) for text in tries))
    occupied = (await judge(core, look)).snapshot.occupied
    free = (text for text in tries if (parent, name_key(text)) not in occupied)
    return next(free, None) or numbered(name, core.secrets.uid()[:8], core.limits)


async def write(core: Core, changes: Sequence[Change], guards: Sequence[Guard] = (), *, unique: str = "") -> Commit:
    """Commit, and turn what broke for good into a refusal; ``unique``: the field that must not be taken.

    :raises Problem: quota_exceeded, move_too_large, name_collides
    :raises Broken: what may go better at the next attempt
    """
    try:
        return await core.store.commit(changes, guards)
    except OverQuota:
        raise Problem("quota_exceeded", field="content") from None
    except TooLarge:
        raise Problem("move_too_large", field="item", limit=core.limits.move_rows) from None
    except Taken:
        if unique:
            raise Problem("name_collides", field=unique) from None
        raise


def with_numbers(commit: Commit, row: R) -> R:
    """Return a new row with the numbers that its placeholders got."""
    numbers = {name: getattr(row, name) for name in row.refs}
    return msgspec.structs.replace(
        row, **{name: commit.no(number) for name, number in numbers.items() if number is not None}
    )


def changed(item: Item, values: Mapping[str, Any], commit: Commit) -> Item:
    """Return an item as it is after ``values`` were set."""
    return with_numbers(commit, msgspec.structs.replace(item, **values))
