"""Shares: proposed, found, changed and ended."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from commonhold.core.identity import RecordRef
from commonhold.core.model import LINK
from commonhold.core.problems import Problem
from commonhold.core.sharing import finding, managing
from commonhold.core.sharing.proposal import Asked, OnExisting, Proposal, Report
from commonhold.core.sharing.propose import propose
from commonhold.core.sharing.receipts import Receipt
from commonhold.faces.native.shares_shape import (
    ReceiptShape,
    ReportShape,
    ShareShape,
    TermsIn,
    numbered,
    receipt_shape,
    report_shape,
    share_shape,
)
from commonhold.faces.native.words import (
    Listing,
    Paging,
    RecipientIn,
    Ref,
    cursor,
    if_match,
    item_ref,
    number_of,
    recipient_ref,
    role_of,
    tagged,
)
from commonhold.http.bodies import json_of
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table("/api/v1")

RoleName = Annotated[str, Meta(max_length=64, description="viewer, previewer, uploader, editor, contributor, manager")]


class AskedIn(Struct, forbid_unknown_fields=True, frozen=True):
    """An item with a role of its own: ``item``, or the row of a collection by its ``key``, shared before or not."""

    item: Ref | None = None
    collection: Ref | None = None
    key: Ref | int | None = None
    role: RoleName | None = None


class ProposalIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Items × recipients, in one role, under terms.

    ``mode`` take ends the shares of each pair. ``on_existing`` says what happens to a share that is there already;
    ``atomic``: all pairs or none. ``mail_to``: addresses that get the link by mail.
    """

    items: tuple[Ref | AskedIn, ...]
    recipients: tuple[Ref | RecipientIn, ...]
    role: RoleName = "viewer"
    terms: TermsIn = TermsIn()
    mode: Literal["give", "take"] = "give"
    on_existing: Literal["add", "keep", "raise", "set", "replace"] = "set"
    atomic: bool = False
    notify: bool = True
    for_owner: bool = False
    confirm_members_update: bool = False
    mail_to: tuple[Ref, ...] = ()

    def proposal(self, now: int, *, dry_run: bool) -> Proposal:
        """Return it as the core has it.

        :raises Problem: unknown_role, bad_path, missing_field, and what odd terms are refused with
        """
        return Proposal(
            items=tuple(_asked(one) for one in self.items),
            recipients=tuple(recipient_ref(one) for one in self.recipients),
            role=role_of(self.role),
            terms=self.terms.terms(now),
            give=self.mode == "give",
            on_existing=OnExisting(self.on_existing),
            atomic=self.atomic,
            notify=self.notify,
            for_owner=self.for_owner,
            item_control=self.confirm_members_update,
            mail_to=self.mail_to,
            dry_run=dry_run,
        )

    def links(self) -> frozenset[int]:
        """Return the places of recipients that are links."""
        return frozenset(place for place, one in enumerate(self.recipients) if recipient_ref(one) == LINK)


class DryRun(Struct, forbid_unknown_fields=True, frozen=True):
    """``dry_run``: say what would happen, and do nothing."""

    dry_run: bool = False


