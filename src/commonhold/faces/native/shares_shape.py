"""What shares look like in the native API, and how terms and proposals are read."""

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from commonhold.core.model import LINK
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.finding import Shown, get_share
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.proposal import Did, Refusal, Report
from commonhold.core.sharing.receipts import Receipt
from commonhold.core.terms import Terms, refuse_odd
from commonhold.faces.native.items_shape import ItemBrief, brief
from commonhold.faces.native.words import (
    Count,
    KindWord,
    Life,
    Moment,
    Text,
    When,
    duration,
    kind_mask,
    kind_word,
    kinds_of,
    millis,
    moment,
    moment_or_none,
)
from commonhold.http.face import Call


class TermsIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Terms. What is left out stays as it is; null takes a term away. ``life`` is a duration instead of ``until``."""

    starts: When | UnsetType | None = UNSET
    until: When | UnsetType | None = UNSET
    life: Life | UnsetType | None = UNSET
    max_uses: Count | UnsetType | None = UNSET
    password: Text | UnsetType | None = UNSET
    pass_on_to: tuple[KindWord, ...] | UnsetType = UNSET
    note: Text | UnsetType | None = UNSET

    def terms(self, now: int) -> Terms:
        """Return them as the core has them.

        :raises Problem: both_duration_and_end, end_before_start, end_in_past, max_uses_too_low, invalid_field
        """
        if self.password == "":
            raise Problem("invalid_field", field="terms.password", reason="empty; null takes a password away")
        found = Terms(
            starts=millis(self.starts) if self.starts else _none(self.starts),
            until=millis(self.until) if self.until else _none(self.until),
            life=duration(self.life) if self.life else _none(self.life),
            max_uses=self.max_uses,
            password=self.password,
            mask=UNSET if self.pass_on_to is UNSET else kind_mask(self.pass_on_to),
            note=self.note,
        )
        refuse_odd(found, now)
        return found


def _none(given: Any) -> UnsetType | None:
    """Keep apart what was left out and what was taken away."""
    return None if given is None else UNSET


class LinkShape(Struct, frozen=True):
    """What opens a link: the secret, and the page for people."""

    secret: str
    url: str


class RecipientShape(Struct, frozen=True):
    """Somebody a share is with; links have no name."""

    kind: KindWord
    id: int
    uid: str | None
    name: str | None


class ShareShape(Struct, frozen=True):
    """A share. ``state`` is open, or says why it gives nothing now; ``link`` is for those who may change it."""

    uid: str
    id: int
    item: ItemBrief
    recipient: RecipientShape
    role: Role | None
    starts: Moment | None
    until: Moment | None
    max_uses: int | None
    used: int
    password: bool
    pass_on_to: tuple[KindWord, ...]
    note: str | None
    state: str
    sharer: str | None
    face: str
    made_at: Moment
    changed_at: Moment
    may_end: bool
    may_change: bool
    path: list[str]
    etag: str
    link: LinkShape | UnsetType = UNSET


class RefusalShape(Struct, frozen=True, omit_defaults=True):
    """Why one reference or pair was refused."""

    code: str
    detail: str
    field: str | None = None
    facts: dict[str, Any] = {}


class PairShape(Struct, frozen=True, omit_defaults=True):
    """What became of one item and one recipient, by their places in the proposal."""

    item: int
    recipient: int
    did: Did | None = None
    problem: RefusalShape | None = None
    role: Role | None = None
    until: Moment | None = None
    count: int = 1
    share: str | None = None
    id: int | None = None
    link: LinkShape | None = None


class ReceiptShape(Struct, frozen=True):
    """What a withdrawal ended: shares, shares passed on from them, passes of opened links, and log-ins by them."""

    at: Moment
    shares: int
    reshares: int
    passes: int
    sessions: int


class ReportShape(Struct, frozen=True):
    """What a proposal did, or in a dry run would do: per item, per recipient, and per pair; what it ended."""

    done: bool
    dry_run: bool
    items: list[RefusalShape | None]
    recipients: list[RefusalShape | None]
    pairs: list[PairShape]
    receipt: ReceiptShape | None = None


def share_shape(call: Call, shown: Shown) -> ShareShape:
    """Shape a share as its reader may see it."""
    share, to = shown.share, shown.recipient
    link = _link(call, shown) if share.kind is Kind.LINK and shown.changes else UNSET
    return ShareShape(
        uid=share.uid,
        id=share.no,
        item=brief(shown.item),
        recipient=RecipientShape(kind_word(share.kind), share.recipient, to.uid if to else None, _named(shown)),
        role=share.role,
        starts=moment_or_none(share.starts),
        until=moment_or_none(share.until),
        max_uses=share.max_uses,
        used=shown.used,
        password=share.password is not None,
        pass_on_to=kinds_of(share.mask),
        note=shown.note,
        state=shown.state,
        sharer=shown.sharer,
        face=share.face,
        made_at=moment(share.made_at),
        changed_at=moment(share.changed_at),
        may_end=shown.manages,
        may_change=shown.changes,
        path=list(shown.path),
        etag=f'"{share.version}"',
        link=link,
    )


def _named(shown: Shown) -> str | None:
    return None if shown.share.recipient == LINK else shown.name


def _link(call: Call, shown: Shown) -> LinkShape:
    secret = secret_of(call.core, shown.share)
    return LinkShape(secret, call.page("link", secret))


def refusal_shape(refused: Refusal | None) -> RefusalShape | None:
    """Shape a refusal."""
    if refused is None:
        return None
    facts = {name: value for name, value in refused.facts.items() if name != "field"}
    return RefusalShape(refused.code, refused.problem().sentence, refused.facts.get("field"), facts)


def receipt_shape(receipt: Receipt) -> ReceiptShape:
    """Shape a receipt."""
    return ReceiptShape(moment(receipt.at), receipt.shares, receipt.reshares, receipt.passes, receipt.sessions)


async def report_shape(call: Call, report: Report, links: frozenset[int] = frozenset()) -> ReportShape:
    """Shape a report; ``links``: the places of recipients that are links, whose secrets are told.

    :raises Problem: the first refusal, with all others as ``report``, if nothing at all was done
    """
    shape = ReportShape(
        report.done,
        report.dry_run,
        [refusal_shape(one) for one in report.items],
        [refusal_shape(one) for one in report.recipients],
        [
            PairShape(
                pair.item,
                pair.recipient,
                pair.did,
                refusal_shape(pair.refused),
                pair.role,
                moment_or_none(pair.until),
                pair.count,
                pair.share,
                pair.no,
                await _link_of(call, pair.share) if pair.recipient in links else None,
            )
            for pair in report.pairs
        ],
        receipt_shape(report.receipt) if report.receipt is not None else None,
    )
    refused = report.refused()
    if refused is not None and (not report.done or all(pair.refused for pair in report.pairs)):
        raise Problem(refused.code, **refused.facts, report=msgspec.to_builtins(shape))
    return shape


async def numbered(call: Call, report: Report) -> Report:
    """Return a report that was kept with the numbers of its shares: they were not known yet when it was written.

    A share that is over by now has none.
    """
    pairs = [
        msgspec.structs.replace(pair, no=shown.share.no if (shown := await _shown(call, pair.share)) else None)
        if pair.no is not None and pair.no < 0
        else pair
        for pair in report.pairs
    ]
    return msgspec.structs.replace(report, pairs=tuple(pairs))


async def _link_of(call: Call, share: str | None) -> LinkShape | None:
    shown = await _shown(call, share)
    return _link(call, shown) if shown and shown.changes else None


async def _shown(call: Call, share: str | None) -> Shown | None:
    """Return a share of a report, unless it is over by now."""
    if share is None:
        return None
    try:
        return await get_share(call.core, call.actor, share)
    except Problem as problem:
        if problem.code != "unknown_share":
            raise
        return None
