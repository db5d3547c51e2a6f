"""What is written, in the transaction of its cause, so that somebody is told later: numbers only, never a text."""

from collections.abc import Iterator, Sequence
from typing import Final

from commonhold.core.changes import Change, Put
from commonhold.core.core import Placeholders
from commonhold.core.identity import Actor
from commonhold.core.model import Notification, Outbox, Share
from commonhold.core.roles import Kind

SHARE: Final = "share"  # a user or address got a share: mail, if settings want it
LINK: Final = "link"  # a link is mailed to an address
GROUP: Final = "group"  # members of a group are notified, in bounded batches


def share_told(
    number: Placeholders,
    now: int,
    actor: Actor,
    shares: Sequence[Share],
    *,
    addresses: Sequence[int] = (),
    event: int | None = None,
) -> Iterator[Change]:
    """Yield one notice for the recipient of new shares: all are of one recipient and one request.

    Users get a notification and, by setting, a mail; addresses a mail; groups are fanned out by the worker; a link is
    mailed to ``addresses`` (numbers of mail principals). Organisations and everyone are not told. ``event``: what a
    share that is there already is told for; then the notice is about this one share, whatever was made since.
    """
    share = shares[0]
    if share.kind is Kind.USER:
        yield Put(Notification(number(), share.recipient, SHARE, actor.user, share.no, share.item, len(shares), now))
        yield Put(Outbox(number(), SHARE, share.recipient, share.no, event, due_at=now))
    elif share.kind is Kind.MAIL:
        yield Put(Outbox(number(), SHARE, share.recipient, share.no, event, due_at=now))
    elif share.kind is Kind.GROUP:
        yield Put(Outbox(number(), GROUP, share.recipient, share.no, event, due_at=now))
    elif share.kind is Kind.LINK:
        for address in addresses:
            yield Put(Outbox(number(), LINK, address, share.no, event, due_at=now))
