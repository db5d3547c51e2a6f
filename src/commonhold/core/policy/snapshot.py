"""What a decision looks at: one consistent reading of the store, made by ``Store.look``."""

import enum
from typing import Final

import msgspec

from commonhold.core.identity import Actor, ItemRef, RecipientRef, ShareRef
from commonhold.core.model import (
    EVERYONE,
    Allowance,
    GroupTerms,
    Item,
    Level,
    Life,
    Principal,
    Profile,
    Share,
    Space,
    State,
)
from commonhold.core.roles import Action


class Step(enum.IntEnum):
    """The order in which an audience is told; within a step it goes by number."""

    OWNER = 0
    ADMINISTRATOR = 1
    RULE = 2
    SHARE = 3


Place = tuple[int, int]
"""A place in an audience: a step, and the number of a principal, rule or share."""

START: Final[Place] = (Step.OWNER, 0)


class Part(msgspec.Struct, frozen=True):
    """What to read of an item's audience: at most ``limit`` administrators and shares beyond a place (None: all).

    With ``total`` all administrators are read, who are few, and all shares are counted.
    """

    after: Place = START
    limit: int | None = None
    total: bool = False

    def since(self, step: Step) -> int | None:
        """Return the number in a step beyond which this part begins; None if it begins later."""
        at, no = self.after
        return no if at == step else 0 if at < step else None


class Look(msgspec.Struct, frozen=True):
    """What to read. Everything the decision needs comes in one reading, whatever the number of references.

    Of the live shares on the chains those are read that can reach ``actor`` or one of ``subjects`` (other people whose
    access is asked for), that name one of ``recipients``, that are asked for in ``shares``, or that stand in the
    ``audience`` of the one item; of links only those that are named, unless ``LINK`` itself is a recipient and
    nothing ``unborn`` is looked at, as where links are taken away. ``occupied`` asks who has a name in a folder.
    """

    actor: Actor
    items: tuple[ItemRef, ...] = ()
    recipients: tuple[RecipientRef, ...] = ()
    shares: tuple[ShareRef, ...] = ()
    subjects: tuple[int, ...] = ()
    occupied: tuple[tuple[ItemRef, str], ...] = ()
    audience: Part | None = None
    widely: bool = False  # also what ``policy.width`` needs: shares with groups, organisations, everyone, some others
    names: bool = False  # also the profiles of all principals met
    unborn: bool = False  # rows that are no items yet are read as items with numbers below zero (``core.records``)


class RuleHit(msgspec.Struct, frozen=True, gc=False):
    """A rule whose filter holds for a row: who holds it, what it allows, and on which fields (None: all).

    A rule about whoever asks holds when one of ``askers`` does (``EVERYONE``: somebody without a name); where it may
    hold for others it is told, too.
    """

    rule: int
    principal: int
    actions: Action
    fields: frozenset[str] | None
    askers: frozenset[int] | None = None  # None: whoever asks

    def counts(self, asker: int | None) -> bool:
        """Tell whether it holds when somebody (None: nobody) asks."""
        return self.askers is None or (EVERYONE if asker is None else asker) in self.askers


class Snapshot(msgspec.Struct):
    """One consistent reading. Dictionaries are keyed by number; what is not there does not exist."""

    revision: int = 0
    people_at: int = 0
    tree_at: int = 0
    found_items: dict[ItemRef, int] = {}
    found_recipients: dict[RecipientRef, int] = {}
    found_shares: dict[ShareRef, int] = {}
    items: dict[int, Item] = {}
    spaces: dict[int, Space] = {}
    principals: dict[int, Principal] = {}
    sets: dict[int, frozenset[int]] = {}  # principal → everything it is (itself, groups above, everyone)
    shares: dict[int, Share] = {}  # live rows only: on the chains, asked for, and what these hang on
    on: dict[int, tuple[int, ...]] = {}  # item → shares that stand on it, by number
    used: dict[int, int] = {}
    rules: dict[int, tuple[RuleHit, ...]] = {}  # record item → rules that hold for its row
    allowances: dict[int, Allowance] = {}  # by holder
    terms: dict[int, GroupTerms] = {}  # of the groups among the recipients asked for
    levels: dict[tuple[int, int], Level] = {}  # (user, group): direct membership of actor and subjects in these groups
    blocks: frozenset[tuple[int, int]] = (
        frozenset()
    )  # (user, blocked) of the users, and owners of addresses, among the recipients
    claimed: dict[int, int] = {}  # mail addresses among the recipients → the account that has verified each
    occupied: dict[tuple[ItemRef, str], int] = {}
    profiles: dict[int, Profile] = {}
    administrators: tuple[int, ...] = ()  # of the part of the audience that was asked for; the owner may be one
    standing: tuple[int, ...] = ()  # shares of that part
    total: int | None = None  # shares in the whole audience
    chains: dict[int, tuple[int, ...]] = {}  # what ``chain`` has found
    lives: dict[int, Life] = {}  # what ``life`` has found

    def chain(self, item: int) -> tuple[int, ...]:
        """Return the item, its parent … and the top folder; nothing for an item that is not there."""
        found = self.chains.get(item)
        if found is None:
            path, items, row = [], self.items, self.items.get(item)
            while row is not None:
                path.append(row.no)
                row = items.get(row.parent) if row.parent is not None else None
            found = self.chains[item] = tuple(path)
        return found

    def unbroken(self, item: int) -> tuple[int, ...]:
        """Return the item and its parents up to the first folder that takes nothing from above."""
        chain, items = self.chain(item), self.items
        for at, no in enumerate(chain, 1):
            if not items[no].inherits:
                return chain[:at]
        return chain

    def life(self, item: int) -> Life:
        """Return the worst life on the chain: what lies in a trashed folder is trashed."""
        found = self.lives.get(item)
        if found is None:
            found, items = Life.LIVE, self.items
            for no in self.chain(item):
                life = items[no].life
                if life is not Life.LIVE and found is not Life.DELETED:
                    found = life
            self.lives[item] = found
        return found

    def active(self, principal: int) -> bool:
        """Tell whether a principal counts now."""
        row = self.principals.get(principal)
        return row is not None and row.state is State.ACTIVE

    def set_of(self, principal: int | None) -> frozenset[int]:
        """Return everything that a principal is; nobody is only everyone."""
        if principal is None:
            return frozenset((EVERYONE,))
        return self.sets.get(principal, frozenset((EVERYONE,)))
