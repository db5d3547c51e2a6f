"""Records as items: a row becomes one when it is first shared, in the same commit.

Until then it is looked at as the item that it would be, under a number below zero, so that one formula judges both.
Records have no tree: each stands by itself in the space of records, which nobody owns; its organisation is the one that
the installation began with, and whoever administers that, or holds a rule, has a right of his own on a row.
"""

from typing import Final

from msgspec.structs import replace

from commonhold.core.changes import Change, Guard, Put
from commonhold.core.identity import Actor, RecordRef
from commonhold.core.model import MAIN_ORG, Item, Principal, Space, State
from commonhold.core.policy.snapshot import Snapshot
from commonhold.core.ports import Secrets
from commonhold.core.records.writes import RowIs
from commonhold.core.roles import ItemKind, Kind, OrgRole

SPACE: Final = "00000000-0000-4000-8000-000000000003"  # the uid of the space of records: unique, so it is made once
ROOT: Final = "00000000-0000-4000-8000-000000000004"  # that of its top folder
NO_OWNER: Final = 0
LONGEST_NAME: Final = 80


class Unborn:
    """Makes items of rows that are none yet, with numbers below zero, the space of records among them if need be."""

    def __init__(self, space: Space | None) -> None:
        """``space`` is that of records, if there is one yet."""
        self.space = space or Space(-1, SPACE, NO_OWNER, MAIN_ORG, -2)
        self._last = 0 if space else -2

    def item(self, row: RecordRef) -> Item:
        """Return the item that a row would be."""
        self._last -= 1
        name = f"{row.collection} {row.key}"[:LONGEST_NAME]
        kind = ItemKind.RECORD
        return Item(self._last, "", self.space.no, None, kind, name, None, collection=row.collection, ref=row.key)


def first_free(snapshot: Snapshot) -> int:
    """Return the lowest number that was given to what is not there yet: placeholders go on below it."""
    return min((*snapshot.items, *(space.root for space in snapshot.spaces.values()), 0))


def adopt(
    snapshot: Snapshot, actor: Actor, item: int, secrets: Secrets, now: int, changes: list[Change], guards: list[Guard]
) -> None:
    """Add what makes a row an item, once for each; nothing if it is one already. The row must be there still."""
    if item > 0 or any(isinstance(one, Put) and isinstance(one.row, Item) and one.row.no == item for one in changes):
        return
    row = snapshot.items[item]
    space = snapshot.spaces[row.space]
    if space.no < 0 and not any(isinstance(one, Put) and isinstance(one.row, Space) for one in changes):
        top = Item(space.root, ROOT, space.no, None, ItemKind.FOLDER, None, None, made_at=now, changed_at=now)
        changes += (Put(space), Put(top))
    by, uid = actor.user, secrets.uid()
    changes.append(Put(replace(row, uid=uid, created_by=by, changed_by=by, made_at=now, changed_at=now, stamp=1)))
    guards.append(RowIs(row.collection or "", row.ref or ""))


def administers(row: Principal | None) -> bool:
    """Tell whether a person has every right on every record: as ``policy.decide`` says of the space of records."""
    if row is None or row.kind is not Kind.USER or row.state is not State.ACTIVE:
        return False
    return row.admin or (row.org == MAIN_ORG and row.org_role is OrgRole.ADMINISTRATOR)
