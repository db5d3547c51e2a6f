"""Who has access to an item, and why: a picture beside a table, the answer for one person, and who could."""

from starlette.responses import Response

from commonhold.core.content.tree import Seen, get
from commonhold.core.directory.people import get_user
from commonhold.core.identity import Named
from commonhold.core.policy.snapshot import START, Place
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind
from commonhold.core.sharing.finding import Answer, audience_of, explain, shares_on
from commonhold.faces.web import words
from commonhold.faces.web.own import own_place, sign_in_first
from commonhold.faces.web.pages import HTML, page, speaks
from commonhold.faces.web.sharing.forms import told
from commonhold.faces.web.sharing.picture import drawing
from commonhold.faces.web.sharing.reasons import Line, could, lines_of, lines_of_shares, may_say, why
from commonhold.faces.web.taking import after_of, asked, place
from commonhold.http.face import Call
from commonhold.http.statuses import STATUS
from commonhold.http.typed import Table

TABLE = Table()

ROWS = 50


@TABLE.route("GET", "/app/items/{item}/access", needs="right", streams=HTML, problems="unknown_item bad_cursor")
async def access_page(call: Call) -> Response:
    """Show who has access to an item, and why."""
    if call.actor.user is None:
        return sign_in_first(call)
    seen = await get(call.core, call.actor, call.params["item"])
    manages, speech = seen.right.may(Action.MANAGE), speaks(call.request)
    here, name = await own_place(call), words.title(speech, seen.item, seen.owner_name)
    lines, more, answer = await reach(call, seen, _after(call))
    who, problem = asked(call, "who") if manages else "", None
    reasons: list[tuple[str, int | None, str | None]] = []
    verdict = ""
    try:
        verdict, reasons = await _why(call, who)
    except Problem as found:
        problem = found
    return page(
        call,
        "sharing/access.html",
        STATUS[problem.code] if problem else 200,
        viewer=here.viewer,
        place=here,
        item=seen.item,
        name=name,
        manages=manages,
        lines=lines,
        further=more,
        picture=drawing(name, lines) if manages else None,
        could=could(speech, answer) if answer else [],
        who=who,
        verdict=verdict,
        reasons=reasons,
        problem=told(speech, problem) if problem else None,
    )


async def reach(
    call: Call, seen: Seen, after: Place = START, limit: int = ROWS
) -> tuple[list[Line], str | None, Answer | None]:
    """Return who has access: for managers everybody and who could, for others whom they shared it with themselves."""
    speech, no = speaks(call.request), seen.item.no
    if not seen.right.may(Action.MANAGE):
        mine = await shares_on(call.core, call.actor, no, None, limit, own=True)
        return lines_of_shares(speech, mine.shares), None, None
    answer, further = await audience_of(call.core, call.actor, no, after, limit)
    return lines_of(speech, answer), place(further), answer


async def _why(call: Call, who: str) -> tuple[str, list[tuple[str, int | None, str | None]]]:
    """Return what somebody may do with the item, and the reasons for it; nobody named: oneself.

    :raises Problem: unknown_user
    """
    speech, subject = speaks(call.request), call.actor.user
    name = speech.say("You")
    if who:
        person = await get_user(call.core, call.actor, Named(who, Kind.USER))
        subject, name = person.no, person.name
    answer = await explain(call.core, call.actor, call.params["item"], subject)
    actions = answer.right.actions
    if not who:
        name = _own_name(answer, call.actor.user or 0) or name
    if not actions:
        return speech.say("%(who)s cannot see it.", who=name), list(why(speech, answer, name))
    verdict = speech.say("%(who)s may: %(may)s.", who=name, may=may_say(speech, actions))
    return verdict, list(why(speech, answer, name))


def _own_name(answer: Answer, user: int) -> str | None:
    profile = answer.profiles.get(user)
    return profile.name if profile else None


def _after(call: Call) -> Place:
    """Return where the list of everybody goes on.

    :raises Problem: bad_cursor
    """
    match after_of(call):
        case None:
            return START
        case (int(step), int(no)):
            return step, no
    raise Problem("bad_cursor", field="after")
