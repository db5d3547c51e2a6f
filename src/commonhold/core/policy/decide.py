"""The formula (DESIGN.md, section 2): what an actor may do with an item, re-derived from live facts each time.

    own right  = owner of the space, administrator of its organisation, or a rule; never a share
    gives(s)   = actions(role) ∩ rules(acts_as) ∩ backing(s)
    backing(s) = the backer's own right, or gives(parent) for a share that hangs on another one
    right      = (own right ∪ gives over the live shares on the chain) ∩ scope of the credential

Everything is capped here, at read time: the rows may hold any role, window or number.
"""

from typing import Final

import msgspec

from commonhold.core.identity import Actor
from commonhold.core.model import OWNER, Item, Life, Share, State
from commonhold.core.policy.allowances import allowance_of, share_allowed
from commonhold.core.policy.snapshot import Snapshot
from commonhold.core.roles import ALL, ANY_KIND, ROLE_ACTIONS, Action, ItemKind, Kind, OrgRole
from commonhold.core.terms import Window, window_of

LONGEST_CHAIN: Final = 8  # shares hanging on one another; longer ones give nothing

Fields = frozenset[str] | None  # None: all fields


class Gift(msgspec.Struct, frozen=True, gc=False):
    """What one share, or ownership, gives; ``missing`` says in one word why it gives nothing."""

    actions: Action = Action.NONE
    fields: Fields = None
    missing: str | None = None


class Right(msgspec.Struct, frozen=True, gc=False):
    """What an actor may do with an item, which fields he sees, and to whom he may pass it on."""

    item: int
    actions: Action = Action.NONE
    own: Action = Action.NONE  # the part that no share gave
    fields: Fields = frozenset()
    mask: Kind = Kind.NONE

    def may(self, action: Action) -> bool:
        """Tell whether all of ``action`` is included."""
        return self.actions & action == action


NOTHING: Final = Gift(missing="no_right", fields=frozenset())
EVERYTHING: Final = Gift(ALL)


