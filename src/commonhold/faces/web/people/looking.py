"""Who looks after people: administrators of the installation, and of one organisation; and the limits that they set."""

from typing import Final

import msgspec

from commonhold.core.directory.allowances import domains as domains_of
from commonhold.core.model import Allowance
from commonhold.core.problems import Problem
from commonhold.core.roles import ANY_KIND, Kind, OrgRole
from commonhold.faces.web.speech import mark
from commonhold.faces.web.taking import Given, flag, text, whole
from commonhold.faces.web.viewer import Viewer, viewer_of
from commonhold.http.face import Call

DAY: Final = 86_400_000
GIGABYTE: Final = 1_000_000_000
_MOST_DAYS: Final = 36_500
_MOST_GIGABYTES: Final = 1_000_000

KINDS: Final = (
    ("user", Kind.USER, mark("single people")),
    ("group", Kind.GROUP, mark("groups")),
    ("org", Kind.ORG, mark("the whole organisation")),
    ("everyone", Kind.EVERYONE, mark("everyone, without log-in")),
    ("link", Kind.LINK, mark("whoever has a link")),
    ("mail", Kind.MAIL, mark("mail addresses without account")),
)


class Choice(msgspec.Struct, frozen=True):
    """One of a few things to choose from."""

    value: str
    name: str


RANKS: Final = (
    Choice(OrgRole.USER, mark("User")),
    Choice(OrgRole.PUBLISHER, mark("Publisher")),
    Choice(OrgRole.VIEWER, mark("Viewer: makes and shares nothing")),
    Choice(OrgRole.ADMINISTRATOR, mark("Administrator of the organisation")),
)


async def viewer_over(call: Call) -> tuple[Viewer, int | None]:
    """Return who looks, and the organisation he administers; None: the whole installation.

    :raises Problem: unauthenticated, forbidden
    """
    viewer = await viewer_of(call)
    if not viewer.admin and viewer.org is None:
        raise Problem("forbidden")
    return viewer, viewer.org


class Limits(msgspec.Struct, frozen=True):
    """An allowance as a form shows it."""

    make: bool
    kinds: frozenset[str]
    days: str
    link_password: bool
    domains: str
    gigabytes: str

    @classmethod
    def of(cls, row: Allowance | None) -> "Limits":
        """Return what a form shows of a row; all open where nothing is set."""
        row = row or Allowance(0)
        named = msgspec.json.decode(row.domains, type=list[str]) if row.domains is not None else []
        return cls(
            row.make,
            frozenset(word for word, kind, _ in KINDS if row.kinds & kind),
            _written(row.longest, DAY),
            row.link_password,
            ", ".join(named),
            _written(row.quota, GIGABYTE),
        )


def _written(value: int | None, unit: int) -> str:
    return "" if value is None else str(-(-value // unit))


def limits_in(given: Given, before: Allowance | None) -> Allowance:
    """Return the allowance that a form says; a number that stands as it stood keeps what is finer than its unit.

    :raises Problem: invalid_field
    """
    shown = Limits.of(before)
    kinds = Kind.NONE
    for word, kind, _ in KINDS:
        kinds |= kind if word in given.get("kinds", ()) else Kind.NONE
    days, gigabytes = whole(given, "days"), whole(given, "gigabytes")
    for field, value, most in (("days", days, _MOST_DAYS), ("gigabytes", gigabytes, _MOST_GIGABYTES)):
        if value is not None and value > most:
            raise Problem("invalid_field", field=field)
    longest = days * DAY if days is not None else None
    quota = gigabytes * GIGABYTE if gigabytes is not None else None
    if before is not None and text(given, "days") == shown.days:
        longest = before.longest
    if before is not None and text(given, "gigabytes") == shown.gigabytes:
        quota = before.quota
    names = [name for name in text(given, "domains").replace(",", " ").split() if name]
    if any(len(name) > 255 for name in names):
        raise Problem("invalid_field", field="domains")
    return Allowance(
        0,
        make=flag(given, "make"),
        kinds=kinds & ANY_KIND,
        longest=longest,
        link_password=flag(given, "link_password"),
        domains=domains_of(names) if names else None,
        quota=quota,
    )
