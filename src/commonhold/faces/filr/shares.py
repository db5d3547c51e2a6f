"""``/shares``: one share, read, changed and ended; and lists of shares by and with somebody."""

from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import Shown, get_share, shares_with
from commonhold.core.sharing.managing import withdraw
from commonhold.faces.filr import shapes
from commonhold.faces.filr.problems import missing
from commonhold.faces.filr.routes import Table, id_of
from commonhold.faces.filr.shown import of_share, refs_of, share_id
from commonhold.http.face import Call

TABLE = Table()

GONE = "SHAREITEM_NOT_FOUND"


@TABLE.route("GET", "/shares/{id}")
async def read(call: Call) -> shapes.Share:
    """Return a share that the caller made, or that reaches him."""
    shown = await found(call)
    if shown.share.made_by != call.actor.user and (shown.state != "open" or shown.share.kind is Kind.LINK):
        raise missing(GONE)
    return of_share(call, shown)


@TABLE.route("DELETE", "/shares/{id}")
async def end(call: Call) -> None:
    """End a share that the caller made."""
    shown = await own(call)
    report = await withdraw(call.core, call.actor, (shown.share.no,))
    refused = report.refused()
    if refused is not None:
        raise refused.problem()


async def found(call: Call) -> Shown:
    """Return the share that a path names, as far as the caller may know of it.

    :raises Refused: SHAREITEM_NOT_FOUND, for superseded ids, too
    """
    ident = id_of(call, GONE)
    for ref in refs_of(ident):
        try:
            shown = await get_share(call.core, call.actor, ref)
        except Problem as problem:
            if problem.code != "unknown_share":
                raise
            continue
        if share_id(shown.share) == ident and shown.state != "in_trash":
            return shown
    raise missing(GONE)


async def own(call: Call) -> Shown:
    """Return the share that a path names, if the caller made it.

    :raises Refused: SHAREITEM_NOT_FOUND, for administrators, too
    """
    shown = await found(call)
    if shown.share.made_by != call.actor.user:
        raise missing(GONE)
    return shown


@TABLE.route("GET", "/shares/with_user/{id}")
async def with_user(call: Call) -> shapes.SearchResultList:
    """List the shares that reach somebody: for himself, and for administrators."""
    found = await shares_with(call.core, call.actor)
    return shapes.listed([of_share(call, shown) for shown in found.shares])
