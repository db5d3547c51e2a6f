"""Organisations: listed, made, renamed, and what their people may do at all."""

from typing import Final

from starlette.responses import Response

from commonhold.core.directory import allowances
from commonhold.core.directory.orgs import add_org, change_org, get_org, list_orgs
from commonhold.core.identity import Named
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.faces.web.own import sign_in_first
from commonhold.faces.web.pages import HTML, see_other
from commonhold.faces.web.people.looking import KINDS, Limits, limits_in, viewer_over
from commonhold.faces.web.taking import NOTHING, PAGE, Given, Refused, after_of, asked, flag, place, show, take, text
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

_PROBLEMS: Final = "unauthenticated forbidden cross_site unknown_org"


async def _list(call: Call, refused: Refused = NOTHING) -> Response:
    viewer, org = await viewer_over(call)
    if org is not None:
        return see_other(call, f"/app/orgs/{(await get_org(call.core, call.actor, org)).uid}")
    found = await list_orgs(call.core, call.actor, after=after_of(call), limit=PAGE)
    return show(call, "people/orgs.html", viewer, refused, orgs=found.rows, further=place(found.next))


@TABLE.route("GET", "/app/orgs", needs="administration", streams=HTML, problems="forbidden bad_cursor")
async def orgs_page(call: Call) -> Response:
    """List organisations."""
    return await _list(call) if call.actor.user is not None else sign_in_first(call)


@TABLE.route("POST", "/app/orgs", needs="administration", streams=HTML, problems=_PROBLEMS + " name_taken")
async def take_org(call: Call) -> Response:
    """Make an organisation."""

    async def act(given: Given) -> Response:
        made = await add_org(call.core, call.actor, text(given, "title"))
        return see_other(call, f"/app/orgs/{made.uid}")

    return await take(call, "add", act, lambda refused: _list(call, refused))


def _ref(call: Call) -> Named:
    return Named(call.params["org"], Kind.ORG)


async def _org(call: Call, refused: Refused = NOTHING) -> Response:
    viewer, own = await viewer_over(call)
    org = await get_org(call.core, call.actor, _ref(call))
    if own is not None and org.no != own:
        raise Problem("unknown_org")
    row = await allowances.get_allowance(call.core, call.actor, org.no)
    known = {"limits": Limits.of(row), "limited": row is not None, "kinds": KINDS, "done": asked(call, "done")}
    return show(call, "people/org.html", viewer, refused, org=org, **known)


@TABLE.route("GET", "/app/orgs/{org}", needs="administration", streams=HTML, problems="forbidden unknown_org")
async def org_page(call: Call) -> Response:
    """Show one organisation to its administrators."""
    return await _org(call) if call.actor.user is not None else sign_in_first(call)


@TABLE.route("POST", "/app/orgs/{org}", needs="administration", streams=HTML, problems=_PROBLEMS + " name_taken")
async def rename(call: Call) -> Response:
    """Give an organisation another title."""

    async def act(given: Given) -> Response:
        await change_org(call.core, call.actor, _ref(call), text(given, "title"))
        return see_other(call, f"/app/orgs/{call.params['org']}?done=edit")

    return await take(call, "edit", act, lambda refused: _org(call, refused))


@TABLE.route("POST", "/app/orgs/{org}/limits", needs="administration", streams=HTML, problems=_PROBLEMS)
async def set_limits(call: Call) -> Response:
    """Set what the people of an organisation may do at all, or take its limits away."""

    async def act(given: Given) -> Response:
        before = await allowances.get_allowance(call.core, call.actor, _ref(call))
        if flag(given, "drop"):
            await allowances.drop_allowance(call.core, call.actor, _ref(call))
        else:
            await allowances.set_allowance(call.core, call.actor, _ref(call), limits_in(given, before))
        return see_other(call, f"/app/orgs/{call.params['org']}?done=limits")

    return await take(call, "limits", act, lambda refused: _org(call, refused))
