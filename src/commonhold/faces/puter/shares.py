"""Shares that are there: on an item, by me, with me; taken back; and whom one takes no shares from."""

from collections.abc import Sequence
from typing import Any, Final

from commonhold.core.core import Core
from commonhold.core.directory.blocks import block, list_blocks, unblock
from commonhold.core.identity import Actor, Named, RecipientRef
from commonhold.core.model import EVERYONE
from commonhold.core.policy.audience import Reason
from commonhold.core.policy.snapshot import START, Place
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.details import details
from commonhold.core.sharing.finding import Answer, Shares, audience_of, shares_by, shares_with
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.proposal import Asked, Pair, Proposal
from commonhold.faces.puter.entries import mode_of, path_of, uid_of
from commonhold.faces.puter.items import Wanted, asking, refused
from commonhold.faces.puter.listing import cursor_of, place_of
from commonhold.faces.puter.places import ref_in
from commonhold.faces.puter.problems import FORM, ApiError, text_wanted
from commonhold.faces.puter.proposing import proposed
from commonhold.faces.puter.routes import Table
from commonhold.faces.puter.shown import row
from commonhold.faces.puter.values import Fields, Json, seconds, text_of
from commonhold.http.face import Call

TABLE = Table()

PAGE: Final = 50
LONGEST: Final = 200
ROUNDS: Final = 20  # pages of shares that are counted for ``total``


@TABLE.route("POST", "/share/revoke")
async def revoke(call: Call, body: Fields) -> Any:
    """Take shares back: of each item, whatever each recipient got of it directly; one may give up one's own."""
    call.request.scope[FORM] = "items"
    wanted = await asking(call, body, confirmed=False)
    also = _accounts(wanted)
    proposal = Proposal(
        items=tuple(Asked(item.ref) for item in wanted.items),
        recipients=(*wanted.recipients, *also.values()),
        give=False,
        dry_run=wanted.dry_run,
    )
    report = await proposed(call, proposal)
    ended = {(pair.recipient, pair.item): pair for pair in report.pairs}
    extra = {place: len(wanted.recipients) + at for at, place in enumerate(also)}
    results, revoked = [], 0
    for place in range(len(wanted.recipients)):
        for at in range(len(wanted.items)):
            pairs = [ended[place, at], *([ended[extra[place], at]] if place in extra else [])]
            revoked += sum(pair.count for pair in pairs if pair.refused is None)
            results.append(_revoked(wanted, pairs, place, at))
    bad = [one for one in results if one["status"] == "error"]
    word = "success" if not bad else "aborted" if len(bad) == len(results) else "mixed"
    return {"status": word, "revoked": revoked, "results": results}


def _accounts(wanted: Wanted) -> dict[int, RecipientRef]:
    """Return the accounts behind the addresses among the recipients, by their places: a share may be with either."""
    found = {place: wanted.sharer.recipient(named) for place, named in enumerate(wanted.recipients)}
    return {place: ref for place, ref in found.items() if isinstance(ref, int)}


def _revoked(wanted: Wanted, pairs: Sequence[Pair], place: int, at: int) -> dict[str, Json]:
    """Return the result of one recipient and item: done, if anything of it was."""
    done = next((pair for pair in pairs if pair.refused is None), None)
    if done is None:
        first = pairs[0]
        assert first.refused is not None  # noqa: S101 - nothing of it was done
        return refused(wanted, Pair(at, place), first.refused)
    path = wanted.items[at].path
    told = {"recipient": wanted.recipients[place].text, "status": "success"}
    return told if path is None else {**told, "path": path}


@TABLE.route("GET", "/share/shares")
async def shares(call: Call, _: Fields) -> Any:
    """List who can reach an item, for those who manage it: by shares on it, and on folders above."""
    query = call.request.query_params
    ref = await ref_in(call, {name: query[name] for name in ("path", "uid") if name in query})
    found: list[dict[str, Json]] = []
    after: Place | None = START
    while after is not None:
        answer, after = await audience_of(call.core, call.actor, ref, after, LONGEST)
        found += [_reached(call, answer, reason) for reason in answer.reasons if reason.by == "share"]
    seen = (await details(call.core, call.actor, (ref,))).items.get(ref)
    path = path_of(seen) if seen is not None else None
    return {"items": [{**one, "path": path} for one in found if one["mode"] is not None]}


