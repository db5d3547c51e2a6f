"""The lines of an export: one JSON object a line, told apart by ``type``. Page: docs/reference/export.md.

Whoever reads them needs no number of ours: everything is named by uid. Nothing here opens anything: no password, no
hash, no secret of a link. As the uid of a link does open it, a link is named by what the key of its installation makes
of that uid.
"""

from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from commonhold.core.model import Level, Reach, State
from commonhold.core.roles import ItemKind, Kind, OrgRole, Role

VERSION: Final = 1
Attributes = dict[str, Any]


class Line(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type"):
    """One line."""

    @property
    def kind_of_line(self) -> str:
        """Its ``type``."""
        return str(self.__struct_config__.tag)


class Head(Line, frozen=True, tag="commonhold"):
    """The first line: what this is. ``contents`` False: nothing is said of the bytes of files."""

    version: int
    program: str
    made_at: int
    contents: bool = True


class Allowed(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a person or organisation may do at all."""

    make: bool = True
    kinds: tuple[str, ...] | None = None  # kinds of recipients; None: all
    longest: int | None = None
    link_password: bool = False
    domains: tuple[str, ...] | None = None
    quota: int | None = None


class Org(Line, frozen=True, tag="org"):
    """An organisation."""

    uid: str
    name: str
    state: State = State.ACTIVE
    made_at: int = 0
    attributes: Attributes = {}
    allowance: Allowed | None = None


class Person(Line, frozen=True, tag="person"):
    """A person with an account. Whoever is imported has no password."""

    uid: str
    name: str
    state: State = State.ACTIVE
    org: str | None = None
    org_role: OrgRole = OrgRole.USER
    admin: bool = False
    external: bool = False
    email: str | None = None
    verified: bool = False
    first_name: str | None = None
    last_name: str | None = None
    made_at: int = 0
    attributes: Attributes = {}
    allowance: Allowed | None = None


class Mail(Line, frozen=True, tag="mail"):
    """A mail address with which something is shared."""

    uid: str
    address: str
    state: State = State.ACTIVE
    made_at: int = 0


class Acceptance(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a group takes, and from whom."""

    view_only: bool = False
    members_update: bool = False
    org_only: bool = False
    members_share: bool = True
    visible: str = "org"
    joining: str = "invited"
    leaving: bool = True
    hidden_members: bool = False
    protected: bool = False


class Group(Line, frozen=True, tag="group"):
    """A group. ``alike``: another one may have the same name."""

    uid: str
    name: str
    state: State = State.ACTIVE
    org: str | None = None
    owner: str | None = None
    alike: bool = False
    made_at: int = 0
    attributes: Attributes = {}
    acceptance: Acceptance | None = None


class Member(Line, frozen=True, tag="member"):
    """A person in a group or organisation, or who has verified a mail address."""

    person: str
    of: str
    level: Level = Level.MEMBER
    since: int = 0


class Nested(Line, frozen=True, tag="nested"):
    """A group, or a mail address, in a group."""

    child: str
    of: str
    since: int = 0


class Block(Line, frozen=True, tag="block"):
    """A person who takes no shares from another one, or (``everyone``) from anybody."""

    person: str
    blocked: str
    since: int = 0


class Content(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One content of a file. ``key`` names its bytes in the place for bytes."""

    ordinal: int
    size: int
    sha256: str
    key: str
    media: str | None = None
    made_by: str | None = None
    made_at: int = 0


class Item(Line, frozen=True, tag="item"):
    """An item; below ``parent``, or, a record, without one in ``space``. The last one of its contents counts."""

    uid: str
    kind: ItemKind
    name: str | None = None
    parent: str | None = None
    space: str | None = None
    inherits: bool = True
    protected: bool = False
    created_by: str | None = None
    changed_by: str | None = None
    made_at: int = 0
    changed_at: int = 0
    media: str | None = None
    collection: str | None = None
    ref: str | None = None
    url: str | None = None
    attributes: Attributes = {}
    contents: tuple[Content, ...] = ()


class Space(Line, frozen=True, tag="space"):
    """The root of a tree: its owner, its organisation, and the folder at its top."""

    uid: str
    top: Item
    owner: str | None = None
    org: str | None = None


class Share(Line, frozen=True, tag="share"):
    """A share. ``id`` is its uid, for links another word for it; ``password``: it has one, which is not told."""

    id: str
    item: str
    kind: str
    stands_on: str  # the uid of a person, or ``owner``
    recipient: str | None = None  # None for links, and for everyone
    role: Role | None = None
    made_by: str | None = None
    face: str = "native"
    hangs_on: str | None = None
    acts_as: str | None = None
    reach: Reach = Reach.NONE
    may_pass_on_to: tuple[str, ...] = ()
    starts: int | None = None
    until: int | None = None
    max_uses: int | None = None
    used: int = 0
    last_used_at: int = 0
    password: bool = False
    days: int | None = None
    item_control: bool = False
    note: str | None = None
    made_at: int = 0
    changed_at: int = 0


class End(Line, frozen=True, tag="end"):
    """The last line: how many there are of each type, and of what something was left out. Without it a file is cut."""

    counts: dict[str, int]
    left_out: dict[str, int] = {}


AnyLine = Head | Org | Person | Mail | Group | Member | Nested | Block | Space | Item | Share | End
TYPES: Final = (Org, Person, Mail, Group, Member, Nested, Block, Space, Item, Share)
"""Lines between head and end, in the order in which they stand: nothing names what comes later, groups' owners too."""

OWNER_OF_SPACE: Final = "owner"
EVERYBODY: Final = "everyone"
KindName = Literal["user", "group", "org", "everyone", "link", "mail"]
_KINDS: Final = {str(one.name).lower(): one for one in Kind if one}

_encoder: Final = msgspec.json.Encoder()
_decoder: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(AnyLine)


class Unreadable(Exception):
    """This is no export, or not a whole one; the text says what is wrong with it."""


def encode(line: AnyLine) -> bytes:
    """Write a line, its end included."""
    return _encoder.encode(line) + b"\n"


def decode(text: bytes) -> AnyLine:
    """Read a line.

    :raises Unreadable: it is none
    """
    try:
        line: AnyLine = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from None
    return line


def names_of(mask: Kind) -> tuple[str, ...]:
    """Write a mask of kinds of recipients as words."""
    return tuple(name for name, kind in _KINDS.items() if kind & mask)


def kinds_of(names: tuple[str, ...]) -> Kind:
    """Read a mask of kinds of recipients.

    :raises Unreadable: a word means none
    """
    mask = Kind.NONE
    for name in names:
        mask |= kind_of(name)
    return mask


def kind_of(name: str) -> Kind:
    """Read a kind of recipients.

    :raises Unreadable: the word means none
    """
    if name not in _KINDS:
        raise Unreadable(f"{name} is no kind of recipient")
    return _KINDS[name]
