"""Items with how far they reach, each list in one reading; and items found by a filter, page by page."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from commonhold.core.content.tree import Seen
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, ItemRef, Named, RecipientRef
from commonhold.core.model import EVERYONE, Item, Life, Principal, Share
from commonhold.core.policy.allowed import PUBLIC, SELF
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.require import allow
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.policy.width import Width, groups_of, width_of
from commonhold.core.ports import LONGEST_PAGE, Find
from commonhold.core.query import NEVER, And, Compare, Filter, Not, Op, Or, all_of, any_of
from commonhold.core.roles import Action, Kind, OrgRole

MOST: Final = 10_000  # items that a search counts

_SEVERAL: Final = frozenset(("uid", "owner", "org", "folder", "kind", "media", "collection", "recipient"))
_NAMED: Final = {"owner": Kind.USER, "recipient": Kind.GROUP, "org": Kind.ORG}


class Wide(msgspec.Struct, frozen=True):
    """An item as somebody sees it (its path and what is above left aside), how far it reaches, and its groups.

    ``folder``: the uid of the folder that it lies in, where somebody acts for its owner; None at the top.
    """

    seen: Seen
    width: Width
    groups: tuple[Share, ...]
    group_uids: tuple[str, ...]
    folder: str | None = None
    org: str | None = None  # uid of the organisation of its space

    @property
    def acting(self) -> bool:
        """Whether somebody owns the item, or administers its owner."""
        return bool(self.seen.right.own & Action.MANAGE)


class Looked(msgspec.Struct, frozen=True):
    """Items that somebody may see, by reference, and those that are there but not for him."""

    found: dict[ItemRef, Wide]
    hidden: frozenset[ItemRef]
    judge: Judge

    @property
    def snapshot(self) -> Snapshot:
        """What was read."""
        return self.judge.snapshot

    def principal(self, ref: RecipientRef) -> Principal | None:
        """Return the principal that a reference of this reading names."""
        no = self.snapshot.found_recipients.get(ref)
        return self.snapshot.principals.get(no) if no is not None else None


async def look_at(core: Core, actor: Actor, refs: Iterable[ItemRef], recipients: Iterable[RecipientRef] = ()) -> Looked:
    """Read items, and people or groups named beside them, in one look."""
    asked = tuple(dict.fromkeys(refs))
    look = Look(actor, items=asked, recipients=tuple(dict.fromkeys(recipients)), names=True, widely=True)
    judged = await judge(core, look)
    found: dict[ItemRef, Wide] = {}
    hidden = set[ItemRef]()
    for ref in asked:
        no = judged.snapshot.found_items.get(ref)
        item = judged.snapshot.items.get(no) if no is not None else None
        if item is None or judged.snapshot.life(item.no) is not Life.LIVE:
            continue
        wide = _wide(judged, actor, item)
        if wide is None:
            hidden.add(ref)
        else:
            found[ref] = wide
    return Looked(found, frozenset(hidden), judged)


def _wide(judged: Judge, actor: Actor, item: Item) -> Wide | None:
    right = judged.right(actor, item.no)
    if not right.may(Action.READ):
        return None
    snapshot = judged.snapshot
    space = snapshot.spaces[item.space]
    parent = snapshot.items.get(item.parent) if item.parent not in (None, space.root) else None
    org = snapshot.principals.get(space.org) if space.org is not None else None
    groups = tuple(groups_of(judged, item.no))
    owner = snapshot.profiles.get(space.owner)
    return Wide(
        Seen(item, right, space.owner, owner.name if owner else None, Life.LIVE, None),
        width_of(judged, item.no),
        groups,
        tuple(snapshot.principals[share.recipient].uid for share in groups),
        parent.uid if parent is not None and right.own & Action.MANAGE else None,
        org.uid if org is not None else None,
    )


class Found(msgspec.Struct, frozen=True):
    """A page of what was found. ``total`` counts no further than ``MOST``."""

    total: int
    items: tuple[Wide, ...]


async def find(
    core: Core, actor: Actor, where: Filter, *, order: str = "-no", start: int = 0, limit: int = LONGEST_PAGE
) -> Found:
    """Find the items for which a filter (``ports.Find``) holds and which somebody may see, after the first ``start``.

    In the filter ``owner``, ``recipient`` and ``org`` may be compared with a name or uid (of a user, group and
    organisation), ``folder`` with a uid. What one page holds is decided on exactly; of more, what is shown.

    :raises Problem: bad_query
    """
    names, folders = set[Named](), set[str]()
    _collect(where, names, folders)
    first = await judge(core, Look(actor, items=tuple(folders), recipients=tuple(names)))
    asked = _asked(first, actor, _resolved(where, first.snapshot), order)
    if asked is None:
        return Found(0, ())
    allowed = allow(actor, PUBLIC if actor.user is None else SELF)
    numbers = await core.store.search(allowed, asked)
    if len(numbers) <= LONGEST_PAGE:
        items = await _shown(core, actor, numbers)
        return Found(len(items), items[start : start + limit])
    return Found(len(numbers), await _shown(core, actor, numbers[start : start + min(limit, LONGEST_PAGE)]))


async def _shown(core: Core, actor: Actor, numbers: Sequence[int]) -> tuple[Wide, ...]:
    if not numbers:
        return ()
    looked = await look_at(core, actor, numbers)
    return tuple(looked.found[no] for no in numbers if no in looked.found)


def _asked(first: Judge, actor: Actor, where: Filter, order: str) -> Find | None:
    """Return what to ask the store for: what somebody owns, administers, or is reached by."""
    seen = first.snapshot
    if actor.user is None:
        return Find(where, (EVERYONE,), order=order, limit=MOST)
    who = seen.principals.get(actor.user)
    if who is None or not seen.active(actor.user) or not actor.actions & Action.READ:
        return None
    if who.admin:
        return Find(where, None, order=order, limit=MOST)
    org = who.org if who.org_role is OrgRole.ADMINISTRATOR else None
    return Find(where, tuple(sorted(seen.set_of(actor.user))), actor.user, org, order, MOST)


def _collect(asked: Filter, names: set[Named], folders: set[str]) -> None:
    match asked:
        case And(parts) | Or(parts):
            for part in parts:
                _collect(part, names, folders)
        case Not(part):
            _collect(part, names, folders)
        case Compare(str() as field, Op.EQ, str() as text):
            if field in _NAMED:
                names.add(Named(text, _NAMED[field]))
            elif field == "folder":
                folders.add(text)


def _resolved(asked: Filter, seen: Snapshot) -> Filter:
    """Return a filter with numbers for names; what nobody is called holds for nothing."""
    match asked:
        case And(parts):
            return all_of(*(_resolved(part, seen) for part in parts))
        case Or(parts):
            return any_of(*_merged([_resolved(part, seen) for part in parts]))
        case Not(part):
            return Not(_resolved(part, seen))
        case Compare(str() as field, Op.EQ, str() as text) if field in _NAMED or field == "folder":
            no = seen.found_items.get(text) if field == "folder" else None
            if field in _NAMED:
                no = seen.found_recipients.get(Named(text, _NAMED[field]))
            return NEVER if no is None else Compare(field, Op.EQ, no)
    return asked


def _merged(parts: Sequence[Filter]) -> list[Filter]:
    """Return parts of which one must hold, where a field that must equal one of several values is asked for once."""
    values: dict[str, dict[Any, None]] = {}
    others: list[Filter] = []
    for part in parts:
        match part:
            case Compare(str() as field, Op.EQ, value) if field in _SEVERAL:
                values.setdefault(field, {})[value] = None
            case _:
                others.append(part)
    return [*(Compare(field, Op.IN, tuple(several)) for field, several in values.items()), *others]
