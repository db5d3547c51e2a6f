"""The page of one share: its link, its terms to be changed, when it was opened; and its end."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import msgspec
import segno
from markupsafe import Markup
from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import Shown, get_share
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.managing import amend, new_secret, withdraw
from commonhold.core.sharing.opens import opens_of
from commonhold.core.sharing.prospect import prospect
from commonhold.core.sharing.telling import tell_again
from commonhold.faces.web import words
from commonhold.faces.web.own import own_place, sign_in_first
from commonhold.faces.web.pages import HTML, page, see_other, speaks
from commonhold.faces.web.sharing.forms import (
    Form,
    again,
    changed_terms,
    form_of_share,
    kinds_for,
    role_in,
    roles_for,
    told,
)
from commonhold.faces.web.sharing.naming import state_of, whom
from commonhold.faces.web.sharing.picture import chart
from commonhold.faces.web.sharing.receipts import ended, would_end
from commonhold.faces.web.taking import Given, text
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call
from commonhold.http.forms import fields_of
from commonhold.http.replies import problem_headers
from commonhold.http.statuses import STATUS
from commonhold.http.typed import Table

TABLE = Table()

_PROBLEMS: Final = "unknown_share forbidden"
_DONE: Final = ("changed", "secret", "mailed")

Act: TypeAlias = Callable[[Given, Shown], Awaitable[str]]


async def share_of(call: Call) -> Shown:
    """Return the share that an address names by its number; its uid opens links, and stands in no address.

    :raises Problem: unknown_share, unauthenticated
    """
    if call.actor.user is None:
        raise Problem("unauthenticated")
    found = call.params["share"]
    if not (found.isascii() and found.isdigit() and len(found) < 19):
        raise Problem("unknown_share")
    return await get_share(call.core, call.actor, int(found))


@TABLE.route("GET", "/app/shares/{share}/details", needs="self", streams=HTML, problems=_PROBLEMS)
async def details_page(call: Call) -> Response:
    """Show one share to those who may change it."""
    if call.actor.user is None:
        return sign_in_first(call)
    shown = await share_of(call)
    return await _show(call, shown, form_of_share(shown))


@TABLE.route("POST", "/app/shares/{share}/details", needs="self", streams=HTML, problems=f"{_PROBLEMS} cross_site")
async def take_details(call: Call) -> Response:
    """Change role and terms of a share."""

    async def act(given: Given, shown: Shown) -> str:
        offered = (await prospect(call.core, call.actor, shown.item.no, names=False)).right.mask
        role = role_in(given)
        await amend(
            call.core,
            call.actor,
            shown.share.no,
            terms=changed_terms(given, shown, offered, call.core.clock()),
            role=msgspec.UNSET if role is shown.share.role else role,
        )
        return "changed"

    return await _take(call, act, terms=True)


@TABLE.route("POST", "/app/shares/{share}/secret", needs="self", streams=HTML, problems=f"{_PROBLEMS} cross_site")
async def take_secret(call: Call) -> Response:
    """Give a link a new secret; the old address opens nothing from now on."""

    async def act(_: Given, shown: Shown) -> str:
        await new_secret(call.core, call.actor, shown.share.no)
        return "secret"

    return await _take(call, act)


@TABLE.route("POST", "/app/shares/{share}/mail", needs="self", streams=HTML, problems=f"{_PROBLEMS} cross_site")
async def take_mail(call: Call) -> Response:
    """Mail a link to addresses, or tell a recipient once more."""

    async def act(given: Given, shown: Shown) -> str:
        mails = [part.strip() for line in given.get("mail", ()) for part in line.replace(",", "\n").split() if part]
        if shown.share.kind is Kind.LINK and not mails:
            raise Problem("missing_field", field="mail")
        refused = (await tell_again(call.core, call.actor, (shown.share.no,), mails))[0]
        if refused is not None:
            raise refused.problem()
        return "mailed"

    return await _take(call, act)


async def _take(call: Call, act: Act, *, terms: bool = False) -> Response:
    """Do what a form of the page says, and come back to it; ``terms``: the form of terms keeps what was typed."""
    refuse_cross_site(call.request, call.base, frozenset())
    shown = await share_of(call)
    given = await fields_of(call.request)
    try:
        done = await act(given, shown)
    except Problem as problem:
        if problem.code in ("unknown_share", "forbidden"):
            raise
        form = again(given) if terms else form_of_share(shown)
        form = msgspec.structs.replace(
            form,
            problem=told(speaks(call.request), problem),
            field=problem.facts.get("field") if terms else None,
            typed=False,
            has_password=shown.share.password is not None,
        )
        status = STATUS[problem.code]
        return await _show(call, shown, form, status, problem_headers(problem, status, call.core.clock()))
    return see_other(call, f"/app/shares/{shown.share.no}/details?done={done}")


async def _show(
    call: Call, shown: Shown, form: Form, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return the page of a share.

    :raises Problem: forbidden for those who may not change it
    """
    opens = await opens_of(call.core, call.actor, shown.share.no)
    found = await prospect(call.core, call.actor, shown.item.no, names=False)
    place, speech = await own_place(call), speaks(call.request)
    roles = roles_for(shown.item.kind, found.right)
    if shown.share.role is not None and shown.share.role not in roles:
        roles = (*roles, shown.share.role)
    done = call.request.query_params.get("done", "")
    link = call.page("link", secret_of(call.core, shown.share)) if shown.share.kind is Kind.LINK else None
    return page(
        call,
        "sharing/details.html",
        status,
        headers,
        viewer=place.viewer,
        place=place,
        shown=shown,
        name=words.title(speech, shown.item, shown.owner),
        whom=whom(speech, shown.share.kind, shown.name),
        missing=state_of(speech, shown),
        roles=roles,
        kinds=kinds_for(speech, found.right.mask & found.open),
        form=form,
        link=link,
        qr=drawn(link) if link else None,
        opens=opens,
        counted=sum(count for _, count in opens.days),
        bars=chart(opens.days),
        done=done if status == 200 and done in _DONE else None,
    )


