"""Who is asking: the actor of a request, its passes, and references to things and people as callers write them."""

from typing import Final

import msgspec

from commonhold.core.roles import ALL, Action


class Pass(msgspec.Struct, frozen=True, gc=False):
    """A link that the caller has opened: the share, and the state of password and secret when it was opened."""

    share: int
    state_at: int


class Actor(msgspec.Struct, frozen=True, gc=False):
    """What a request runs as. ``user`` None: nobody; ``actions``: the scope of the credential.

    Principal sets are no part of it: they are read with each decision, so that nothing handed out can outlive its end.
    ``only`` bounds a pass to what its shares reach; ``face`` and ``address`` are kept for events.
    """

    user: int | None = None
    passes: tuple[Pass, ...] = ()
    actions: Action = ALL
    credential: int | None = None
    face: str = "native"
    address: str | None = None


NOBODY: Final = Actor()


class Path(msgspec.Struct, frozen=True, gc=False):
    """A canonical path: the owner's name, then the names below his top folder (``core.content.names``).

    ``within``: the uid of the item that the further names begin at, instead of the owner's top folder; whoever sees
    nothing above what was shared with him can name what is below it.
    """

    names: tuple[str, ...]
    within: str | None = None


class RecordRef(msgspec.Struct, frozen=True, gc=False):
    """A row of a collection, whether it is an item already or not."""

    collection: str
    key: str


class VersionRef(msgspec.Struct, frozen=True, gc=False):
    """A share by the number of its version, which is new on each amendment."""

    version: int


class LinkRef(msgspec.Struct, frozen=True, gc=False):
    """A link share by the digest of its secret."""

    digest: bytes


ItemRef = int | str | Path | RecordRef
"""An item by number, by uid, by path, or as a record."""

ShareRef = int | str | VersionRef | LinkRef
"""A share by number, by uid, by its version, or by the secret of its link."""


class Named(msgspec.Struct, frozen=True, gc=False):
    """A recipient as people write one. ``kind`` None: a user's name, then a group's, then a mail address."""

    text: str
    kind: int | None = None


RecipientRef = int | Named
"""A recipient by number, or by name, title, uid or address."""
