"""Forms of shares: roles, terms and recipients as they are typed, and as they are shown again."""

import re
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from commonhold.core.directory.addresses import is_address
from commonhold.core.identity import Named, RecipientRef
from commonhold.core.model import EVERYONE, Share
from commonhold.core.policy.decide import Right
from commonhold.core.problems import Problem
from commonhold.core.roles import ROLE_ACTIONS, Action, ItemKind, Kind, Role
from commonhold.core.sharing.finding import Shown
from commonhold.core.terms import Terms, refuse_odd
from commonhold.faces.web import taking
from commonhold.faces.web.sharing.naming import PASSED_ON
from commonhold.faces.web.speech import Speech, mark
from commonhold.faces.web.taking import Given, flag, text, whole

WORDS: Final = {
    "user": Kind.USER,
    "group": Kind.GROUP,
    "org": Kind.ORG,
    "mail": Kind.MAIL,
    "link": Kind.LINK,
    "everyone": Kind.EVERYONE,
}
"""Kinds of recipients as forms send them."""

ON_FOLDERS: Final = (Role.PREVIEWER, Role.VIEWER, Role.UPLOADER, Role.EDITOR, Role.CONTRIBUTOR, Role.MANAGER)
ON_OTHERS: Final = (Role.PREVIEWER, Role.VIEWER, Role.EDITOR, Role.MANAGER)

_MOST: Final = 200  # characters of one name
_UID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_LONGEST: Final = 253_402_300_799_000

# What the core says of sharing, in the words of the catalogue.
PROBLEMS: Final = {
    "role_too_high": mark("You cannot give more than you have. Choose a lower role."),
    "reshare_not_allowed": mark("What was shared with you may not be passed on to this kind of recipient."),
    "chain_too_long": mark("It was passed on too many times."),
    "kind_not_allowed": mark("Your account may not share with this kind of recipient. Ask an administrator."),
    "domain_not_allowed": mark("Addresses of this domain may not be invited here."),
    "password_needed": mark("Links need a password here. Set one."),
    "life_too_long": mark("Shares may not live that long here. Choose an earlier end."),
    "self_share": mark("You cannot share with yourself. Choose somebody else."),
    "owner_share": mark("This person owns the item already. Choose somebody else."),
    "already_shared": mark("It is shared with this recipient already. Change that share instead."),
    "recipient_refuses": mark("This recipient does not accept shares from you."),
    "group_view_only": mark("Only the group's managers may share into this group."),
    "not_a_member": mark("You may share only with groups to which you belong."),
    "group_confirm_needed": mark(
        "Members of this group may change what is shared with it. Confirm that this is wanted."
    ),
    "end_before_start": mark("The end lies before the start. Exchange them."),
    "max_uses_too_low": mark("A share must be usable at least once. Give 1 or more, or leave it out."),
    "daily_limit": mark("You have shared as much as you may today. Try again tomorrow."),
    "too_many_recipients": mark("Too many recipients at once. Split the request."),
    "unknown_recipient": mark("Nobody here is called so. Check the spelling, or write a mail address."),
    "value_too_long": mark("The value is too long."),
    "precondition_failed": mark("It was changed since you read it. Read it again and repeat."),
    "conflict": mark("Somebody changed this at the same time. Read it again and repeat."),
    "link_ended": mark("It gives nothing now, so nobody is told of it."),
}


class Form(msgspec.Struct, frozen=True):
    """A form of terms as its page shows it; moments as ``datetime-local`` has them, in UTC."""

    role: str = Role.VIEWER
    starts: str = ""
    until: str = ""
    uses: str = ""
    note: str = ""
    passed: tuple[str, ...] = ()
    to: str = ""
    everyone: bool = False
    mail: str = ""
    notify: bool = True
    confirmed: bool = False  # that members of a group may change it
    typed: bool = False  # a password was typed before
    has_password: bool = False
    problem: str | None = None
    field: str | None = None

    @property
    def open(self) -> bool:
        """Whether any term but the role is named."""
        some = (self.starts, self.until, self.uses, self.note, self.passed, self.typed, self.has_password)
        return any(some) or self.field in ("starts", "until", "password", "max_uses", "note")


def told(speech: Speech, problem: Problem) -> str:
    """Return the sentence of a problem of sharing."""
    known = PROBLEMS.get(problem.code)
    return speech.say(known) if known else taking.told(speech, problem)


def roles_for(kind: ItemKind, right: Right) -> tuple[Role, ...]:
    """Return the roles that somebody may give on an item of this kind, the least first."""
    some = ON_FOLDERS if kind is ItemKind.FOLDER else ON_OTHERS
    return tuple(role for role in some if right.may(ROLE_ACTIONS[role] & ~Action.SHARE))


def kinds_for(speech: Speech, mask: Kind) -> tuple[tuple[str, str], ...]:
    """Return the kinds of recipients that something may be passed on to: as forms send them, and named."""
    return tuple((word, speech.say(PASSED_ON[kind])) for word, kind in WORDS.items() if mask & kind)


def moment_of(given: Given, field: str) -> int | None:
    """Return a moment as a field has it (without a zone: UTC); None for an empty one.

    :raises Problem: invalid_field
    """
    found = text(given, field)
    if not found:
        return None
    try:
        when = datetime.fromisoformat(found)
    except ValueError:
        raise Problem("invalid_field", field=field) from None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return max(0, int(when.timestamp()) * 1000)


