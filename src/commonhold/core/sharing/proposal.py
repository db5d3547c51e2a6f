"""What is asked for and what happened: a proposal, and its report for every reference and every pair."""

import enum
from collections.abc import Mapping
from typing import Any

import msgspec

from commonhold.core.identity import ItemRef, RecipientRef
from commonhold.core.model import Reach
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Role
from commonhold.core.sharing.receipts import Receipt
from commonhold.core.terms import Terms


class OnExisting(enum.StrEnum):
    """What happens where the sharer has shared this item with this recipient already.

    Links are always added. A row that is over (ended, used up, without backing) counts as none and is replaced.
    """

    ADD = "add"  # links add; for anybody else an existing share is refused as already_shared
    KEEP = "keep"  # the old share stays as it is
    RAISE = "raise"  # the wider of both roles; named terms are set
    SET = "set"  # the new role; named terms are set
    REPLACE = "replace"  # a new share in its place: terms that are not named are cleared


class Asked(msgspec.Struct, frozen=True):
    """An item as it was asked for; ``role`` overrides the proposal's.

    ``kinds``: what it must be; one of another kind is refused as if it did not exist.
    """

    item: ItemRef
    role: Role | None = None
    kinds: tuple[ItemKind, ...] = ()


class Proposal(msgspec.Struct, frozen=True):
    """Items × recipients, to be shared (or, ``give`` False, no longer shared) in one role under terms.

    ``atomic``: all pairs or none; else each good pair is done and every failure stands in its own place. ``clamp``:
    roles above the sharer's are stored and capped when read, instead of refused. ``for_owner``: an administrator or
    the owner acts for whoever owns the space. ``mail_to``: addresses that get the link, where the recipient is one.
    """

    items: tuple[Asked, ...]
    recipients: tuple[RecipientRef, ...]
    role: Role | None = Role.VIEWER
    terms: Terms = Terms()
    give: bool = True
    on_existing: OnExisting = OnExisting.SET
    atomic: bool = False
    clamp: bool = False
    dry_run: bool = False
    notify: bool = True
    for_owner: bool = False
    subject: int | None = None  # whose membership groups ask for; None: that of whoever shares
    acts_as: int | None = None
    reach: Reach = Reach.NONE
    item_control: bool = False
    mail_to: tuple[str, ...] = ()
    uid: str | None = None  # given by the client; for one link on one item
    used: int = 0  # uses that count as made already, of a link


class Did(enum.StrEnum):
    """What was done (or would be) for a pair."""

    CREATED = "created"
    PENDING = "pending"  # created for a mail address that no account has verified
    CHANGED = "changed"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


class Refusal(msgspec.Struct, frozen=True):
    """A problem as a value, so that reports can be compared, kept and sent."""

    code: str
    facts: Mapping[str, Any] = {}

    def problem(self) -> Problem:
        """Return it as an exception."""
        return Problem(self.code, **self.facts)


def refusal(problem: Problem) -> Refusal:
    """Return a problem as a value."""
    return Refusal(problem.code, problem.facts)


class Pair(msgspec.Struct, frozen=True):
    """The outcome for one item and one recipient, by their places in the proposal.

    ``role`` is what the share carries now. ``share`` and ``no`` name the row after a real run and are None in a dry
    one; everything else is the same in both.
    """

    item: int
    recipient: int
    did: Did | None = None
    refused: Refusal | None = None
    role: Role | None = None
    until: int | None = None
    count: int = 1
    share: str | None = None
    no: int | None = None


class Report(msgspec.Struct, frozen=True):
    """What happened: per reference and per pair (recipient-major), in the order asked, duplicates at each place."""

    items: tuple[Refusal | None, ...]
    recipients: tuple[Refusal | None, ...]
    pairs: tuple[Pair, ...]
    dry_run: bool = False
    done: bool = True  # False: atomic, and something was refused: nothing was written
    revision: int = 0
    receipt: Receipt | None = None  # what a withdrawal cut, or would cut

    def refused(self) -> Refusal | None:
        """Return the first refusal of all, if there is any."""
        for found in (*self.items, *self.recipients, *(pair.refused for pair in self.pairs)):
            if found is not None:
                return found
        return None

    def judgements(self) -> tuple[Any, ...]:
        """Return what a dry run and a real run have in common: everything but the names of new rows."""
        pairs = tuple(msgspec.structs.replace(pair, share=None, no=None) for pair in self.pairs)
        return (self.items, self.recipients, pairs, self.done, self.receipt)
