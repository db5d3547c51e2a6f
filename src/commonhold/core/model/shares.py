"""Shares, and the small rows beside them: note, uses, and the digest of a link."""

import enum
from typing import ClassVar

from commonhold.core.model.base import Row
from commonhold.core.roles import Kind, Role


class Reach(enum.StrEnum):
    """How far a share goes beyond its item: a link to a record may follow relations."""

    NONE = "none"
    RELATIONS = "relations"


class Share(Row, frozen=True, gc=False):
    """One item → one recipient, in one role, under terms: the only stored fact of granted access.

    ``version`` is new on each amendment. ``stands_on`` is the person whose right backs it, or ``OWNER``; ``hangs_on``
    the one share that it was passed on from (None where the backer has a right of his own), fixed at creation.
    """

    table: ClassVar = "share"
    refs: ClassVar = ("no", "version", "item", "recipient", "acts_as", "stands_on", "made_by", "hangs_on")
    past: ClassVar = "share_past"

    no: int
    version: int
    uid: str
    item: int
    recipient: int
    kind: Kind  # of the recipient
    role: Role | None  # None: whatever ``acts_as`` allows, read only
    stands_on: int
    made_by: int
    face: str
    hangs_on: int | None = None
    acts_as: int | None = None
    reach: Reach = Reach.NONE
    mask: Kind = Kind.NONE  # kinds of recipients it may be passed on to
    starts: int | None = None
    until: int | None = None
    max_uses: int | None = None
    password: str | None = None  # argon2id
    state_at: int = 0  # moves with password and secret; a pass issued under another state is dead
    generation: int = 1  # of a link's secret
    days: int | None = None  # the duration that the sharer gave, as some clients show it
    item_control: bool = False  # group share whose members may change the item, as its owner confirmed
    made_at: int = 0
    changed_at: int = 0


class Note(Row, frozen=True, gc=False):
    """The erasable row of a share: what the sharer wrote."""

    table: ClassVar = "note"
    refs: ClassVar = ("no",)

    no: int
    text: str


class Use(Row, frozen=True, gc=False):
    """How many passes a link share has handed out; a table of its own, as it changes with each opening."""

    table: ClassVar = "use"
    refs: ClassVar = ("no",)

    no: int
    used: int = 0
    last_at: int = 0


class LinkKey(Row, frozen=True, gc=False):
    """Digest of a link's secret, for look-up; the secret itself is computed from the instance key when needed."""

    table: ClassVar = "link_key"
    refs: ClassVar = ("no",)

    no: int
    digest: bytes
