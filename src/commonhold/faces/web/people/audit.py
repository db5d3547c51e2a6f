"""What happened in this installation, newest first, for its administrators; names are looked up as they are now."""

from datetime import UTC, date, datetime
from typing import Final

from starlette.responses import Response

from commonhold.core.audit.reading import Asked, events
from commonhold.core.identity import Named
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.faces.web.own import sign_in_first
from commonhold.faces.web.pages import HTML
from commonhold.faces.web.people.looking import DAY, Choice
from commonhold.faces.web.people.shares import FACES
from commonhold.faces.web.speech import mark
from commonhold.faces.web.taking import NOTHING, PAGE, after_of, asked, number_of, place, refused, show
from commonhold.faces.web.viewer import viewer_of
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

KINDS: Final = (
    Choice("share.", mark("shares")),
    Choice("session.", mark("log-ins")),
    Choice("session.refused", mark("refused log-ins")),
    Choice("password.", mark("passwords")),
    Choice("token.", mark("tokens")),
    Choice("login.", mark("log-ins by others")),
    Choice("user.", mark("people")),
    Choice("group.", mark("groups")),
    Choice("org.", mark("organisations")),
    Choice("allowance.", mark("limits")),
    Choice("setting.", mark("settings")),
    Choice("item.", mark("files and folders")),
)
_FIELDS: Final = ("kind", "by", "face", "address", "since", "until", "who", "share", "item")
_REFUSED: Final = ("unknown_user", "invalid_field", "unknown_item", "unknown_share")


@TABLE.route("GET", "/app/audit", needs="administration", streams=HTML, problems="forbidden bad_cursor")
async def audit_page(call: Call) -> Response:
    """List what happened, for administrators of the installation."""
    if call.actor.user is None:
        return sign_in_first(call)
    viewer = await viewer_of(call)
    if not viewer.admin:
        raise Problem("forbidden")
    given = {name: asked(call, name) for name in _FIELDS}
    known = {"given": given, "filter": [pair for pair in given.items() if pair[1]], "kinds": KINDS, "faces": FACES}
    try:
        page = await events(call.core, call.actor, _asked(call), after=after_of(call), limit=PAGE)
    except Problem as problem:
        if problem.code not in _REFUSED:
            raise
        refusal = refused(call, "filter", problem, {})
        return show(call, "people/audit.html", viewer, refusal, lines=(), further=None, **known)
    return show(call, "people/audit.html", viewer, NOTHING, lines=page.rows, further=place(page.next), **known)


def _asked(call: Call) -> Asked:
    """Return what the address asks for.

    :raises Problem: invalid_field, bad_cursor
    """
    by, until = asked(call, "by"), _day(call, "until")
    return Asked(
        kind=asked(call, "kind") or None,
        person=Named(by, Kind.USER) if by else number_of(call, "who"),
        item=number_of(call, "item"),
        share=number_of(call, "share"),
        face=asked(call, "face") or None,
        address=asked(call, "address") or None,
        since=_day(call, "since"),
        until=until + DAY - 1 if until is not None else None,
    )


def _day(call: Call, name: str) -> int | None:
    """Return the first moment of a day, UTC, in milliseconds.

    :raises Problem: invalid_field
    """
    given = asked(call, name)
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise Problem("invalid_field", field=name) from None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
