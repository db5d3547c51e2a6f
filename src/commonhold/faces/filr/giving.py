"""``…/{id}/shares``: what somebody shares of a thing; posting a share makes it, or overwrites the one that is there."""

from typing import Final

import msgspec

from commonhold.core.directory.addresses import address_key, is_address
from commonhold.core.identity import Named, RecipientRef
from commonhold.core.model import EVERYONE, LINK, Share, State
from commonhold.core.policy.allowances import domain_allowed
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Kind, Role
from commonhold.core.sharing.finding import shares_on
from commonhold.core.sharing.listing import every, several
from commonhold.core.sharing.managing import amend
from commonhold.core.sharing.proposal import Asked, Did, OnExisting, Pair, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.core.sharing.prospect import Prospect, own_links, prospect
from commonhold.core.sharing.telling import tell_again
from commonhold.faces.filr import shapes
from commonhold.faces.filr.encoding import given
from commonhold.faces.filr.problems import Refused, bad_input, denied, missing
from commonhold.faces.filr.routes import LAST_NO, Table, id_of, query_of
from commonhold.faces.filr.shown import of_share
from commonhold.faces.filr.wanted import To, Wanted, mask_of, recipient_of, wanted_of
from commonhold.http.face import Call

TABLE = Table()

ENTRY: Final = "ENTRY_NOT_FOUND"
FOLDER: Final = "FOLDER_NOT_FOUND"
INSIDE: Final = Kind.EVERYONE | Kind.ORG | Kind.USER
"""What being public needs: everybody, inside and outside."""

_MISSING: Final = {"user": "USER_NOT_FOUND", "external_user": "USER_NOT_FOUND", "group": "GROUP_NOT_FOUND"}


class Notify(msgspec.Struct):
    """Whether recipients are told, and whom a link is mailed to."""

    notify: bool = False
    notify_address: tuple[str, ...] = ()


@TABLE.route("GET", "/folder_entries/{id}/shares", thing=ENTRY)
async def of_entry(call: Call) -> shapes.SearchResultList:
    """List the caller's own shares of a file, those whose time is over too."""
    return await _own(call, ENTRY, folder=False)


@TABLE.route("POST", "/folder_entries/{id}/shares", thing=ENTRY)
async def give_entry(call: Call) -> shapes.Share:
    """Share a file."""
    return await _give(call, ENTRY, folder=False)


@TABLE.route("GET", "/folders/{id}/shares", thing=FOLDER)
@TABLE.route("GET", "/workspaces/{id}/shares", thing=FOLDER)
async def of_folder(call: Call) -> shapes.SearchResultList:
    """List the caller's own shares of a folder, those whose time is over too."""
    return await _own(call, FOLDER, folder=True)


@TABLE.route("POST", "/folders/{id}/shares", thing=FOLDER)
@TABLE.route("POST", "/workspaces/{id}/shares", thing=FOLDER)
async def give_folder(call: Call) -> shapes.Share:
    """Share a folder."""
    return await _give(call, FOLDER, folder=True)


async def _own(call: Call, code: str, *, folder: bool) -> shapes.SearchResultList:
    no = id_of(call, code)
    _refuse_kind(await prospect(call.core, call.actor, no, names=False), code, folder=folder)
    shares = await every(lambda after: shares_on(call.core, call.actor, no, after, 200, own=True))
    return shapes.listed([of_share(call, one) for one in shares])


def _refuse_kind(seen: Prospect, code: str, *, folder: bool) -> None:
    if (seen.item.kind is ItemKind.FOLDER) is not folder:
        raise missing(code)


async def _give(call: Call, code: str, *, folder: bool) -> shapes.Share:
    """Read what is asked for, look, decide, write: in this order, and nothing before all of it holds."""
    no, how = id_of(call, code), query_of(call, Notify)
    body = await given(call.request, shapes.ShareGiven)
    to = recipient_of(body.recipient)
    wanted = wanted_of(body, to.type, call.core.clock())
    if to.type == "public_link" and folder:
        raise bad_input("A folder cannot be shared by a link.")
    if to.type == "team":
        raise denied("Teams cannot be shared with.")
    how = checked_notify(how, to.type, folder=folder)
    ref = _ref(to)
    seen = await prospect(call.core, call.actor, no, ref, names=to.type == "external_user")
    _refuse_kind(seen, code, folder=folder)
    refuse_addresses(seen, how)
    ref = _recipient(to, seen, ref)
    mask = mask_of(wanted, seen)
    if to.type == "public_link":
        old = await _own_link(call, no)
        if old is not None:
            return await overwrite(call, old.no, wanted, wanted.core_role, mask, how)
    proposal = Proposal(
        items=(Asked(seen.item.no),),
        recipients=(ref,),
        role=wanted.core_role,
        terms=wanted.terms(mask),
        on_existing=OnExisting.SET,
        atomic=True,
        notify=how.notify,
        mail_to=how.notify_address,
    )
    pair = await _proposed(call, proposal)
    if how.notify and pair.did is Did.CHANGED:
        await tell_again(call.core, call.actor, (pair.no or 0,))
    return await _shown(call, pair.no or 0)


