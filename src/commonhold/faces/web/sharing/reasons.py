"""Who has access and why, in words: each reason is one sentence, and so is who could get it."""

from collections.abc import Iterator
from typing import Final

import msgspec

from commonhold.core.model import Profile
from commonhold.core.notices.letters import name_of
from commonhold.core.policy.audience import Reason
from commonhold.core.roles import Action, Kind, role_for
from commonhold.core.sharing.finding import Answer, Shown
from commonhold.faces.web import words
from commonhold.faces.web.sharing.naming import missing, whom
from commonhold.faces.web.speech import Speech, mark
from commonhold.faces.web.words import KINDS

# By whether it stands on a folder above, and by whether it reaches him through somebody else.
_SHARED: Final = {
    (False, None): mark("%(by)s shared it with %(who)s: %(may)s."),
    (True, None): mark("%(by)s shared the folder %(folder)s, in which it lies, with %(who)s: %(may)s."),
    (False, "group"): mark("%(by)s shared it with %(through)s, to which %(who)s belongs: %(may)s."),
    (True, "group"): mark(
        "%(by)s shared the folder %(folder)s, in which it lies, with %(through)s, to which %(who)s belongs: %(may)s."
    ),
    (False, "everyone"): mark("%(by)s shared it with everyone: %(may)s."),
    (True, "everyone"): mark("%(by)s shared the folder %(folder)s, in which it lies, with everyone: %(may)s."),
}
_OTHERS: Final = {
    "owner": mark("%(who)s owns the space that it lies in, and may do everything."),
    "administrator": mark("%(who)s administers the organisation or all of this, and may do everything."),
    "rule": mark("A rule of the collection lets %(who)s have it: %(may)s."),
}
_HOW: Final = {
    "owner": mark("Owns the space that it lies in."),
    "administrator": mark("Administers the organisation, or all of this."),
    "rule": mark("A rule of the collection allows it."),
}


class Line(msgspec.Struct, frozen=True):
    """One who has access: what he may, how that came, until when; and why it gives nothing now."""

    who: str
    kind: str
    may: str
    how: str
    place: str = ""  # where it is given: the item itself, or a folder above
    until: int | None = None
    missing: str | None = None
    share: int | None = None  # to be changed on its page


def may_say(speech: Speech, actions: Action) -> str:
    """Say what actions let one do."""
    role = role_for(actions)
    return words.may(speech, role) if role is not None else speech.say("nothing")


def lines_of(speech: Speech, answer: Answer) -> list[Line]:
    """Return the lines of an audience."""
    return [_line(speech, answer, reason) for reason in answer.reasons]


def _line(speech: Speech, answer: Answer, reason: Reason) -> Line:
    share = answer.shares.get(reason.share) if reason.share is not None else None
    profile = answer.profiles.get(reason.principal)
    kind = share.kind if share is not None else profile.kind if profile else Kind.USER
    how = speech.say(_HOW[reason.by]) if share is None else _by(speech, answer, reason)
    actions = reason.actions
    may = words.may(speech, share.role) if share is not None and not reason.counts else may_say(speech, actions)
    return Line(
        whom(speech, kind, name_of(profile)),
        speech.say(KINDS[kind]),
        may,
        how,
        _place(speech, answer, reason),
        reason.until,
        None if reason.counts else missing(speech, reason.missing or "no_right"),
        reason.share,
    )


def _by(speech: Speech, answer: Answer, reason: Reason) -> str:
    by = _sharer(speech, answer, reason)
    folder = _folder(speech, answer, reason)
    if folder is None:
        return speech.say("Shared by %(by)s.", by=by)
    return speech.say("Shared by %(by)s with the folder %(folder)s, in which it lies.", by=by, folder=folder)


def _place(speech: Speech, answer: Answer, reason: Reason) -> str:
    if reason.by != "share":
        return speech.say({"owner": mark("Owner"), "administrator": mark("Administrator")}.get(reason.by, mark("Rule")))
    return _folder(speech, answer, reason) or speech.say("Shared here")