class Judge:
    """Decides over one snapshot at one moment; remembers what each share gives, so that chains are walked once."""

    def __init__(self, snapshot: Snapshot, now: int) -> None:
        """``now`` in milliseconds: a judge lives as long as one request."""
        self.snapshot = snapshot
        self.now = now
        self._gifts: dict[tuple[int, int], Gift] = {}
        self._rights: dict[int, Right] = {}
        self._whose: Actor | None = None

    def right(self, actor: Actor, item: int) -> Right:
        """Return what ``actor`` may do with ``item`` now; that of the actor who was asked about last is remembered."""
        if actor is not self._whose:
            self._whose, self._rights = actor, {}
        found = self._rights.get(item)
        if found is None:
            found = self._rights[item] = self._right(actor, item)
        return found

    def _right(self, actor: Actor, item: int) -> Right:
        seen = self.snapshot
        life = seen.life(item) if item in seen.items else Life.DELETED
        if life is Life.DELETED or (actor.user is not None and not seen.active(actor.user)):
            return Right(item)
        own = self.own(actor.user, item)
        actions, fields = own.actions, own.fields if own.actions else frozenset()
        mask = ANY_KIND if actions & Action.SHARE else Kind.NONE
        if life is Life.LIVE:
            for share in self.reaching(actor, item):
                gift = self.gives(share, item)
                if gift.actions:
                    actions |= gift.actions
                    if gift.actions & Action.READ:
                        fields = union(fields, gift.fields)
                    if gift.actions & Action.SHARE:
                        mask |= share.mask
        actions &= actor.actions
        mask = mask & allowance_of(seen, actor.user).kinds if mask and actions & Action.SHARE else Kind.NONE
        return Right(item, actions, own.actions & actor.actions, fields, mask)

    def reaching(self, actor: Actor, item: int) -> list[Share]:
        """Return the shares on the unbroken chain that the actor receives, whether they give anything or not."""
        mine, some = self.snapshot.set_of(actor.user), self.standing(item)
        if actor.passes:
            return [share for share in some if self.receives(actor, share)]
        return [share for share in some if share.recipient in mine and not needs_pass(share)]

    def standing(self, item: int) -> list[Share]:
        """Return all shares on the unbroken chain of the item, nearest first."""
        seen = self.snapshot
        on, shares = seen.on, seen.shares
        return [shares[no] for place in seen.unbroken(item) if place in on for no in on[place]]

    def receives(self, actor: Actor, share: Share) -> bool:
        """Tell whether a share reaches the actor: by a pass where it needs one, else as one of his principals."""
        if needs_pass(share):
            return any(held.share == share.no and held.state_at == share.state_at for held in actor.passes)
        return share.recipient in self.snapshot.set_of(actor.user)

    def own(self, user: int | None, item: int) -> Gift:
        """Return the right that stands on no share: ownership, administration, rules."""
        seen = self.snapshot
        row = seen.items[item]
        if user is not None and self.rules_over(user, row):
            return EVERYTHING
        if row.kind is ItemKind.RECORD:
            return self.by_rules(user, item)
        return NOTHING

    def rules_over(self, user: int, row: Item) -> bool:
        """Tell whether a person owns the space, or administers its organisation or the installation."""
        who = self.snapshot.principals.get(user)
        space = self.snapshot.spaces.get(row.space)
        if who is None or who.state is not State.ACTIVE:
            return False
        if who.admin or (space is not None and space.owner == user):
            return True
        return (
            space is not None
            and space.org is not None
            and who.org == space.org
            and who.org_role is OrgRole.ADMINISTRATOR
        )

    def by_rules(self, principal: int | None, item: int) -> Gift:
        """Return what the rules of a principal allow on the row of a record."""
        held = self.snapshot.set_of(principal)
        actions, fields = Action.NONE, frozenset[str]()
        shown: Fields = fields
        for hit in self.snapshot.rules.get(item, ()):
            if hit.principal in held and hit.counts(principal):
                actions |= hit.actions
                if hit.actions & Action.READ:
                    shown = union(shown, hit.fields)
        return Gift(actions, shown, None if actions else "no_rule")

    def gives(self, share: Share, item: int) -> Gift:
        """Return what a share gives on an item of its tree, at this moment; never more than its backer could."""
        key = (share.no, item)
        found = self._gifts.get(key)
        if found is None:
            self._gifts[key] = Gift(missing="chain_too_long", fields=frozenset())  # met again below: a loop
            found = self._gifts[key] = self._weigh(share, item, LONGEST_CHAIN)
        return found

    def _weigh(self, share: Share, item: int, hops: int) -> Gift:
        """Weigh a share: its window, its role, the rules it acts as, and its backing, at most ``hops`` above."""
        missing = self.closed(share)
        if missing is not None:
            return Gift(missing=missing, fields=frozenset())
        backing = self._backing(share, item, hops)
        if not backing.actions:
            return backing
        actions = offered(share) & backing.actions
        fields = backing.fields
        if share.acts_as is not None:
            bound = self._bound(share.acts_as, item)
            actions &= bound.actions
            fields = meet(fields, bound.fields)
        return Gift(actions, fields, None if actions else "no_right")

    def _bound(self, principal: int, item: int) -> Gift:
        """Return what a principal's rules bound a share to: an administrator's bind nothing."""
        who = self.snapshot.principals.get(principal)
        if who is None or who.state != "active":
            return NOTHING
        return EVERYTHING if who.admin else self.by_rules(principal, item)

    def closed(self, share: Share) -> str | None:
        """Say why a share's own terms keep it shut, or None: ``not_yet``, ``ended``, ``empty``."""
        if share.starts is None and share.until is None:
            return None
        window = window_of(share, self.now)
        return None if window is Window.OPEN else str(window)

    def backer(self, share: Share) -> int | None:
        """Return the person whose right backs a share: for owner shares whoever owns the space now."""
        if share.stands_on != OWNER:
            return share.stands_on
        row = self.snapshot.items.get(share.item)
        space = self.snapshot.spaces.get(row.space) if row else None
        return space.owner if space else None

    def _backing(self, share: Share, item: int, hops: int) -> Gift:
        """Return what backs a share: the backer's own right, or what the share it hangs on gives."""
        seen = self.snapshot
        backer = self.backer(share)
        if backer is None or not seen.active(backer):
            return Gift(missing="backer_inactive", fields=frozenset())
        refused = share_allowed(seen, backer, share, self.now)
        if refused is not None:
            return Gift(missing=refused, fields=frozenset())
        if share.hangs_on is None:
            own = self.own(backer, item)
            return own if own.actions else Gift(missing="backer_lost_right", fields=frozenset())
        parent = seen.shares.get(share.hangs_on)
        missing = self._broken(share, parent, backer)
        if missing is not None or parent is None:
            return Gift(missing=missing, fields=frozenset())
        if hops <= 1:
            return Gift(missing="chain_too_long", fields=frozenset())
        return self._weigh(parent, item, hops - 1)

    def _broken(self, share: Share, parent: Share | None, backer: int) -> str | None:
        """Say why a share cannot hang on its parent now, or None."""
        seen = self.snapshot
        if parent is None:
            return "parent_withdrawn"
        if not parent.mask & share.kind:
            return "parent_mask"
        if parent.max_uses is not None:
            return "parent_max_uses"
        if needs_pass(parent) or parent.recipient not in seen.set_of(backer):
            return "backer_not_recipient"
        if parent.item not in seen.unbroken(share.item):
            return "parent_elsewhere"
        return None


def needs_pass(share: Share) -> bool:
    """Tell whether a share reaches only holders of a pass: links, and whatever counts uses or asks a password."""
    return share.kind is Kind.LINK or share.max_uses is not None or share.password is not None


def offered(share: Share) -> Action:
    """Return the actions that a share names: its role's, with sharing as its mask says."""
    if share.role is None:
        return Action.READ | Action.DOWNLOAD
    actions = ROLE_ACTIONS[share.role]
    return actions | Action.SHARE if share.mask else actions & ~Action.SHARE


def union(a: Fields, b: Fields) -> Fields:
    """Join two sets of fields, where None is all of them."""
    return None if a is None or b is None else a | b


def meet(a: Fields, b: Fields) -> Fields:
    """Cut two sets of fields, where None is all of them."""
    if a is None:
        return b
    return a if b is None else a & b
