"""``propose``: items × recipients in one reading and one transaction, reported for each reference and each pair."""

from collections.abc import Sequence

import msgspec

from commonhold.core.changes import Change, Commit, Guard, Put, ShareIs
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, ItemRef, Named
from commonhold.core.model import Share, Use
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.records.items import adopt, first_free
from commonhold.core.roles import Action, Kind, Role
from commonhold.core.sharing import giving, rows, taking
from commonhold.core.sharing.proposal import Asked, Did, OnExisting, Pair, Proposal, Refusal, Report, refusal
from commonhold.core.sharing.quota import charge_day
from commonhold.core.sharing.receipts import receipted
from commonhold.core.sharing.recipients import Recipients
from commonhold.core.terms import Terms


class Draft(msgspec.Struct):
    """What one attempt gathers: changes, guards, and the outcome of each distinct pair."""

    judge: Judge
    people: Recipients
    number: Placeholders
    changes: list[Change] = []
    guards: list[Guard] = []
    new: dict[int, tuple[Share, ...]] = {}  # recipient → new shares, for telling him once
    gone: set[int] = set()


async def propose(core: Core, actor: Actor, proposal: Proposal) -> Report:
    """Share items with recipients, or take them away, as the proposal says.

    Every reference and pair is judged by the same look; all good pairs are committed together (none, if ``atomic``
    and one is refused, or on a dry run). Duplicates are judged once and reported at each place.

    :raises Problem: for the proposal as a whole: too_many_items, too_many_recipients, daily_limit, unauthenticated,
        domain_not_allowed (``mail_to``)
    """
    return (await propose_all(core, actor, (proposal,)))[0]


async def propose_all(core: Core, actor: Actor, proposals: Sequence[Proposal]) -> tuple[Report, ...]:
    """Do several proposals in one reading and one transaction: all of them, or none if an atomic one is refused.

    Of several, nobody is told.

    :raises Problem: as ``propose``; not_unique for a uid that a share has already
    """
    for proposal in proposals:
        _refuse_shape(core, actor, proposal)
    _refuse_many(core, proposals)
    passwords = [await _hashed(core, proposal) for proposal in proposals]

    async def once() -> tuple[Report, ...]:
        draft = _draft(await judge(core, _look(actor, proposals)))
        for one in proposals:
            giving.refuse_addresses(draft.judge, actor, one.mail_to, "mail_to")
        pairs = zip(proposals, passwords, strict=True)
        reports = tuple(_judge_all(core, actor, proposal, draft, password) for proposal, password in pairs)
        done = all(report.done for report in reports)
        cut = await receipted(core, draft.changes, draft.judge.now) if done else None
        if cut is not None and cut.shares and len(reports) == 1:
            reports = (msgspec.structs.replace(reports[0], receipt=cut),)
        made = sum(map(_made, reports))
        if not done or any(proposal.dry_run for proposal in proposals) or not draft.changes:
            await charge_day(core, actor, made, draft.changes if done else [])
            return reports if done else tuple(map(_undone, reports))
        told = len(proposals) == 1 and proposals[0].notify
        await charge_day(core, actor, made, draft.changes, len(set(proposals[0].mail_to)) if told else 0)
        if told:
            _tell(core, actor, proposals[0], draft)
        core.keep(reports[0] if len(reports) == 1 else reports)
        commit = await core.store.commit(draft.changes, draft.guards)
        return tuple(_numbered(report, commit) for report in reports)

    return await attempt(once)


def _look(actor: Actor, proposals: Sequence[Proposal]) -> Look:
    return Look(
        actor,
        items=tuple(dict.fromkeys(asked.item for one in proposals for asked in one.items)),
        recipients=tuple(dict.fromkeys(ref for one in proposals for ref in (*one.recipients, *_addresses(one)))),
        shares=tuple(one.uid for one in proposals if one.uid is not None),
        unborn=any(one.give for one in proposals),
    )


async def _hashed(core: Core, proposal: Proposal) -> str | None:
    password = proposal.terms.password
    if not isinstance(password, str) or not password or proposal.dry_run:
        return None
    return await core.hasher.hash(password)


def _undone(report: Report) -> Report:
    """Return the report of a batch of which nothing was done: no share has a name."""
    pairs = tuple(msgspec.structs.replace(pair, share=None, no=None) for pair in report.pairs)
    return msgspec.structs.replace(report, pairs=pairs, done=False)


def _numbered(report: Report, commit: Commit) -> Report:
    """Return a report with the numbers that the commit gave."""
    pairs = tuple(
        msgspec.structs.replace(pair, no=commit.no(pair.no)) if pair.no is not None else pair for pair in report.pairs
    )
    return msgspec.structs.replace(report, pairs=pairs, revision=commit.revision)


