"""The rows of a share: made, changed and ended, with the small rows beside them. Pure but for uids and digests."""

from collections.abc import Sequence

import msgspec

from commonhold.core.changes import Change, Drop, Put, Set, Upsert
from commonhold.core.core import Core, Placeholders, happened
from commonhold.core.identity import Actor
from commonhold.core.model import LinkKey, Note, Share, Use
from commonhold.core.notices.changes import share_told
from commonhold.core.roles import ANY_KIND, Kind, Role
from commonhold.core.sharing.giving import Ground, Recipient, with_terms
from commonhold.core.sharing.links import key_of
from commonhold.core.sharing.proposal import Proposal
from commonhold.core.sharing.recipients import Recipients
from commonhold.core.terms import Terms


def new_share(
    core: Core,
    actor: Actor,
    proposal: Proposal,
    number: Placeholders,
    now: int,
    item: int,
    to: Recipient,
    ground: Ground,
    role: Role | None,
    password: str | None,
) -> Share:
    """Return the row of a new share. A manager's may be passed on to anybody unless its terms say otherwise."""
    no = number()
    share = Share(
        no=no,
        version=no,
        uid=proposal.uid or core.secrets.uid(),
        item=item,
        recipient=to.no,
        kind=to.kind,
        role=role,
        stands_on=ground.stands_on,
        made_by=actor.user or 0,
        face=actor.face,
        hangs_on=ground.hangs_on,
        acts_as=proposal.acts_as,
        reach=proposal.reach,
        mask=ANY_KIND if role is Role.MANAGER else Kind.NONE,
        item_control=proposal.item_control,
        made_at=now,
        changed_at=now,
    )
    return with_password(with_terms(share, proposal.terms, now), proposal.terms, password, now)


def with_password(share: Share, terms: Terms, hashed: str | None, now: int) -> Share:
    """Return a share with its password set or taken away; passes handed out under the old one are dead."""
    if terms.password is msgspec.UNSET:
        return share
    if not terms.password:
        return share if share.password is None else _restated(share, None, now)
    return _restated(share, hashed, now)


def _restated(share: Share, password: str | None, now: int) -> Share:
    return msgspec.structs.replace(share, password=password, state_at=max(now, share.state_at + 1))


def begin(
    core: Core,
    actor: Actor,
    changes: list[Change],
    people: Recipients,
    number: Placeholders,
    share: Share,
    to: Recipient,
    terms: Terms,
    now: int,
) -> None:
    """Add the rows of a new share: its recipient if new, itself, its note, and a link's key and uses."""
    if to.row is None:
        changes += people.rows(to, core.secrets.uid(), now)
    changes.append(Put(share))
    if isinstance(terms.note, str) and terms.note:
        changes.append(Put(Note(share.no, terms.note)))
    if share.kind is Kind.LINK:
        changes.append(Put(key_of(core, share)))
    changes.append(happened(number(), now, actor, "share.made", item=share.item, share=share.no, principal=to.no))


def change(changes: list[Change], number: Placeholders, old: Share, new: Share, terms: Terms, now: int) -> int:
    """Add what an amendment writes: the changed columns under a new version, which it returns, and the note."""
    before, after = msgspec.structs.asdict(old), msgspec.structs.asdict(new)
    values = {name: value for name, value in after.items() if value != before[name]}
    version = number()
    changes.append(Set(Share, (old.no,), {**values, "version": version, "changed_at": now}))
    if isinstance(terms.note, str) and terms.note:
        changes.append(Upsert(Note(old.no, terms.note)))
    elif terms.note is not msgspec.UNSET:
        changes.append(Drop(Note, (old.no,)))
    return version


def end(changes: list[Change], share: Share) -> None:
    """Add what withdrawing writes: the row goes to the past; what hangs on it dies with it and is swept later."""
    changes.append(Drop(Share, (share.no,)))
    changes.append(Drop(Note, (share.no,)))
    if share.kind is Kind.LINK:
        changes.append(Drop(LinkKey, (share.no,)))
    if share.kind is Kind.LINK or share.max_uses is not None:
        changes.append(Drop(Use, (share.no,)))


def tell(
    number: Placeholders,
    now: int,
    actor: Actor,
    new: dict[int, tuple[Share, ...]],
    addresses: Sequence[int],
    changes: list[Change],
) -> None:
    """Add one notice per recipient and request; it is sent off the way of the reply and can fail nothing."""
    for shares in new.values():
        changes += share_told(number, now, actor, shares, addresses=addresses)


def uses_from_nought(share: Share) -> Change:
    """Return the change that lets a share be used anew."""
    return Upsert(Use(share.no))