def shown_moment(millis: int | None) -> str:
    """Return a moment as ``datetime-local`` has it, in UTC."""
    if millis is None:
        return ""
    return datetime.fromtimestamp(min(max(millis, 0), _LONGEST) // 1000, UTC).strftime("%Y-%m-%dT%H:%M")


def role_in(given: Given) -> Role:
    """Return the role that was chosen.

    :raises Problem: unknown_role
    """
    found = text(given, "role")
    if found not in {str(role) for role in Role}:
        raise Problem("unknown_role", field="role")
    return Role(found)


def mask_in(given: Given) -> Kind:
    """Return the kinds that were ticked."""
    found = Kind.NONE
    for word in given.get("pass", ()):
        found |= WORDS.get(word, Kind.NONE)
    return found


def new_terms(given: Given, now: int) -> Terms:
    """Return the terms of a new share: what is left empty is not asked for.

    :raises Problem: invalid_field, missing_field for a password that has to be typed again, and what is odd
    """
    starts, until, uses = moment_of(given, "starts"), moment_of(given, "until"), whole_in(given)
    password = given.get("password", ("",))[-1]
    if not password and flag(given, "typed"):
        raise Problem("missing_field", field="password")
    mask = mask_in(given)
    terms = Terms(
        starts=UNSET if starts is None else starts,
        until=UNSET if until is None else until,
        max_uses=UNSET if uses is None else uses,
        password=password or UNSET,
        mask=mask or UNSET,
        note=text(given, "note") or UNSET,
    )
    refuse_odd(terms, now)
    return terms


def whole_in(given: Given) -> int | None:
    """Return how often something may be opened.

    :raises Problem: invalid_field
    """
    try:
        return whole(given, "uses")
    except Problem:
        raise Problem("invalid_field", field="max_uses") from None


def changed_terms(given: Given, old: Shown, offered: Kind, now: int) -> Terms:
    """Return what a form changes of a share: an emptied field takes its term away, a password stays unless typed.

    :raises Problem: invalid_field, and what is odd
    """
    share = old.share
    password: str | UnsetType | None = given.get("password", ("",))[-1] or UNSET
    if flag(given, "no_password"):
        password = None
    mask: Kind | UnsetType = UNSET
    if flag(given, "masked"):
        mask = (share.mask & ~offered) | (mask_in(given) & offered)
    note = text(given, "note")
    terms = Terms(
        starts=_moved(moment_of(given, "starts"), share.starts),
        until=_moved(moment_of(given, "until"), share.until),
        max_uses=_other(whole_in(given), share.max_uses),
        password=password,
        mask=UNSET if mask == share.mask else mask,
        note=UNSET if note == (old.note or "").strip() else note or None,
    )
    refuse_odd(terms, now)
    return terms


def _moved(new: int | None, old: int | None) -> int | UnsetType | None:
    """Return a moment that was changed: forms know minutes alone."""
    if new is not None and old is not None and new // 60_000 == old // 60_000:
        return UNSET
    return _other(new, old)


def _other(new: int | None, old: int | None) -> int | UnsetType | None:
    return UNSET if new == old else new


def recipients_in(given: Given) -> tuple[RecipientRef, ...]:
    """Return whom a form names, one in each line, or chosen from suggestions (``user:<uid>``).

    :raises Problem: missing_field for nobody
    """
    found: dict[RecipientRef, None] = {}
    for line in given.get("to", ()):
        for part in re.split(r"[\n\r;]+|,(?!\S)|,(?=\S+@)", line):
            name = part.strip()[:_MOST]
            if name:
                found[_recipient(name)] = None
    if flag(given, "everyone"):
        found[EVERYONE] = None
    if not found:
        raise Problem("missing_field", field="to")
    return tuple(found)


def _recipient(name: str) -> RecipientRef:
    word, _, uid = name.partition(":")
    kind = WORDS.get(word)
    if kind in (Kind.USER, Kind.GROUP) and _UID.fullmatch(uid):
        return Named(uid, kind)
    address = re.fullmatch(r".*<([^<>]+)>", name)
    if address and is_address(address[1]):
        name = address[1]
    return Named(name, Kind.MAIL) if is_address(name) else Named(name)


def again(given: Given) -> Form:
    """Return a form with what was given in it; no password."""
    return Form(
        role=text(given, "role"),
        starts=_local(given, "starts"),
        until=_local(given, "until"),
        uses=text(given, "uses"),
        note=text(given, "note"),
        passed=tuple(given.get("pass", ())),
        to="\n".join(one.strip() for one in given.get("to", ()) if one.strip()),
        everyone=flag(given, "everyone"),
        mail=text(given, "mail"),
        notify=flag(given, "notify"),
        confirmed=flag(given, "confirm"),
        typed=bool(given.get("password", ("",))[-1]) or flag(given, "typed"),
    )


def _local(given: Given, field: str) -> str:
    try:
        return shown_moment(moment_of(given, field))
    except Problem:
        return ""


def form_of_share(shown: Shown) -> Form:
    """Return the form of a share that is there already."""
    share: Share = shown.share
    return Form(
        role=str(share.role or Role.VIEWER),
        starts=shown_moment(share.starts),
        until=shown_moment(share.until),
        uses="" if share.max_uses is None else str(share.max_uses),
        note=shown.note or "",
        passed=tuple(word for word, kind in WORDS.items() if share.mask & kind),
        has_password=share.password is not None,
    )
