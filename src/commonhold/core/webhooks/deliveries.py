"""What was sent to a webhook, for its administrators: the last deliveries, and one sent again."""

import msgspec

from commonhold.core.changes import Put
from commonhold.core.core import Core, Placeholders
from commonhold.core.directory.reading import After, Page, by_no, equal, one, page_of
from commonhold.core.identity import Actor
from commonhold.core.model import Event, Outbox
from commonhold.core.policy.allowed import ADMINISTRATION
from commonhold.core.policy.require import allow
from commonhold.core.problems import Problem
from commonhold.core.webhooks.kinds import DELIVERY
from commonhold.core.webhooks.managing import again_row, get_webhook


class Sent(msgspec.Struct, frozen=True):
    """The status of the last answer. Kept in the facts of the delivery's row."""

    status: int | None = None


class Delivery(msgspec.Struct, frozen=True):
    """One event for one webhook. ``state``: waiting, delivered, or given_up; ``failed``: why the last try did."""

    no: int
    event: int
    kind: str | None
    at: int | None  # of the event
    state: str
    tries: int
    status: int | None
    failed: str | None
    next_at: int | None
    done_at: int | None


def _delivery(row: Outbox, event: Event | None) -> Delivery:
    sent = msgspec.json.decode(row.facts, type=Sent)
    state = "waiting" if row.done_at is None else "given_up" if row.failed else "delivered"
    due = row.due_at if row.done_at is None else None
    kind, at = (event.kind, event.at) if event is not None else (None, None)
    return Delivery(row.no, row.event or 0, kind, at, state, row.tries, sent.status, row.failed, due, row.done_at)


async def list_deliveries(
    core: Core, actor: Actor, uid: str, *, after: After = None, limit: int = 50
) -> Page[Delivery]:
    """List the deliveries of a webhook, newest first; done ones are kept as long as the outbox keeps anything.

    :raises Problem: unknown_webhook, bad_cursor
    """
    hook, allowed = await get_webhook(core, actor, uid), allow(actor, ADMINISTRATION)
    where = equal(principal=hook.no, kind=DELIVERY)
    page = await page_of(core, allowed, Outbox, where, order=("-no",), after=after, limit=limit)
    events = await by_no(core, allowed, Event, tuple({row.event for row in page.rows if row.event is not None}))
    return Page(tuple(_delivery(row, events.get(row.event or 0)) for row in page.rows), page.next)


async def redeliver(core: Core, actor: Actor, uid: str, no: int) -> Delivery:
    """Have the worker tell an event once more, as a delivery of its own, with what holds then.

    :raises Problem: unknown_webhook, unknown_delivery
    """
    hook = await get_webhook(core, actor, uid)
    row = await one(core, Outbox, no=no, principal=hook.no, kind=DELIVERY)
    if row is None:
        raise Problem("unknown_delivery")
    again = again_row(Placeholders()(), row, core.clock())
    commit = await core.store.commit([Put(again)])
    again = msgspec.structs.replace(again, no=commit.no(again.no))
    return _delivery(again, await one(core, Event, no=row.event))
