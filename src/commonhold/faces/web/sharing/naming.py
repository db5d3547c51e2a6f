"""What this room says of shares: whom they are with, whether they give anything, and why not."""

from typing import Final

from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import Shown
from commonhold.faces.web.speech import Speech, mark
from commonhold.faces.web.words import KINDS

PASSED_ON: Final = {
    Kind.USER: mark("People"),
    Kind.GROUP: mark("Groups"),
    Kind.ORG: mark("Organisations"),
    Kind.MAIL: mark("Mail addresses"),
    Kind.LINK: mark("Whoever has a link"),
    Kind.EVERYONE: mark("Everyone"),
}
"""To whom something may be passed on."""

MISSING: Final = {
    "not_yet": mark("It has not begun yet."),
    "ended": mark("Its time is over."),
    "empty": mark("It ends before it begins."),
    "used_up": mark("It was opened as often as it may be."),
    "in_trash": mark("What it gives lies in the trash."),
    "backer_inactive": mark("Whoever shared it has no active account any more."),
    "backer_lost_right": mark("Whoever shared it may not use it any more."),
    "backer_not_recipient": mark("Whoever passed it on does not have it any more."),
    "parent_withdrawn": mark("The share that it was passed on from is over."),
    "parent_mask": mark("It may not be passed on like this any more."),
    "parent_max_uses": mark("It may not be passed on like this any more."),
    "parent_elsewhere": mark("It was moved away from where it was shared."),
    "chain_too_long": mark("It was passed on too many times."),
    "kind_not_allowed": mark("Sharing like this is not allowed here any more."),
    "life_too_long": mark("It is older than shares may become here."),
    "password_needed": mark("Links need a password here, and it has none."),
    "domain_not_allowed": mark("Addresses of this domain may not be invited here."),
}
_NOTHING: Final = mark("It gives nothing now.")


def whom(speech: Speech, kind: Kind, name: str | None) -> str:
    """Return what a recipient is called."""
    if kind in (Kind.LINK, Kind.EVERYONE) or name is None:
        return speech.say(KINDS[kind])
    return name


def missing(speech: Speech, state: str | None) -> str | None:
    """Say why a share gives nothing now; None for one that is open."""
    return None if state in (None, "open") else speech.say(MISSING.get(state or "", _NOTHING))


def state_of(speech: Speech, shown: Shown) -> str | None:
    """Say why a share gives nothing now; None for one that is open, or that asks for its password first."""
    return missing(speech, shown.state)
