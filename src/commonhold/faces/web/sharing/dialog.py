"""The share dialog of an item: a page, which opens in place where scripts run. What will happen is told before."""

from typing import Final

import msgspec
from starlette.responses import Response

from commonhold.core.content.tree import Seen, get
from commonhold.core.directory.suggesting import suggest
from commonhold.core.identity import RecipientRef
from commonhold.core.model import LINK
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind
from commonhold.core.sharing.foresight import Foresight, foresee, meet
from commonhold.core.sharing.proposal import Asked, Proposal, Report
from commonhold.core.sharing.propose import propose
from commonhold.core.sharing.prospect import prospect
from commonhold.faces.web import words
from commonhold.faces.web.own import own_place, sign_in_first
from commonhold.faces.web.pages import HTML, page, see_other, speaks
from commonhold.faces.web.sharing.access import reach
from commonhold.faces.web.sharing.forms import (
    Form,
    again,
    kinds_for,
    new_terms,
    recipients_in,
    role_in,
    roles_for,
    told,
)
from commonhold.faces.web.sharing.saying import Outcome, outcomes
from commonhold.faces.web.taking import Given, asked, flag, text
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call
from commonhold.http.forms import fields_of
from commonhold.http.replies import json_reply, problem_headers
from commonhold.http.statuses import STATUS
from commonhold.http.typed import Table

TABLE = Table()

_PROBLEMS: Final = "unknown_item forbidden"


class Told(msgspec.Struct, frozen=True):
    """What a form would do, or did: for each whom it names; ``confirm``: a group asks for consent first."""

    lines: tuple[Outcome, ...]
    done: bool
    any: bool  # something would happen
    confirm: bool = False


class Named(msgspec.Struct, frozen=True):
    """A suggestion as scripts read it."""

    value: str
    name: str
    about: str


@TABLE.route("GET", "/app/items/{item}/share", needs="right", streams=HTML, problems=_PROBLEMS)
async def dialog_page(call: Call) -> Response:
    """Show how an item can be shared, and with whom it is; to scripts, names for what is typed."""
    if call.actor.user is None:
        return sign_in_first(call)
    if call.request.headers.get("accept", "").startswith("application/json"):
        return json_reply(await _suggestions(call))
    return await _show(call)


async def _suggestions(call: Call) -> list[Named]:
    """Return whom a text may mean.

    :raises Problem: unknown_item
    """
    await get(call.core, call.actor, call.params["item"])
    speech = speaks(call.request)
    about = {Kind.USER: speech.say("Person"), Kind.GROUP: speech.say("Group"), Kind.MAIL: speech.say("Mail address")}
    outside = speech.say("from outside")
    try:
        found = await suggest(call.core, call.actor, asked(call, "q"))
    except Problem as problem:
        if problem.code != "forbidden":
            raise
        return []  # guests learn nobody's name
    names = []
    for one in found:
        word = "group" if one.kind is Kind.GROUP else "user"
        more = [about[one.kind], *([one.full] if one.full else []), *([outside] if one.external else [])]
        names.append(Named(f"{word}:{one.uid}" if one.uid else one.name, one.name, " · ".join(more)))
    return names


@TABLE.route("POST", "/app/items/{item}/share", needs="right", streams=HTML, problems=f"{_PROBLEMS} cross_site")
async def take_dialog(call: Call) -> Response:
    """Say what a form would do, or do it: ``do`` is look or send; ``kind`` is people or link."""
    refuse_cross_site(call.request, call.base, frozenset())
    if call.actor.user is None:
        raise Problem("unauthenticated")
    given = await fields_of(call.request)
    kind = "link" if text(given, "kind") == "link" else "people"
    try:
        proposal = _proposal(call, given, kind)
        if text(given, "do") == "send":
            return await _send(call, given, kind, proposal)
        found = await foresee(call.core, call.actor, proposal)
        if found.report.items[0] is not None:
            raise found.report.items[0].problem()
    except Problem as problem:
        if problem.code == "unknown_item":
            raise
        return await _refused(call, given, kind, problem)
    return await _show(call, kind, _kept(given, found), _told(call, found.report, found, done=False))


