"""The public page of a link. Looking counts nothing; a use is counted by pressing Open, which hands out a pass."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from starlette.responses import Response

from commonhold.core.content.tree import Seen
from commonhold.core.identity import Actor, Pass, ShareRef
from commonhold.core.model import Share
from commonhold.core.notices.letters import name_of
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind
from commonhold.core.sharing.finding import decide, note_of
from commonhold.core.sharing.opening import Peek, by_secret, open_share, peek
from commonhold.faces.web import words
from commonhold.faces.web.pages import HTML, PRIVATE, page, see_other, speaks, under
from commonhold.faces.web.showing import Place, picture, receipt, seen_in, show, take_files, thumb
from commonhold.http.credentials import PASS_COOKIE, refuse_cross_site, set_cookie
from commonhold.http.face import Call
from commonhold.http.forms import form_of
from commonhold.http.replies import problem_headers
from commonhold.http.serving import serve_file, serve_zip
from commonhold.http.statuses import STATUS
from commonhold.http.typed import Table

TABLE = Table()

OCTETS: Final = "application/octet-stream"
_PROBLEMS: Final = "unknown_share unknown_item"
_STATES: Final = {"open": 200, "not_yet": 403, "ended": 410, "used_up": 410}

Then: TypeAlias = Callable[[Place], Awaitable[Response]]


async def _through(call: Call, then: Then, *, shut: int = 403) -> Response:
    """Go on with an open link; else show what it asks for, under the status ``shut`` if it can be opened."""
    found = await peek(call.core, call.actor, by_secret(call.params["secret"]))
    if found.item is None or found.actor is None:
        return await closed(call, found, f"/s/{call.params['secret']}", shut)
    # What the link gives and nothing else, whoever looks: his own rights have pages of their own.
    holder = Actor(None, (Pass(found.share.no, found.share.state_at),), face="web", address=call.actor.address)
    place = Place(
        base=f"{under(call.request)}/s/{call.params['secret']}",
        actor=holder,
        top=found.item,
        sharer=name_of(found.sharer),
        until=found.share.until,
        note=await note_of(call.core, found.allowed, found.share),
    )
    return await then(place)


async def _reads(call: Call, place: Place) -> bool:
    """Tell whether a link shows anything; one for handing things in does not."""
    return place.top is not None and (await decide(call.core, place.actor, place.top.no)).may(Action.READ)


@TABLE.route("GET", "/s/{secret}", needs="public", streams=HTML, problems="unknown_share")
async def link_page(call: Call) -> Response:
    """Show what a link leads to, or what it asks for first."""

    async def then(place: Place) -> Response:
        if not await _reads(call, place):
            return page(call, "drop.html", place=place, problem=None)
        return await show(call, place, await _top(call, place))

    return await _through(call, then, shut=200)


async def _top(call: Call, place: Place) -> Seen:
    assert place.top is not None  # noqa: S101 - pages of links have one
    return await seen_in(call, place, place.top.no)


@TABLE.route("GET", "/s/{secret}/{item}", needs="public", streams=HTML, problems=_PROBLEMS)
async def page_below(call: Call) -> Response:
    """Show something in the folder that a link leads to."""

    async def then(place: Place) -> Response:
        return await show(call, place, await seen_in(call, place, call.params["item"]))

    return await _through(call, then)


async def closed(call: Call, found: Peek, path: str, shut: int, problem: Problem | None = None) -> Response:
    """Show what a share asks for before it opens, or why it does not; ``path`` takes the form that opens it."""
    status, headers = _STATES[found.state] if found.state != "open" else shut, {}
    if problem is not None:
        status = STATUS[problem.code]
        headers = problem_headers(problem, status, call.core.clock())
    shown = found.item is not None
    return page(
        call,
        "closed.html",
        status,
        headers,
        action=under(call.request) + path,
        state=found.state,
        password=found.password,
        item=found.item,
        sharer=name_of(found.sharer),
        note=await note_of(call.core, found.allowed, found.share) if shown else None,
        uses_left=found.uses_left,
        starts=found.share.starts,
        until=found.share.until,
        problem=words.sentence(speaks(call.request), problem) if problem else None,
    )


@TABLE.route("POST", "/s/{secret}", needs="public", streams=HTML, problems="unknown_share cross_site wrong_password")
async def open_link(call: Call) -> Response:
    """Open a link: counts a use, keeps the pass in a cookie, and shows the page."""
    path = f"/s/{call.params['secret']}"
    return await unlock(call, by_secret(call.params["secret"]), path, path, lambda _: path)


async def unlock(call: Call, ref: ShareRef, path: str, below: str, onward: Callable[[Share], str]) -> Response:
    """Open a share with the password of a form, keep its pass for what stands ``below``, and go ``onward``.

    :raises Problem: unknown_share, cross_site
    """
    refuse_cross_site(call.request, call.base, frozenset())
    password = (await form_of(call.request)).get("password") or None
    try:
        done = await open_share(call.core, call.actor, ref, password)
    except Problem as problem:
        if problem.code == "unknown_share":
            raise
        return await closed(call, await peek(call.core, call.actor, ref), path, 403, problem)
    response = see_other(call, onward(done.share))
    name, now = f"{PASS_COOKIE}{done.share.no}", call.core.clock()
    below = under(call.request) + below
    set_cookie(response, name, done.secret, secure=call.secure, until=done.until, now=now, path=below)
    return response


@TABLE.route("GET", "/s/{secret}/download", needs="public", streams=OCTETS, problems=_PROBLEMS)
async def download(call: Call) -> Response:
    """Return what a link leads to: the file, or the folder as a ZIP. For ``curl -OJ``."""

    async def then(place: Place) -> Response:
        item = (await _top(call, place)).item
        serve = serve_zip if item.kind is ItemKind.FOLDER else serve_file
        return await serve(call, place.actor, item.no, headers=PRIVATE)

    return await _through(call, then)


@TABLE.route("GET", "/s/{secret}/{item}/content", needs="public", streams=OCTETS, problems=_PROBLEMS)
async def content(call: Call) -> Response:
    """Return a file's bytes, in ranges."""

    async def then(place: Place) -> Response:
        item = (await seen_in(call, place, call.params["item"])).item
        return await serve_file(call, place.actor, item.no, headers=PRIVATE)

    return await _through(call, then)


