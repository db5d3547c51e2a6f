"""A share as a client asks for it: read, and refused where it cannot be meant, before anything is looked up."""

from typing import Final

import msgspec

from commonhold.core.directory.addresses import is_address
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.prospect import Prospect
from commonhold.core.terms import DAY, Terms
from commonhold.faces.filr.encoding import moment
from commonhold.faces.filr.problems import Refused, bad_input, denied
from commonhold.faces.filr.shapes import AccessGiven, RecipientGiven, ShareGiven, SharingGiven
from commonhold.faces.filr.words import FLAGS, NAMES, ROLES
from commonhold.http.xml import LAST_MOMENT

COMMENT: Final = 255  # characters

TYPES: Final = ("user", "group", "external_user", "public", "public_link", "team")
_NAMELESS: Final = ("public", "public_link")


class To(msgspec.Struct, frozen=True):
    """Whom a client names: a type, and a number or an address where the type needs one."""

    type: str
    id: int | None = None
    email: str | None = None


class Wanted(msgspec.Struct, frozen=True):
    """Role, flags and terms that a client asks for; ``role`` as he calls it."""

    role: str
    flags: frozenset[str]
    until: int | None
    days: int | None
    comment: str | None

    def terms(self, mask: Kind) -> Terms:
        """Return every term that the dialect knows of, so that what is left out is cleared; no other is touched."""
        return Terms(until=self.until, days=self.days, mask=mask, note=self.comment or "")

    @property
    def core_role(self) -> Role:
        """The role to give."""
        return ROLES[self.role]


def recipient_of(given: RecipientGiven | None) -> To:
    """Return whom a client names.

    :raises Refused: BAD_INPUT
    """
    if given is None or not given.type:
        raise bad_input("A share needs a recipient with a type.")
    kind, email = given.type, given.email or None
    if kind not in TYPES:
        raise bad_input(f"The type of a recipient is one of {', '.join(TYPES)}.")
    if kind in _NAMELESS and (given.id is not None or email is not None):
        raise bad_input(f"A recipient of type {kind} has neither id nor email.")
    if kind == "external_user" and given.id is None and email is None:
        raise bad_input("A recipient of type external_user needs an id or an email.")
    if kind in ("user", "group", "team"):
        if given.id is None:
            raise bad_input(f"A recipient of type {kind} needs an id.")
        if email is not None:
            raise bad_input(f"A recipient of type {kind} has no email.")
    if email is not None and not is_address(email):
        raise Refused(400, "INVALID_EMAIL_ADDRESS", "This is not a mail address.")
    return To(kind, given.id, email)


def wanted_of(given: ShareGiven, kind: str, now: int, shown: str | None = None) -> Wanted:
    """Return what a client asks for with a recipient of this type; ``shown``: the role that the share has already.

    :raises Refused: BAD_INPUT; ACCESS_DENIED for more than a viewer's role to the public
    """
    nameless = kind in _NAMELESS
    role = _role(given.access, kind, shown)
    flags = _flags(given.access.sharing if given.access else None)
    if nameless and flags:
        raise bad_input("What is public, or shared by a link, cannot be passed on: set no sharing flag.")
    if given.comment is not None and len(given.comment) > COMMENT:
        raise bad_input(f"A comment has at most {COMMENT} characters.")
    until, days = _end(given, now)
    if kind == "public" and role != "VIEWER":
        raise denied("What is public can only be viewed.")
    return Wanted(role, flags - {"grant_reshare"}, until, days, given.comment)


def _role(access: AccessGiven | None, kind: str, shown: str | None) -> str:
    role = access.role if access else None
    if kind == "public_link":
        if role not in (None, "VIEWER"):
            raise bad_input("The role of a link is VIEWER.")
        return "VIEWER"
    if not role:
        raise bad_input("A share needs an access with a role.")
    if role == shown:
        return role
    if role not in ROLES:
        known = "is no role of a share" if role in NAMES or role == "CUSTOM" else "is unknown"
        raise bad_input(f"The role {role[:50]} {known}: use one of {', '.join(ROLES)}.")
    return role


def _flags(sharing: SharingGiven | None) -> frozenset[str]:
    if sharing is None:
        return frozenset()
    return frozenset(name for name in (*FLAGS, "grant_reshare") if getattr(sharing, name))


def _end(given: ShareGiven, now: int) -> tuple[int | None, int | None]:
    """Return end and days: days count from now, and as not given where they are none."""
    until = moment(given.expiration, "expiration")
    days = given.days_to_expire if given.days_to_expire and given.days_to_expire > 0 else None
    if days is not None and until is not None:
        raise bad_input("Give days_to_expire or expiration, not both.")
    if days is not None:
        until = now + days * DAY
        if until > LAST_MOMENT:
            raise bad_input("This many days are never over: leave days_to_expire out.")
    elif until is not None and until <= now:
        raise bad_input("The expiration lies in the past.")
    return until, days


def mask_of(wanted: Wanted, seen: Prospect) -> Kind:
    """Return the kinds that the flags stand for; to nobody more than the sharer himself could pass it on to.

    What nobody may do here (share with the public while that is off) is left out.

    :raises Refused: ACCESS_DENIED
    """
    mask = Kind.NONE
    for flag in wanted.flags:
        kinds = FLAGS[flag]
        if flag == "public" and not kinds & seen.open:
            continue
        if not kinds & seen.right.mask:
            raise denied("You cannot let others share what you may not share yourself.")
        mask |= kinds & seen.right.mask
    return mask