class Direction(Paging, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Shares that one made, or that one received; ``everyone``: what is shared with everyone, too."""

    direction: Literal["made", "received"] = "made"
    everyone: bool = False


class Amendment(Struct, forbid_unknown_fields=True, frozen=True):
    """Another role, other terms; what is left out stays as it is."""

    role: RoleName | UnsetType = UNSET
    terms: TermsIn = TermsIn()


class Renewal(Struct, forbid_unknown_fields=True, frozen=True):
    """The new window; uses are counted from nought."""

    terms: TermsIn = TermsIn()


class Withdrawal(Struct, forbid_unknown_fields=True, frozen=True):
    """Shares to be ended; ``atomic``: all or none."""

    shares: tuple[Ref, ...]
    atomic: bool = False


def _asked(one: str | AskedIn) -> Asked:
    if isinstance(one, str):
        return Asked(item_ref(one, "items"))
    if one.item is not None and one.collection is None and one.key is None:
        return Asked(item_ref(one.item, "items"), role_of(one.role))
    if one.item is None and one.collection is not None and one.key is not None:
        return Asked(RecordRef(one.collection, str(one.key)), role_of(one.role))
    raise Problem("missing_field", field="items.item", reason="either item, or collection and key")


async def _share(call: Call, uid: str) -> ShareShape:
    shown = await finding.get_share(call.core, call.actor, uid)
    tagged(call, shown.share.version)
    return share_shape(call, shown)


async def share_again(call: Call) -> ShareShape:
    """Render the reply of a change of a share again: the share as it is now."""
    return await _share(call, call.params["share"])


async def _report_again(call: Call) -> ReportShape:
    """Render the report of a proposal again; links are those to which pairs of new shares belong."""
    report = await numbered(call, _kept_report(call))
    body = await json_of(call.request, ProposalIn)
    return await report_shape(call, report, body.links())


def _kept_report(call: Call) -> Report:
    return msgspec.json.decode(call.kept.report, type=Report)


async def _withdrawal_again(call: Call) -> ReportShape:
    return await report_shape(call, _kept_report(call))


@TABLE.route(
    "POST",
    "/shares",
    needs="right",
    again=_report_again,
    problems="unknown_item unknown_recipient unknown_role role_too_high self_share forbidden both_duration_and_end "
    "end_before_start end_in_past max_uses_too_low too_many_items too_many_recipients daily_limit",
)
async def share(call: Call, query: DryRun, body: ProposalIn) -> ReportShape:
    """Share items with recipients, or take them away; every pair is judged and reported for itself."""
    report = await propose(call.core, call.actor, body.proposal(call.core.clock(), dry_run=query.dry_run))
    return await report_shape(call, report, body.links())


@TABLE.route("GET", "/shares", needs="self", problems="unauthenticated bad_cursor")
async def shares(call: Call, query: Direction) -> Listing[ShareShape]:
    """List the live shares that one made, or that one received, newest first."""
    after = number_of(query.next)
    if query.direction == "made":
        return _listing(call, await finding.shares_by(call.core, call.actor, after, query.limit))
    page = await finding.shares_with(call.core, call.actor, after, query.limit, everyone=query.everyone)
    return _listing(call, page)


def _listing(call: Call, page: finding.Shares) -> Listing[ShareShape]:
    return Listing([share_shape(call, shown) for shown in page.shares], cursor(page.next))


@TABLE.route("GET", "/items/{item}/shares", needs="right", problems="unknown_item bad_cursor")
async def shares_on(call: Call, query: Paging) -> Listing[ShareShape]:
    """List the live shares on an item: all for those who manage it, else one's own."""
    after = number_of(query.next)
    return _listing(call, await finding.shares_on(call.core, call.actor, call.params["item"], after, query.limit))


@TABLE.route("GET", "/shares/{share}", needs="self", problems="unknown_share")
async def one_share(call: Call) -> ShareShape:
    """Return one share that the caller may know of."""
    return await _share(call, call.params["share"])


@TABLE.route(
    "PATCH",
    "/shares/{share}",
    needs="self",
    problems="unknown_share forbidden precondition_failed role_too_high unknown_role end_in_past end_before_start",
)
async def amend(call: Call, query: DryRun, body: Amendment) -> ShareShape:
    """Change role and terms of a share; what is left out stays."""
    role = UNSET if body.role is UNSET else role_of(body.role)
    done = await managing.amend(
        call.core,
        call.actor,
        call.params["share"],
        terms=body.terms.terms(call.core.clock()),
        role=role,
        if_version=if_match(call),
        dry_run=query.dry_run,
    )
    shown = await finding.get_share(call.core, call.actor, done.no)
    tagged(call, done.version)
    return share_shape(call, msgspec.structs.replace(shown, share=done) if query.dry_run else shown)


@TABLE.route("DELETE", "/shares/{share}", needs="self", problems="unknown_share forbidden")
async def withdraw_one(call: Call, query: DryRun) -> ReceiptShape:
    """End a share; the receipt counts what ended with it."""
    report = await managing.withdraw(call.core, call.actor, [call.params["share"]], dry_run=query.dry_run)
    await report_shape(call, report)
    return receipt_shape(report.receipt or Receipt(call.core.clock()))


@TABLE.route("POST", "/shares/withdraw", needs="self", again=_withdrawal_again, problems="unknown_share forbidden")
async def withdraw(call: Call, query: DryRun, body: Withdrawal) -> ReportShape:
    """End several shares; each is reported for itself."""
    report = await managing.withdraw(call.core, call.actor, body.shares, atomic=body.atomic, dry_run=query.dry_run)
    return await report_shape(call, report)


@TABLE.route("POST", "/shares/{share}/renew", needs="self", again=share_again, problems="unknown_share forbidden")
async def renew(call: Call, body: Renewal) -> ShareShape:
    """Give a share a new window and new uses."""
    await managing.renew(call.core, call.actor, call.params["share"], body.terms.terms(call.core.clock()))
    return await _share(call, call.params["share"])


@TABLE.route("POST", "/shares/{share}/secret", needs="self", again=share_again, problems="unknown_share forbidden")
async def new_secret(call: Call) -> ShareShape:
    """Give a link a new secret; the old one opens nothing from now on."""
    await managing.new_secret(call.core, call.actor, call.params["share"])
    return await _share(call, call.params["share"])
