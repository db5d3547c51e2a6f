"""One event for one webhook: what is said, decided and rendered when it is sent, and what becomes of it then."""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import msgspec

from commonhold.core.changes import Change, Put, Set
from commonhold.core.core import Core, Placeholders
from commonhold.core.directory.reading import every, one
from commonhold.core.directory.secret import Discreet
from commonhold.core.limits import DAY
from commonhold.core.model import Event, Item, Life, Notification, Outbox, Principal, Profile, Space, State, Webhook
from commonhold.core.notices.outbox import TRIES, settle, wait_after
from commonhold.core.roles import OrgRole
from commonhold.core.webhooks.kinds import DISABLED
from commonhold.core.webhooks.managing import secret_of

PATIENCE: Final = DAY // 2  # a webhook that failed so long without any success is disabled with what is given up
GONE: Final = 410


class Message(Discreet, frozen=True):
    """A request that is to be sent: ``signature`` covers ``at`` (seconds) and the body."""

    secrets: ClassVar = frozenset({"url", "body"})

    no: int
    url: str
    kind: str
    body: bytes
    signature: str


class Outcome(msgspec.Struct, frozen=True):
    """How a delivery went: the status of the answer, and why it counts as failed, in a word of ours; None: it went."""

    status: int | None = None
    reason: str | None = None


def signed(secret: str, at: int, body: bytes) -> str:
    """Return the value of ``Commonhold-Signature``; ``at`` in seconds."""
    text = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={text}"


async def message(core: Core, row: Outbox) -> Message | None:
    """Return what a row stands for, as things are now; None if the webhook is gone or disabled, or the event is."""
    hook = await one(core, Webhook, no=row.principal)
    event = await one(core, Event, no=row.event)
    if hook is None or event is None or hook.disabled_at is not None:
        return None
    org = await one(core, Principal, no=hook.org)
    body = msgspec.json.encode(
        {
            "delivery": row.no,
            "event": event.no,
            "kind": event.kind,
            "at": datetime.fromtimestamp(event.at / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "webhook": hook.uid,
            "org": org.uid if org is not None else None,
            "face": event.face,
            "actor": await _person(core, event.actor),
            "item": await _item(core, event.item, hook.org),
            "share": event.share,
            "recipient": event.principal,
            "facts": msgspec.Raw(event.facts.encode()),
        }
    )
    return Message(row.no, hook.url, event.kind, body, signed(secret_of(core, hook), core.clock() // 1000, body))


async def _person(core: Core, no: int | None) -> dict[str, Any] | None:
    if no is None:
        return None
    profile = await one(core, Profile, no=no)
    return {"id": no, "name": profile.name if profile is not None else None}


async def _item(core: Core, no: int | None, org: int) -> dict[str, Any] | None:
    """Describe an item: of one that is deleted or went to another organisation there is the number alone."""
    if no is None:
        return None
    item = await one(core, Item, no=no)
    space = await one(core, Space, no=item.space) if item is not None else None
    if item is None or space is None or space.org != org or item.life is Life.DELETED:
        return {"id": no, "uid": None, "kind": None, "name": None}
    return {"id": no, "uid": item.uid, "kind": item.kind, "name": item.name}


async def settle_delivery(core: Core, row: Outbox, outcome: Outcome) -> bool:
    """Note how a delivery went, and what that means for its webhook; tell whether it will be tried again."""
    now, tries = core.clock(), row.tries + 1
    hook = await one(core, Webhook, no=row.principal)
    values: dict[str, Any] = {"tries": tries, "failed": outcome.reason, "lease": 0}
    values["facts"] = msgspec.json.encode({"status": outcome.status}).decode()
    if outcome.reason is None:
        heals = hook is not None and hook.failing_since is not None
        more = [Set(Webhook, (hook.no,), {"failing_since": None})] if heals and hook is not None else []
        await settle(core, row, {**values, "done_at": now}, more)
        return False
    over = tries >= TRIES or outcome.status == GONE
    values["due_at"] = now + wait_after(tries)
    more_changes = await _failing(core, hook, now, over=over, gone=outcome.status == GONE) if hook is not None else []
    await settle(core, row, {**values, "done_at": now} if over else values, more_changes)
    return not over


async def dropped(core: Core, row: Outbox) -> None:
    """Note that a delivery has nobody to go to any more."""
    await settle(core, row, {"done_at": core.clock(), "failed": "dropped"})


async def _failing(core: Core, hook: Webhook, now: int, *, over: bool, gone: bool) -> list[Change]:
    """Return what a failure writes about the webhook: since when it fails; its end, and whoever is told of that."""
    since = hook.failing_since if hook.failing_since is not None else now
    if hook.disabled_at is None and (gone or (over and now - since >= PATIENCE)):
        number = Placeholders()
        people = await every(core, Principal, org=hook.org, org_role=OrgRole.ADMINISTRATOR)
        told = {row.no for row in people if row.state is State.ACTIVE} | ({hook.made_by} if hook.made_by else set())
        notices = [Put(Notification(number(), no, DISABLED, None, None, None, at=now)) for no in sorted(told)]
        return [Set(Webhook, (hook.no,), {"failing_since": since, "disabled_at": now}), *notices]
    return [] if hook.failing_since is not None else [Set(Webhook, (hook.no,), {"failing_since": now})]
