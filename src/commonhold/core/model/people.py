"""Principals: people, groups, organisations, mail addresses; edges between them; what they may and take."""

import enum
from typing import ClassVar

from commonhold.core.model.base import Row
from commonhold.core.roles import Kind, OrgRole


class State(enum.StrEnum):
    """Whether a principal counts: only an active one gets or backs anything."""

    ACTIVE = "active"
    PENDING = "pending"  # an invited person who has not set a password yet
    SUSPENDED = "suspended"
    DELETED = "deleted"


class Principal(Row, frozen=True, gc=False):
    """An identity: user, group, organisation, everyone, link, or mail address. Names stand in ``Profile``."""

    table: ClassVar = "principal"
    refs: ClassVar = ("no", "org", "owner")

    no: int
    uid: str
    kind: Kind
    state: State = State.ACTIVE
    org: int | None = None  # a user's home organisation; None: a guest, or an outside person
    org_role: OrgRole = OrgRole.USER
    admin: bool = False  # administrator of the whole installation
    external: bool = False  # a person from outside: counts for no "all internal" group
    owner: int | None = None  # a group's owner
    made_at: int = 0


class Profile(Row, frozen=True, gc=False):
    """The erasable row of a principal: its names and addresses. ``name`` is unique per kind by ``name_key``."""

    table: ClassVar = "profile"
    refs: ClassVar = ("no",)

    no: int
    kind: Kind
    name: str  # log-in name; title of a group or organisation; the address of a mail principal
    name_key: str  # what is unique per kind
    email: str | None = None
    email_key: str | None = None  # lower case; unique among users
    verified: bool = False
    first_name: str | None = None
    last_name: str | None = None
    attributes: str = "{}"  # JSON: what faces keep beside (tags, description, locale …)


class Password(Row, frozen=True, gc=False):
    """A user's password hash (argon2id) and when it was set."""

    table: ClassVar = "password"
    refs: ClassVar = ("no",)

    no: int
    hash: str
    changed_at: int


class OutsideLogin(Row, frozen=True, gc=False):
    """Whom somebody else's log-in (OpenID Connect) stands for: a subject of an issuer is one user here."""

    table: ClassVar = "outside_login"
    key: ClassVar = ("issuer", "subject")
    refs: ClassVar = ("user",)

    issuer: str
    subject: str
    user: int
    since: int = 0


class Level(enum.StrEnum):
    """What a member is in a group."""

    MEMBER = "member"
    MANAGER = "manager"


class Member(Row, frozen=True, gc=False):
    """A direct edge: a user in a group, organisation or verified mail address (``core.directory``)."""

    table: ClassVar = "member"
    key: ClassVar = ("member", "grp")
    refs: ClassVar = ("member", "grp")
    past: ClassVar = "member_past"

    member: int  # always a user; nesting is in ``Nested``
    grp: int
    level: Level = Level.MEMBER
    since: int = 0


class Nested(Row, frozen=True, gc=False):
    """A direct edge between principals that are no users: a group in a group, a mail address in a group."""

    table: ClassVar = "nested"
    key: ClassVar = ("child", "grp")
    refs: ClassVar = ("child", "grp")

    child: int
    grp: int
    since: int = 0


class Allowance(Row, frozen=True, gc=False):
    """What a person may do at all: held by a user, an organisation or everyone; the narrowest of all counts."""

    table: ClassVar = "allowance"
    refs: ClassVar = ("no",)

    no: int  # the principal
    make: bool = True  # may make items of his own
    kinds: Kind = Kind(63)  # kinds of recipients he may share with
    longest: int | None = None  # longest life of his shares, ms
    link_password: bool = False  # his links need a password
    domains: str | None = None  # JSON list of allowed mail domains or addresses, ``!`` before what is not; None: all
    quota: int | None = None  # bytes that his space may hold


class Block(Row, frozen=True, gc=False):
    """An acceptance: this user takes no shares from that principal (``EVERYONE``: from nobody)."""

    table: ClassVar = "block"
    key: ClassVar = ("user", "blocked")
    refs: ClassVar = ("user", "blocked")

    user: int
    blocked: int
    since: int = 0


class Candidate(Row, frozen=True, gc=False):
    """A user who is not in a group yet: invited to it, or asking to be let in."""

    table: ClassVar = "candidate"
    key: ClassVar = ("user", "grp")
    refs: ClassVar = ("user", "grp", "made_by")

    user: int
    grp: int
    asking: bool  # he asked himself; else he was invited
    level: Level
    made_by: int
    since: int = 0
    until: int | None = None


class GroupTerms(Row, frozen=True, gc=False):
    """Acceptance of a group: who may share into it, who may join, and whether members may change what is shared."""

    table: ClassVar = "group_terms"
    refs: ClassVar = ("no",)

    no: int
    view_only: bool = False  # only owner and managers may share into it
    members_update: bool = False  # members get a writing role on what the owner confirms
    org_only: bool = False  # only members of the organisation can be added
    members_share: bool = True  # a sharer must belong to the group
    visible: Kind = Kind.ORG  # who sees that it exists: USER its members, ORG, EVERYONE
    joining: str = "invited"  # invited | asked | free
    leaving: bool = True
    hidden_members: bool = False
    protected: bool = False