def _reached(call: Call, answer: Answer, reason: Reason) -> dict[str, Json]:
    """Return a share as a row for the manager of its item."""
    share = answer.shares[reason.share or 0]
    item, names = answer.item, {no: profile.name for no, profile in answer.profiles.items()}
    place = answer.items.get(share.item)
    told: dict[str, Json] = {
        "uid": share.uid,
        "mode": mode_of(share.role),
        "name": item.name,
        "uid_entry": uid_of(item),
        "is_dir": item.kind == "folder",
        "issuer": names.get(share.made_by),
        "holder": names.get(share.recipient) if share.kind is not Kind.MAIL else None,
        "holder_kind": (share.kind.name or "user").lower(),
        "issued_by_app": None,
        "inherited_from": place.uid if place is not None and place.no != item.no else None,
        "created_at": seconds(share.made_at),
        "modified": seconds(item.changed_at),
        "size": item.size,
    }
    if share.kind is Kind.MAIL:
        told |= {"pending": True, "recipient_email": names.get(share.recipient)}
    if share.kind is Kind.LINK:
        told |= {"holder": None, "link": call.page("link", secret_of(call.core, share))}
    if share.kind is Kind.EVERYONE:
        told["holder"] = "everyone"
    return told


@TABLE.route("GET", "/share/shared-with-me")
async def shared_with_me(call: Call, _: Fields) -> Any:
    """List what was shared with the caller, newest first."""
    return await _page(call, shares_with, mine=False)


@TABLE.route("GET", "/share/shared-by-me")
async def shared_by_me(call: Call, _: Fields) -> Any:
    """List what the caller shares, newest first."""
    return await _page(call, shares_by, mine=True)


async def _page(call: Call, find: Any, *, mine: bool) -> dict[str, Json]:
    query = call.request.query_params
    after = _after(query.get("cursor"))
    page: Shares = await find(call.core, call.actor, after, _limit(query.get("limit")))
    rows = (row(shown, mine=mine) for shown in page.shares)
    told: dict[str, Json] = {"items": [one for one in rows if one["mode"] is not None]}
    if page.next is not None:
        told["cursor"] = cursor_of((page.next,))
    if query.get("includeTotal", "") in ("true", "1"):
        told["total"] = await _total(call.core, call.actor, find)
    return told


async def _total(core: Core, actor: Actor, find: Any) -> int:
    """Count shares, a bounded number of pages of them."""
    found, after = 0, None
    for _ in range(ROUNDS):
        page: Shares = await find(core, actor, after, LONGEST)
        found += len(page.shares)
        after = page.next
        if after is None:
            break
    return found


def _limit(text: str | None) -> int:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 10):
        return PAGE
    return max(1, min(int(text), LONGEST))


def _after(text: str | None) -> int | None:
    match place_of(text):
        case None:
            return None
        case (int(number),):
            return number
    raise Problem("bad_cursor", field="cursor")


@TABLE.route("GET", "/share/blocks")
async def blocks(call: Call, _: Fields) -> Any:
    """List whom the caller takes no shares from."""
    page = await list_blocks(call.core, call.actor)
    named = [{"username": one.name, "created_at": seconds(one.since)} for one in page.rows if one.no != EVERYONE]
    return {"all": any(one.no == EVERYONE for one in page.rows), "items": named}


@TABLE.route("POST", "/share/blocks")
async def add_block(call: Call, body: Fields) -> Any:
    """Take no shares from somebody, or from anybody."""
    return await _change(call, body, block)


@TABLE.route("DELETE", "/share/blocks")
async def drop_block(call: Call, body: Fields) -> Any:
    """Take shares from somebody, or from anybody, again."""
    query = call.request.query_params
    asked: Fields = body or {"username": query.get("username"), "all": query.get("all") == "true"}
    return await _change(call, asked, unblock)


async def _change(call: Call, body: Fields, verb: Any) -> Any:
    ref: RecipientRef = EVERYONE
    if body.get("all") is not True:
        name = text_of(body.get("username"))
        if name is None:
            raise text_wanted("username", body.get("username"))
        ref = Named(name, Kind.USER)
    try:
        await verb(call.core, call.actor, ref)
    except Problem as problem:
        if problem.code == "unknown_user":
            raise ApiError("user_does_not_exist", 404, "User does not exist.") from None
        if problem.code == "invalid_field":
            raise ApiError("cannot_block_self", 400, "You cannot block yourself.") from None
        raise
    return {}
