"""What is done with several shares at once: ended, after it was said what ends; or given a later end."""

from typing import Final

from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.core.sharing.finding import Shown, page_of_shares
from commonhold.core.sharing.managing import Amendment, amend_all, withdraw
from commonhold.core.terms import Terms, refuse_odd
from commonhold.faces.web import words
from commonhold.faces.web.pages import HTML, page, see_other, speaks
from commonhold.faces.web.sharing.forms import moment_of, shown_moment, told
from commonhold.faces.web.sharing.naming import whom
from commonhold.faces.web.sharing.receipts import ended, would_end
from commonhold.faces.web.taking import Given, flag, text
from commonhold.faces.web.viewer import viewer_of
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call
from commonhold.http.forms import fields_of
from commonhold.http.replies import problem_headers
from commonhold.http.statuses import STATUS
from commonhold.http.typed import Table

TABLE = Table()

MOST: Final = 100  # shares of one form
_MONTH: Final = 30 * 24 * 3_600_000


@TABLE.route("POST", "/app/given", needs="self", streams=HTML, problems="unauthenticated cross_site end_in_past")
async def take_several(call: Call) -> Response:
    """Ask about the end, or a later end, of chosen shares; and do it."""
    refuse_cross_site(call.request, call.base, frozenset())
    if call.actor.user is None:
        raise Problem("unauthenticated")
    given = await fields_of(call.request, MOST + 10)
    back = "links" if text(given, "back") == "links" else "given"
    numbers = [int(one) for one in given.get("share", ()) if one.isascii() and one.isdigit() and len(one) < 19][:MOST]
    shares = (await page_of_shares(call.core, call.actor, list(dict.fromkeys(numbers)), MOST)).shares
    renews = text(given, "do") == "renew"
    some = [one for one in shares if (one.changes if renews else one.manages)]
    if not some:
        return see_other(call, f"/app/{back}")
    if not flag(given, "sure"):
        return await _ask(call, some, back, renews=renews)
    try:
        done = await (_renew(call, given, some) if renews else _end(call, some))
    except Problem as problem:
        return await _ask(call, some, back, renews=renews, problem=problem)
    return see_other(call, f"/app/{back}?{done}")


async def _end(call: Call, some: list[Shown]) -> str:
    """End shares, each for itself: what is over already is no hindrance."""
    report = await withdraw(call.core, call.actor, [one.share.no for one in some], atomic=False)
    refused = [pair.refused for pair in report.pairs if pair.refused and pair.refused.code != "unknown_share"]
    if refused:
        raise refused[0].problem()
    return ended(report.receipt)


async def _renew(call: Call, given: Given, some: list[Shown]) -> str:
    """Give shares a later end: all of them, or none.

    :raises Problem: missing_field, invalid_field, end_in_past, and what ``amend`` raises
    """
    until = moment_of(given, "until")
    if until is None:
        raise Problem("missing_field", field="until")
    terms = Terms(until=until)
    refuse_odd(terms, call.core.clock())
    await amend_all(call.core, call.actor, [Amendment(one.share.no, terms=terms) for one in some])
    return "done=renewed"


async def _ask(call: Call, some: list[Shown], back: str, *, renews: bool, problem: Problem | None = None) -> Response:
    """Show what is chosen, and ask."""
    speech, status, headers = speaks(call.request), 200, {}
    numbers, told_with = [one.share.no for one in some], list[str]()
    if not renews:
        would = await withdraw(call.core, call.actor, numbers, atomic=False, dry_run=True)
        told_with = would_end(speech, would.receipt)
    if problem is not None:
        status = STATUS[problem.code]
        headers = problem_headers(problem, status, call.core.clock())
    rows = [(one, words.title(speech, one.item, one.owner), whom(speech, one.share.kind, one.name)) for one in some]
    return page(
        call,
        "sharing/several.html",
        status,
        headers,
        viewer=await viewer_of(call),
        rows=rows,
        back=back,
        renews=renews,
        with_them=told_with,
        until=shown_moment(call.core.clock() + _MONTH),
        problem=told(speech, problem) if problem else None,
    )
