"""The kinds of events that webhooks are told, and the rows of the outbox that stand for webhooks. Pure."""

from collections.abc import Iterable
from typing import Final

from commonhold.core.model import Event, Webhook
from commonhold.core.problems import Problem

KINDS: Final = (
    "content.put",
    "item.changed",
    "item.copied",
    "item.made",
    "item.moved",
    "item.purged",
    "item.renamed",
    "item.restored",
    "item.trashed",
    "share.asked",
    "share.changed",
    "share.made",
    "share.mailed",
    "share.opened",
    "share.withdrawn",
    "version.deleted",
    "version.restored",
)
"""What happens to items and shares; sessions, people and settings are no matter of webhooks."""

DELIVERY: Final = "webhook"  # one event for one webhook: ``principal`` is the webhook's number
LISTENER: Final = "webhook.place"  # how far the events were looked through for a webhook; never due, never done
DISABLED: Final = "webhook.disabled"  # what administrators are notified of
NEVER: Final = 253_402_300_799_999


def kinds_text(kinds: Iterable[str]) -> str:
    """Return kinds as a row keeps them.

    :raises Problem: invalid_field for one that webhooks are not told of
    """
    wanted = sorted(set(kinds))
    if not set(wanted) <= set(KINDS):
        raise Problem("invalid_field", field="kinds")
    return " ".join(wanted)


def wants(hook: Webhook, event: Event) -> bool:
    """Tell whether a webhook is to be told of an event of its organisation."""
    return hook.disabled_at is None and event.kind in (hook.kinds.split() or KINDS)