def drawn(address: str) -> Markup:
    """Draw an address as a QR code, for a page."""
    made = segno.make(address, error="m", micro=False, mask=2)  # to try all eight masks takes four times as long
    drawing = made.svg_inline(omitsize=True, svgclass="qr", lineclass=None, border=3)
    return Markup(drawing)  # noqa: S704 - drawn by us, of numbers alone


@TABLE.route("GET", "/app/shares/{share}/end", needs="self", streams=HTML, problems=_PROBLEMS)
async def end_page(call: Call) -> Response:
    """Say what the end of a share takes away, and ask."""
    if call.actor.user is None:
        return sign_in_first(call)
    shown = await share_of(call)
    if not shown.manages:
        raise Problem("forbidden")
    place, speech = await own_place(call), speaks(call.request)
    would = await withdraw(call.core, call.actor, (shown.share.no,), dry_run=True)
    return page(
        call,
        "sharing/end.html",
        viewer=place.viewer,
        shown=shown,
        name=words.title(speech, shown.item, shown.owner),
        whom=whom(speech, shown.share.kind, shown.name),
        declines=shown.reaches and not shown.changes,
        with_it=would_end(speech, would.receipt),
    )


@TABLE.route("POST", "/app/shares/{share}/end", needs="self", streams=HTML, problems=f"{_PROBLEMS} cross_site")
async def take_end(call: Call) -> Response:
    """End a share, or decline it."""
    refuse_cross_site(call.request, call.base, frozenset())
    shown = await share_of(call)
    given = await fields_of(call.request)
    report = await withdraw(call.core, call.actor, (shown.share.no,))
    refused = report.refused()
    if refused is not None:
        raise refused.problem()
    if text(given, "declines"):
        return see_other(call, "/app")
    back = "links" if shown.share.kind is Kind.LINK else "given"
    return see_other(call, f"/app/{back}?{ended(report.receipt)}")
