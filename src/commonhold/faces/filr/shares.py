"""``/shares``: one share, read, changed and ended; and lists of shares by and with somebody."""

from collections.abc import Sequence

from starlette.responses import Response

from commonhold.core.directory.addresses import is_address
from commonhold.core.identity import Actor, VersionRef
from commonhold.core.roles import ItemKind
from commonhold.core.sharing.finding import Shown, shares_by, shares_with
from commonhold.core.sharing.listing import every, on_behalf, several, shares_with_everyone
from commonhold.core.sharing.managing import withdraw
from commonhold.core.sharing.proposal import Refusal
from commonhold.core.sharing.prospect import prospect
from commonhold.core.sharing.telling import tell_again
from commonhold.faces.filr import shapes, words
from commonhold.faces.filr.encoding import encoded, given
from commonhold.faces.filr.giving import Notify, checked_notify, overwrite, refuse_addresses
from commonhold.faces.filr.problems import Refused, bad_input, missing
from commonhold.faces.filr.routes import Table, id_of, query_of
from commonhold.faces.filr.shown import of_share, share_id
from commonhold.faces.filr.wanted import mask_of, wanted_of
from commonhold.http.face import Call
from commonhold.http.forms import fields_of

TABLE = Table()

GONE = "SHAREITEM_NOT_FOUND"


@TABLE.route("GET", "/shares/{id}")
async def read(call: Call) -> shapes.Share:
    """Return a share that the caller made, or that reaches him."""
    shown = await found(call)
    if shown.share.made_by != call.actor.user and not (shown.reaches and shown.state == "open"):
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
    shown = (await by_ids(call, [ident])).get(ident)
    if shown is None or shown.state == "in_trash":
        raise missing(GONE)
    return shown


async def by_ids(call: Call, idents: Sequence[int]) -> dict[int, Shown]:
    """Return shares by the ids that they have now, as far as the caller may know of them.

    An id is that of a version; a link that was changed since has its number still, and is read by it.
    """
    found: dict[int, Shown] = {}
    for ref in (VersionRef, int):
        left = {ref(ident): ident for ident in idents if ident not in found}
        for one in (await several(call.core, call.actor, tuple(left))).values() if left else ():
            found[share_id(one.share)] = one
    return {ident: found[ident] for ident in idents if ident in found}


async def own(call: Call) -> Shown:
    """Return the share that a path names, if the caller made it.

    :raises Refused: SHAREITEM_NOT_FOUND, for administrators, too
    """
    shown = await found(call)
    if shown.share.made_by != call.actor.user:
        raise missing(GONE)
    return shown


@TABLE.route("POST", "/shares/{id}")
async def change(call: Call) -> shapes.Share:
    """Overwrite a share that the caller made: what is left out is cleared, and its id is new (a link keeps its own)."""
    how = query_of(call, Notify)
    shown = await own(call)
    share, kind = shown.share, words.recipient(shown.share, shown.recipient, None, None).type
    body = await given(call.request, shapes.ShareGiven)
    shows = words.role_name(share.role)
    wanted = wanted_of(body, kind, call.core.clock(), shows)
    how = checked_notify(how, kind, folder=shown.item.kind is ItemKind.FOLDER)
    seen = await prospect(call.core, call.actor, share.item, names=False)
    refuse_addresses(seen, how)
    role = share.role if wanted.role == shows else wanted.core_role
    return await overwrite(call, share.no, wanted, role, mask_of(wanted, seen), how)


@TABLE.route("POST", "/shares")
async def tell(call: Call) -> Response:
    """Tell recipients of the caller's shares once more; what could not be told comes back as warnings."""
    fields = await fields_of(call.request)
    idents = [_number(one) for one in fields.get("id", [])]
    if not idents:
        raise bad_input("Give the ids of shares.")
    addresses = fields.get("notify_address", [])
    if not all(map(is_address, addresses)):
        raise Refused(400, "INVALID_EMAIL_ADDRESS", "One of the addresses is no mail address.")
    warnings: list[shapes.NotifyWarning] = []
    if fields.get("notify", ["false"])[-1] == "true":
        shares = await by_ids(call, idents)
        refs = [shares[ident].share.no if ident in shares else 0 for ident in idents]
        told = await tell_again(call.core, call.actor, refs, addresses)
        warnings = [_warning(ident, one) for ident, one in zip(idents, told, strict=True) if one is not None]
    return encoded(call.request, warnings, root="warnings")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 19):
        raise bad_input("An id is a number.")
    return int(text)


_WARNINGS = {
    "unknown_share": (GONE, "There is no such share of yours."),
    "not_for_items": ("NOT_SUPPORTED", "Nobody in particular can be told of this share."),
    "link_ended": ("NOT_SUPPORTED", "This share gives nothing now."),
    "missing_field": ("BAD_INPUT", "A link is mailed to addresses: give notify_address."),
}


def _warning(ident: int, refused: Refusal) -> shapes.NotifyWarning:
    code, message = _WARNINGS[refused.code]
    return shapes.NotifyWarning(id=ident, share_id=ident, code=code, message=message)


@TABLE.route("GET", "/shares/by_user/{id}")
async def by_user(call: Call) -> shapes.SearchResultList:
    """List the shares that somebody made: for himself, and for administrators."""
    who = await on_behalf(call.core, call.actor, id_of(call, "USER_NOT_FOUND"))
    return _listed(call, await every(lambda after: shares_by(call.core, who, after, 200)), _under(call, who))


@TABLE.route("GET", "/shares/with_user/{id}")
async def with_user(call: Call) -> shapes.SearchResultList:
    """List the shares that reach somebody, by his groups too: for himself, and for administrators.

    What asks for a password or counts its uses is opened by other faces, and leads nowhere here.
    """
    who = await on_behalf(call.core, call.actor, id_of(call, "USER_NOT_FOUND"))
    rows = await every(lambda after: shares_with(call.core, who, after, 200))
    return _listed(call, [one for one in rows if one.reaches], _under(call, who))


@TABLE.route("GET", "/shares/public")
async def public(call: Call) -> shapes.SearchResultList:
    """List what is shared with the public."""
    return _listed(call, await every(lambda after: shares_with_everyone(call.core, call.actor, after)))


def _under(call: Call, who: Actor) -> str:
    """Return where shares are looked at: those of others are an administrator's business."""
    return "/shares" if who.user == call.actor.user else "/admin/shares"


def _listed(call: Call, shares: list[Shown], under: str = "/shares") -> shapes.SearchResultList:
    return shapes.listed([of_share(call, one, under) for one in shares if one.state != "in_trash"])