def _addresses(proposal: Proposal) -> tuple[Named, ...]:
    return tuple(Named(address, Kind.MAIL) for address in proposal.mail_to)


def _tell(core: Core, actor: Actor, proposal: Proposal, draft: Draft) -> None:
    """Add the notices; addresses that a link is mailed to become principals, as they can be erased there."""
    addresses: dict[int, None] = {}
    for named in _addresses(proposal):
        if draft.people.refused(named) is None:
            to = draft.people.found(named)
            draft.changes += draft.people.rows(to, core.secrets.uid(), draft.judge.now)
            addresses[to.no] = None
    rows.tell(draft.number, draft.judge.now, actor, draft.new, tuple(addresses), draft.changes)


def _draft(judged: Judge) -> Draft:
    number = Placeholders(first_free(judged.snapshot))
    return Draft(judged, Recipients(judged.snapshot, number), number)


def _made(report: Report) -> int:
    return sum(pair.did in (Did.CREATED, Did.PENDING) for pair in report.pairs)


def _refuse_shape(core: Core, actor: Actor, proposal: Proposal) -> None:
    """Refuse what is too large to look at, before anything is read."""
    limits = core.limits
    if actor.user is None:
        raise Problem("unauthenticated")
    if not proposal.items:
        raise Problem("missing_field", field="items")
    if not proposal.recipients:
        raise Problem("missing_field", field="recipients")
    if len(proposal.items) > limits.items:
        raise Problem("too_many_items", field="items", limit=limits.items)
    if len(proposal.recipients) > limits.recipients:
        raise Problem("too_many_recipients", field="recipients", limit=limits.recipients)
    if len(proposal.mail_to) > limits.recipients:
        raise Problem("too_many_recipients", field="mail_to", limit=limits.recipients)
    if len(proposal.items) * len(proposal.recipients) > limits.pairs:
        raise Problem("too_many_items", field="items", limit=limits.pairs)
    note = proposal.terms.note
    if isinstance(note, str) and len(note) > limits.note_chars:
        raise Problem("value_too_long", field="note", limit=limits.note_chars)


def _refuse_many(core: Core, proposals: Sequence[Proposal]) -> None:
    """Refuse more than one transaction should do, and a uid that is given twice."""
    pairs = sum(len(one.items) * len(one.recipients) for one in proposals)
    if pairs > core.limits.pairs:
        raise Problem("too_many_items", field="items", limit=core.limits.pairs)
    uids = [one.uid for one in proposals if one.uid is not None]
    if len(set(uids)) < len(uids):
        raise Problem("not_unique", field="uid")


def _judge_all(core: Core, actor: Actor, proposal: Proposal, draft: Draft, password: str | None) -> Report:
    """Judge references, then pairs, each distinct one once, however often and by whatever reference it is named."""
    proposal = _one_role_each(proposal, draft.judge)
    items = tuple(_item_refused(draft.judge, actor, asked) for asked in proposal.items)
    recipients = tuple(draft.people.refused(ref) for ref in proposal.recipients)
    judged: dict[tuple[int, int, int | None], Pair] = {}
    pairs = []
    for to, ref in enumerate(proposal.recipients):
        for at, asked in enumerate(proposal.items):
            refused = items[at] or recipients[to]
            if refused is not None:
                pairs.append(Pair(at, to, refused=refused))
                continue
            found = draft.people.found(ref)
            item = draft.judge.snapshot.found_items[asked.item]
            key = (item, found.no, to if found.kind is Kind.LINK else None)
            if key not in judged:
                judged[key] = _judge_pair(core, actor, proposal, draft, at, to, password)
            pairs.append(msgspec.structs.replace(judged[key], item=at, recipient=to))
    bad = any(items) or any(recipients) or any(pair.refused for pair in pairs)
    done = not (proposal.atomic and bad)
    if not done or proposal.dry_run:
        pairs = [msgspec.structs.replace(pair, share=None, no=None) for pair in pairs]
    return Report(items, recipients, tuple(pairs), proposal.dry_run, done, draft.judge.snapshot.revision)


def _one_role_each(proposal: Proposal, judged: Judge) -> Proposal:
    """Give an item that is named more than once the same role everywhere: the widest, where roles are only raised."""
    roles: dict[int | ItemRef, Role | None] = {}
    places = [judged.snapshot.found_items.get(asked.item, asked.item) for asked in proposal.items]
    for place, asked in zip(places, proposal.items, strict=True):
        role = asked.role or proposal.role
        if place in roles and proposal.on_existing is OnExisting.RAISE:
            role = giving.wider(roles[place], role)
        roles[place] = role
    if len(roles) == len(places):
        return proposal
    items = (
        msgspec.structs.replace(asked, role=roles[place]) for place, asked in zip(places, proposal.items, strict=True)
    )
    return msgspec.structs.replace(proposal, items=tuple(items))