def _proposal(call: Call, given: Given, kind: str) -> Proposal:
    """Return what a form asks for.

    :raises Problem: unknown_role, missing_field, invalid_field and what is odd
    """
    role = role_in(given)
    to: tuple[RecipientRef, ...] = (LINK,) if kind == "link" else recipients_in(given)
    mails = tuple(part.strip() for line in given.get("mail", ()) for part in line.split(",") if part.strip())
    return Proposal(
        (Asked(call.params["item"]),),
        to,
        role=role,
        terms=new_terms(given, call.core.clock()),
        notify=flag(given, "notify") or kind == "link",
        item_control=flag(given, "confirm"),
        mail_to=mails if kind == "link" else (),
    )


async def _send(call: Call, given: Given, kind: str, proposal: Proposal) -> Response:
    """Share, and lead on; where something was refused, say for each what became of it."""
    report = await propose(call.core, call.actor, proposal)
    refused = report.refused()
    if refused is None:
        if kind == "link":
            return see_other(call, f"/app/shares/{report.pairs[0].no}/details")
        return see_other(call, f"/app/items/{call.params['item']}/share?done=1")
    if report.items[0] is not None or len(report.pairs) == 1:
        raise refused.problem()
    item, people = await meet(call.core, call.actor, proposal)
    found = Foresight(report, item, people)
    return await _show(call, kind, _kept(given, found), _told(call, report, found, done=True))


async def _refused(call: Call, given: Given, kind: str, problem: Problem) -> Response:
    status = STATUS[problem.code]
    field = {"recipients": "to"}.get(problem.facts.get("field", ""), problem.facts.get("field"))
    form = msgspec.structs.replace(again(given), problem=told(speaks(call.request), problem), field=field)
    headers = problem_headers(problem, status, call.core.clock())
    confirm = Told((), done=False, any=False, confirm=True) if problem.code == "group_confirm_needed" else None
    return await _show(call, kind, form, confirm, status, headers)


def _kept(given: Given, found: Foresight) -> Form:
    """Return a form as it was sent; whom it names are called by their names."""
    names = [one.name or "" for one in found.people if one.kind not in (Kind.LINK, Kind.EVERYONE)]
    return msgspec.structs.replace(again(given), to="\n".join(names))


def _told(call: Call, report: Report, found: Foresight, *, done: bool) -> Told:
    lines = outcomes(speaks(call.request), report, found.people)
    confirm = any(pair.refused and pair.refused.code == "group_confirm_needed" for pair in report.pairs)
    return Told(lines, done, any(pair.did is not None for pair in report.pairs), confirm)


async def _show(
    call: Call,
    kind: str = "",
    form: Form = Form(),  # noqa: B008 - frozen
    told: Told | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return the page: two forms, of which one may have been sent, and who has access.

    :raises Problem: unknown_item, forbidden for those who may not share it
    """
    seen: Seen = await get(call.core, call.actor, call.params["item"])
    found = await prospect(call.core, call.actor, seen.item.no, names=False)
    if not seen.right.may(Action.SHARE) or not found.right.mask:
        raise Problem("forbidden")
    place, speech = await own_place(call), speaks(call.request)
    name = words.title(speech, seen.item, seen.owner_name)
    mask = found.right.mask & found.allowance.kinds
    lines, further, _ = await reach(call, seen)
    forms = {"people": Form(), "link": Form(), **({kind: form} if kind else {})}
    return page(
        call,
        "sharing/share.html",
        status,
        headers,
        viewer=place.viewer,
        place=place,
        item=seen.item,
        name=name,
        manages=seen.right.may(Action.MANAGE),
        roles=roles_for(seen.item.kind, found.right),
        with_people=bool(mask & ~Kind.LINK),
        with_everyone=bool(mask & Kind.EVERYONE),
        with_link=bool(mask & Kind.LINK),
        kinds=kinds_for(speech, mask & found.open),
        forms=forms,
        sent=kind,
        told=told,
        lines=lines,
        further=further,
        needs_password=found.allowance.link_password,
        longest=found.allowance.longest,
        done=not kind and bool(call.request.query_params.get("done")),
    )
