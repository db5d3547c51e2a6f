"""All shares of the installation, or of one's organisation: found by what they are, and ended, many at once."""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from commonhold.core.directory.people import get_user
from commonhold.core.identity import Named
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import decide
from commonhold.core.sharing.listing import Wanted, several, shares_of_all
from commonhold.core.sharing.managing import withdraw
from commonhold.faces.web.own import sign_in_first
from commonhold.faces.web.pages import HTML
from commonhold.faces.web.people.looking import DAY, Choice, viewer_over
from commonhold.faces.web.speech import mark
from commonhold.faces.web.taking import NOTHING, Given, Refused, asked, flag, number_of, refused, show, take
from commonhold.faces.web.words import KINDS
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

WHAT: Final = (
    Choice("", mark("all")),
    Choice("public", mark("public: links and everyone")),
    Choice("soon", mark("ending within 7 days")),
)
ROWS: Final = 50  # on a page: whether each gives something now is decided by its whole chain
FACES: Final = ("native", "web", "directus", "puter", "filr", "arcgis", "cli")
_SOON: Final = 7 * DAY
_PROBLEMS: Final = "unauthenticated forbidden cross_site bad_cursor"
STATES: Final = {
    "open": mark("open"),
    "not_yet": mark("not begun"),
    "ended": mark("over"),
    "used_up": mark("used up"),
    "in_trash": mark("in the trash"),
}


class Filter(msgspec.Struct, frozen=True):
    """What is looked for, as the address says it."""

    what: str = ""
    by: str = ""
    to: str = ""
    item: str = ""
    face: str = ""

    @property
    def given(self) -> list[tuple[str, str]]:
        """What of it is said."""
        return [(name, value) for name, value in msgspec.structs.asdict(self).items() if value]


def _filter(call: Call) -> Filter:
    return Filter(*(asked(call, name) for name in ("what", "by", "to", "item", "face")))


async def _wanted(call: Call, found: Filter) -> Wanted:
    """Return the filter in the core's words.

    :raises Problem: unknown_user, unknown_item
    """
    values: dict[str, Any] = {}
    for name, column in (("by", "made_by"), ("to", "recipient")):
        if value := getattr(found, name):
            values[column] = (await get_user(call.core, call.actor, Named(value, Kind.USER))).no
    if found.item:
        values["item"] = (await decide(call.core, call.actor, found.item)).item
    if found.what == "soon":
        values["ends_before"] = call.core.clock() + _SOON
    return Wanted(**values, public=found.what == "public", face=found.face or None)


async def _shown(call: Call, refusal: Refused = NOTHING, ended: int | None = None, kept: int = 0) -> Response:
    viewer, _ = await viewer_over(call)
    found = _filter(call)
    shares: Any = ()
    further = None
    try:
        page = await shares_of_all(call.core, call.actor, await _wanted(call, found), number_of(call, "after"), ROWS)
        shares, further = page.shares, page.next
    except Problem as problem:
        if problem.code not in ("unknown_user", "unknown_item"):
            raise
        refusal = refused(call, "filter", problem, {})
    return show(
        call,
        "people/shares.html",
        viewer,
        refusal,
        shares=shares,
        further=further,
        filter=found,
        what=WHAT,
        faces=FACES,
        states=STATES,
        kinds=KINDS,
        ended=ended,
        kept=kept,
    )


async def _sure(call: Call, chosen: tuple[str, ...]) -> Response:
    """Ask once more, with the names of what is chosen."""
    viewer, _ = await viewer_over(call)
    found = await several(call.core, call.actor, chosen)
    shares = [found[uid] for uid in chosen if uid in found]
    return show(call, "people/end_shares.html", viewer, NOTHING, shares=shares, filter=_filter(call), kinds=KINDS)


@TABLE.route("GET", "/app/shares", needs="administration", streams=HTML, problems="forbidden bad_cursor")
async def shares_page(call: Call) -> Response:
    """List shares for whoever looks after them, newest first."""
    return await _shown(call) if call.actor.user is not None else sign_in_first(call)


@TABLE.route("POST", "/app/shares", needs="administration", streams=HTML, problems=_PROBLEMS)
async def end_shares(call: Call) -> Response:
    """Ask about the shares that were ticked, then end them: each for itself, and all that hang on them."""

    async def act(given: Given) -> Response:
        await viewer_over(call)
        chosen = tuple(dict.fromkeys(given.get("share", ())))[:ROWS]
        if not chosen:
            raise Problem("missing_field", field="share")
        if not flag(given, "sure"):
            return await _sure(call, chosen)
        report = await withdraw(call.core, call.actor, chosen, atomic=False)
        done = sum(pair.refused is None for pair in report.pairs)
        return await _shown(call, ended=done, kept=len(chosen) - done)

    return await take(call, "end", act, lambda refusal: _shown(call, refusal))