def _sharer(speech: Speech, answer: Answer, reason: Reason) -> str:
    share = answer.shares.get(reason.share or 0)
    return _called(speech, answer.profiles.get(share.made_by) if share is not None else None)


def _called(speech: Speech, profile: Profile | None) -> str:
    return name_of(profile) or speech.say("Somebody")


def _folder(speech: Speech, answer: Answer, reason: Reason) -> str | None:
    """Return the name of the folder above that a share stands on; None if it stands on the item itself."""
    if reason.place is None or reason.place == answer.item.no:
        return None
    place = answer.items.get(reason.place)
    return words.title(speech, place) if place is not None else speech.say("Folder")


def why(speech: Speech, answer: Answer, who: str) -> Iterator[tuple[str, int | None, str | None]]:
    """Yield each reason for which somebody has access: the sentence, its end, and why it gives nothing now."""
    for reason in answer.reasons:
        may = may_say(speech, reason.actions)
        gone = None if reason.counts else missing(speech, reason.missing or "no_right")
        if reason.by != "share":
            yield speech.say(_OTHERS[reason.by], **_named(_OTHERS[reason.by], who=who, may=may)), None, gone
            continue
        share = answer.shares.get(reason.share or 0)
        if share is not None and not reason.counts:
            may = words.may(speech, share.role)
        profile = answer.profiles.get(reason.through or 0)
        wide = share is not None and share.kind is Kind.EVERYONE
        through = "everyone" if wide else "group" if reason.through is not None else None
        folder = _folder(speech, answer, reason)
        text = _SHARED[folder is not None, through]
        facts = _named(
            text,
            by=_sharer(speech, answer, reason),
            who=who,
            may=may,
            folder=folder or "",
            through=_called(speech, profile),
        )
        yield speech.say(text, **facts), reason.until, gone


def _named(text: str, **facts: str) -> dict[str, str]:
    """Return the facts that a text names."""
    return {name: value for name, value in facts.items() if f"%({name})s" in text}


def could(speech: Speech, answer: Answer) -> list[str]:
    """Say who could get access without another share: by a link, a group, an address, or because it is passed on."""
    found: dict[str, None] = {}
    links = 0
    for reason in answer.reasons:
        share = answer.shares.get(reason.share or 0) if reason.counts else None
        if share is None:
            continue
        name = _called(speech, answer.profiles.get(reason.principal))
        if share.kind is Kind.LINK:
            links += 1
        elif share.kind is Kind.GROUP:
            found[speech.say("Whoever comes into the group %(group)s.", group=name)] = None
        elif share.kind is Kind.ORG:
            found[speech.say("Whoever comes into the organisation %(org)s.", org=name)] = None
        elif share.kind is Kind.MAIL:
            found[speech.say("Whoever reads the mail of %(address)s.", address=name)] = None
        elif share.kind is Kind.EVERYONE:
            found[speech.say("Everybody who finds it, without logging in.")] = None
        if share.mask:
            to = whom(speech, share.kind, name)
            found[speech.say("Those to whom %(who)s passes it on.", who=to)] = None
    if links:
        told = speech.say_n("Whoever has the link to it.", "Whoever has one of the %(num)s links to it.", links)
        found = {told: None, **found}
    return list(found)


def lines_of_shares(speech: Speech, shares: tuple[Shown, ...]) -> list[Line]:
    """Return the lines of shares that somebody made himself."""
    return [
        Line(
            whom(speech, one.share.kind, one.name),
            speech.say(KINDS[one.share.kind]),
            words.may(speech, one.share.role),
            speech.say("Shared by %(by)s.", by=one.sharer or speech.say("Somebody")),
            "",
            one.share.until,
            missing(speech, one.state),
            one.share.no,
        )
        for one in shares
    ]