def _item_refused(judged: Judge, actor: Actor, asked: Asked) -> Refusal | None:
    """Refuse an item that the actor cannot see, in the same words as one that does not exist."""
    no = judged.snapshot.found_items.get(asked.item)
    if no is None or not judged.right(actor, no).actions & ~Action.CREATE:
        return Refusal("unknown_item", {"field": "items"})
    if asked.kinds and judged.snapshot.items[no].kind not in asked.kinds:
        return Refusal("unknown_item", {"field": "items"})
    return None


def _judge_pair(
    core: Core, actor: Actor, proposal: Proposal, draft: Draft, at: int, to: int, password: str | None
) -> Pair:
    item = draft.judge.snapshot.found_items[proposal.items[at].item]
    recipient = draft.people.found(proposal.recipients[to])
    try:
        if not proposal.give:
            return taking.take(draft.judge, actor, item, recipient, at, to, draft.changes, draft.gone, draft.number)
        return _give(core, actor, proposal, draft, at, to, item, recipient, password)
    except Problem as problem:
        return Pair(at, to, refused=refusal(problem))


def _give(
    core: Core,
    actor: Actor,
    proposal: Proposal,
    draft: Draft,
    at: int,
    to: int,
    item: int,
    recipient: giving.Recipient,
    password: str | None,
) -> Pair:
    """Judge one pair and add what it changes to the draft."""
    judged, terms = draft.judge, proposal.terms
    asked = proposal.items[at]
    role = asked.role or proposal.role
    ground = giving.ground_of(judged, actor, item, recipient.kind, role, proposal)
    giving.refuse_recipient(judged, actor, item, recipient, proposal)
    old = None if recipient.kind is Kind.LINK else giving.existing(judged, item, recipient.no, ground.stands_on)
    if old is not None and proposal.on_existing is not OnExisting.REPLACE and not giving.over(judged, old):
        return _amend(actor, proposal, draft, at, to, old, password)
    if old is not None:
        rows.end(draft.changes, old)
        draft.guards.append(ShareIs(old.no, old.version))
    if proposal.uid is not None and proposal.uid in judged.snapshot.found_shares:
        raise Problem("not_unique", field="uid", value=proposal.uid)
    share = rows.new_share(core, actor, proposal, draft.number, judged.now, item, recipient, ground, role, password)
    giving.refuse_terms(judged, actor, recipient.kind, terms, share.until, judged.now)
    if ground.hangs_on is not None:
        draft.guards.append(ShareIs(ground.hangs_on, judged.snapshot.shares[ground.hangs_on].version))
    adopt(judged.snapshot, actor, item, core.secrets, judged.now, draft.changes, draft.guards)
    rows.begin(core, actor, draft.changes, draft.people, draft.number, share, recipient, terms, judged.now)
    if proposal.used:
        draft.changes.append(Put(Use(share.no, proposal.used)))
    draft.new[recipient.no] = (*draft.new.get(recipient.no, ()), share)
    did = Did.PENDING if recipient.kind is Kind.MAIL and not draft.people.claimed(recipient) else Did.CREATED
    return Pair(at, to, did, role=giving.shown_role(share), until=share.until, share=share.uid, no=share.no)


def _amend(actor: Actor, proposal: Proposal, draft: Draft, at: int, to: int, old: Share, password: str | None) -> Pair:
    """Change the share that is there already, as ``on_existing`` says."""
    judged, terms = draft.judge, proposal.terms
    role = proposal.items[at].role or proposal.role
    new = giving.amended(old, proposal, role, terms, judged.now)
    if proposal.on_existing is not OnExisting.KEEP:
        new = rows.with_password(new, terms, password, judged.now)
    did = Did.KEPT
    if proposal.on_existing is not OnExisting.KEEP and (new != old or isinstance(terms.note, str)):
        giving.refuse_terms(judged, actor, old.kind, _kept(old, terms), new.until, old.made_at)
        rows.change(draft.changes, draft.number, old, new, terms, judged.now)
        draft.changes.append(happened(draft.number(), judged.now, actor, "share.changed", item=old.item, share=old.no))
        draft.guards.append(ShareIs(old.no, old.version))
        did = Did.CHANGED
    return Pair(at, to, did, role=giving.shown_role(new), until=new.until, share=old.uid, no=old.no)


def _kept(old: Share, terms: Terms) -> Terms:
    """Name the password that a share has already, so that a needed one counts as given."""
    if old.password is not None and terms.password is msgspec.UNSET:
        return msgspec.structs.replace(terms, password="(kept)")  # noqa: S106 - a mark, not a secret
    return terms
