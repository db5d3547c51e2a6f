"""The data types of this dialect: one definition each, written as JSON and as XML.

What is None is left out; what has no default is always there. Paths in ``href`` are relative to ``/rest``.
"""

from typing import Annotated, Any, ClassVar

import msgspec

from commonhold.http.xml import MOMENT, each

Date = Annotated[int, MOMENT]
"""A moment: milliseconds as a number in JSON (or a text, if settings say so), a text in XML."""


class Shape(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """A data type; ``root`` is its element where it is the whole document."""

    root: ClassVar[str] = "item"


class Link(Shape, kw_only=True):
    """Where to go on, and what is there."""

    root: ClassVar[str] = "link"

    rel: str | None = None
    href: str


class LongIdLinkPair(Shape, kw_only=True):
    """A reference to a user or group."""

    root: ClassVar[str] = "principal"

    id: int
    href: str


class EntityId(Shape, kw_only=True):
    """A reference to something: ``user``, ``group``, ``folder``, ``workspace``, ``folderEntry``; or one of our own."""

    root: ClassVar[str] = "entity"

    type: str
    id: int
    href: str


class ShareRecipient(Shape, kw_only=True):
    """To whom a share is: ``user``, ``group``, ``external_user``, ``public``, ``public_link``."""

    root: ClassVar[str] = "recipient"

    type: str
    id: int | None = None
    email: str | None = None
    href: str | None = None


class SharingPermission(Shape, kw_only=True):
    """To whom something may be passed on."""

    root: ClassVar[str] = "sharing"

    internal: bool
    external: bool
    all_internal: bool
    all_external: bool
    public: bool
    public_link: bool
    grant_reshare: bool
    max_role: str | None = None


class Access(Shape, kw_only=True):
    """What somebody may do with something: a role, and to whom he may pass it on."""

    root: ClassVar[str] = "access"

    role: str
    sharing: SharingPermission
    href: str | None = None
    links: list[Link] | None = None


class Rest(Shape, kw_only=True):
    """What has a place of its own, and links to what belongs to it."""

    href: str
    links: list[Link] | None = None


class Share(Rest, kw_only=True):
    """One thing, shared with one recipient."""

    root: ClassVar[str] = "share"

    links: list[Link]
    id: int
    comment: str | None = None
    sharer: LongIdLinkPair
    sharing_date: Date
    days_to_expire: int | None = None
    expiration: Date | None = None
    recipient: ShareRecipient
    shared_entity: EntityId
    access: Access
    role: str
    can_share: bool
    permalinks: list[Link]


class SearchResultList(Shape, kw_only=True):
    """A list, or one page of it; ``next`` leads to the following one."""

    root: ClassVar[str] = "results"

    first: int
    count: int
    total: int | None = None
    next: str | None = None
    items: Annotated[list[Any], each("item")]


class NotifyWarning(Shape, kw_only=True):
    """Why somebody was not told of a share."""

    root: ClassVar[str] = "warning"

    id: int
    share_id: int
    code: str
    message: str


class ErrorInfo(Shape, kw_only=True):
    """A refusal: a code for programs, a sentence for people."""

    root: ClassVar[str] = "error"

    code: str
    message: str
    data: Any = None


class AccessGiven(Shape, kw_only=True):
    """An access as clients send it."""

    role: str | None = None
    sharing: "SharingGiven | None" = None


class SharingGiven(Shape, kw_only=True):
    """The flags that clients set; the others say nothing."""

    internal: bool | None = None
    external: bool | None = None
    public: bool | None = None
    public_link: bool | None = None
    grant_reshare: bool | None = None


class RecipientGiven(Shape, kw_only=True):
    """A recipient as clients name one."""

    type: str | None = None
    id: int | None = None
    email: str | None = None


class ShareGiven(Shape, kw_only=True):
    """A share as clients send it: everything that we say ourselves is left out, and ignored."""

    comment: str | None = None
    days_to_expire: int | None = None
    expiration: int | float | str | None = None
    recipient: RecipientGiven | None = None
    access: AccessGiven | None = None


def listed(items: list[Any]) -> SearchResultList:
    """Return a whole list."""
    return SearchResultList(first=0, count=len(items), total=len(items), items=items)