@TABLE.route("GET", "/s/{secret}/{item}/preview", needs="public", streams="image/*", problems=_PROBLEMS)
async def preview(call: Call) -> Response:
    """Show a picture, to those too who may look but not download."""
    return await _through(call, lambda place: picture(call, place, call.params["item"]))


@TABLE.route("GET", "/s/{secret}/{item}/thumb", needs="public", streams="image/*", problems=_PROBLEMS)
async def small_preview(call: Call) -> Response:
    """Show the small picture of a file in a list."""
    return await _through(call, lambda place: thumb(call, place, call.params["item"]))


@TABLE.route("GET", "/s/{secret}/{item}/zip", needs="public", streams="application/zip", problems=_PROBLEMS)
async def archive(call: Call) -> Response:
    """Return a folder as one ZIP."""

    async def then(place: Place) -> Response:
        item = (await seen_in(call, place, call.params["item"])).item
        return await serve_zip(call, place.actor, item.no, headers=PRIVATE)

    return await _through(call, then)


@TABLE.route("POST", "/s/{secret}/files", needs="public", streams="multipart/form-data", problems="unknown_share")
async def drop(call: Call) -> Response:
    """Take files into the folder that a link leads to."""
    refuse_cross_site(call.request, call.base, frozenset())

    async def then(place: Place) -> Response:
        assert place.top is not None  # noqa: S101 - pages of links have one
        reads = await _reads(call, place)
        try:
            sent = await take_files(call, place.actor, place.top.no)
        except Problem as problem:
            if reads or problem.code != "missing_field":
                raise
            return page(
                call,
                "drop.html",
                STATUS[problem.code],
                place=place,
                problem=speaks(call.request).say("Choose a file first."),
            )
        return receipt(call, place, place.top if reads else None, sent)

    return await _through(call, then)


@TABLE.route("POST", "/s/{secret}/{item}/files", needs="public", streams="multipart/form-data", problems=_PROBLEMS)
async def put_below(call: Call) -> Response:
    """Take files into a folder that a link shows."""
    refuse_cross_site(call.request, call.base, frozenset())

    async def then(place: Place) -> Response:
        folder = (await seen_in(call, place, call.params["item"])).item
        return receipt(call, place, folder, await take_files(call, place.actor, folder.no))

    return await _through(call, then)