async def _proposed(call: Call, proposal: Proposal) -> Pair:
    """Propose, and return what became of the one pair."""
    report = await propose(call.core, call.actor, proposal)
    refused = report.refused()
    if refused is not None:
        raise refused.problem()
    return report.pairs[0]


def _ref(to: To) -> RecipientRef:
    """Return whom the core is asked for."""
    if to.type == "public":
        return EVERYONE
    if to.type == "public_link":
        return LINK
    if to.id is None:
        return Named(address_key(to.email or ""), Kind.MAIL)
    if not 0 < to.id <= LAST_NO:
        raise missing(_MISSING[to.type])
    return to.id


def _recipient(to: To, seen: Prospect, ref: RecipientRef) -> RecipientRef:
    """Return the recipient that was found, if it is what its type says and the sharer may share with its like.

    :raises Refused: USER_NOT_FOUND, GROUP_NOT_FOUND, BAD_INPUT, INVALID_EMAIL_ADDRESS, ACCESS_DENIED
    """
    row = seen.recipient
    if to.type == "public":
        if seen.allowance.kinds & INSIDE != INSIDE:
            raise denied()
    elif to.type == "group":
        if row is None or row.kind not in (Kind.GROUP, Kind.ORG) or row.state is not State.ACTIVE:
            raise missing(_MISSING[to.type])
        if not seen.allowance.kinds & Kind.USER:
            raise denied()
    elif to.type == "user":
        if row is None or row.kind is not Kind.USER or row.external or row.state not in (State.ACTIVE, State.PENDING):
            raise missing(_MISSING[to.type])
    elif to.type == "external_user":
        return _outside(to, seen, ref)
    return ref


def _outside(to: To, seen: Prospect, ref: RecipientRef) -> RecipientRef:
    """Return a user from outside: an account, by its number or the address it has verified; else the address."""
    row = seen.recipient
    if to.id is not None:
        if row is None or row.kind not in (Kind.USER, Kind.MAIL) or row.state is State.DELETED or seen.profile is None:
            raise missing(_MISSING[to.type])
        if row.kind is Kind.USER and not row.external:
            raise bad_input("This user is not from outside: use the type user.")
        address = seen.profile.name if row.kind is Kind.MAIL else seen.profile.email
        if to.email is not None and (address is None or address_key(to.email) != address_key(address)):
            raise bad_input("The id and the email are not those of one user.")
    elif seen.account is not None and seen.account.external:
        ref, row = seen.account.no, seen.account
    if row is not None and row.kind is Kind.USER and not seen.right.mask & seen.allowance.kinds & Kind.MAIL:
        raise denied()
    address = seen.profile.email or seen.profile.name if seen.profile else to.email
    if address is not None and is_address(address) and not domain_allowed(seen.allowance, address):
        raise Problem("domain_not_allowed")
    return ref


async def _own_link(call: Call, item: int) -> Share | None:
    """Return the link that this dialect made for the caller: there is one at most, and others stay as they are."""
    links = await own_links(call.core, call.actor, item)
    return next((one for one in links if one.face == "filr" and one.role is Role.VIEWER), None)


def checked_notify(how: Notify, kind: str, *, folder: bool) -> Notify:
    """Return how to tell: addresses count for links alone, and not for folders.

    :raises Refused: BAD_INPUT, for a link without addresses; INVALID_EMAIL_ADDRESS
    """
    addresses = how.notify_address if kind == "public_link" and not folder and how.notify else ()
    if kind == "public_link" and how.notify and not addresses:
        raise bad_input("A link is mailed to addresses: give notify_address.")
    if not all(map(is_address, addresses)):
        raise Refused(400, "INVALID_EMAIL_ADDRESS", "One of the addresses is no mail address.")
    return Notify(how.notify, addresses)


def refuse_addresses(seen: Prospect, how: Notify) -> None:
    """Refuse addresses that may not be invited here.

    :raises Problem: domain_not_allowed
    """
    if not all(domain_allowed(seen.allowance, address) for address in how.notify_address):
        raise Problem("domain_not_allowed")


async def overwrite(
    call: Call, share: int, wanted: Wanted, role: Role | msgspec.UnsetType | None, mask: Kind, how: Notify
) -> shapes.Share:
    """Overwrite a share with what is asked for, tell its recipient if that is asked for, and return it."""
    await amend(call.core, call.actor, share, terms=wanted.terms(mask), role=role)
    if how.notify:
        await tell_again(call.core, call.actor, (share,), how.notify_address)
    return await _shown(call, share)


async def _shown(call: Call, share: int) -> shapes.Share:
    """Return a share of the caller's own by its number."""
    shown = (await several(call.core, call.actor, (share,))).get(share)
    if shown is None:  # ended by somebody else in this very moment
        raise Problem("conflict")
    return of_share(call, shown)
