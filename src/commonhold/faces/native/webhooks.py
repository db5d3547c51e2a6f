"""Webhooks of organisations: registered, changed, removed; what was sent to them."""

from msgspec import Struct

from commonhold.core.model import Webhook
from commonhold.core.problems import Problem
from commonhold.core.webhooks import deliveries, managing
from commonhold.faces.native.words import (
    Label,
    Listing,
    Moment,
    Paging,
    Text,
    cursor,
    moment,
    moment_or_none,
    org_ref,
    place_of,
)
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table("/api/v1")


class NewWebhook(Struct, forbid_unknown_fields=True, frozen=True):
    """An address to be told. ``org``: one's own if left out; ``kinds``: of events, all of them if none is named."""

    url: Text
    kinds: tuple[Label, ...] = ()
    org: Label | None = None


class WebhookEdit(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change. ``enabled``: true begins again after too many failures, false pauses it."""

    url: Text | None = None
    kinds: tuple[Label, ...] | None = None
    enabled: bool | None = None


class OfOrg(Paging, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Of which organisation: one's own if left out."""

    org: Label | None = None


class WebhookShape(Struct, frozen=True):
    """A webhook; empty ``kinds`` are all of them. ``failing_since``: every try failed since then."""

    id: int
    uid: str
    org: int
    url: str
    kinds: list[str]
    made_by: int
    made_at: Moment
    enabled: bool
    failing_since: Moment | None
    disabled_at: Moment | None


class IssuedShape(Struct, frozen=True):
    """A webhook with the secret that its deliveries are signed with; it is told once."""

    webhook: WebhookShape
    secret: str


class DeliveryShape(Struct, frozen=True):
    """One event for one webhook. ``state``: waiting, delivered or given_up; ``failed``: why the last try did."""

    id: int
    event: int
    kind: str | None
    at: Moment | None
    state: str
    tries: int
    status: int | None
    failed: str | None
    next_at: Moment | None
    done_at: Moment | None


def _shape(hook: Webhook) -> WebhookShape:
    return WebhookShape(
        hook.no,
        hook.uid,
        hook.org,
        hook.url,
        hook.kinds.split(),
        hook.made_by,
        moment(hook.made_at),
        hook.disabled_at is None,
        moment_or_none(hook.failing_since),
        moment_or_none(hook.disabled_at),
    )


def _issued(found: managing.Issued) -> IssuedShape:
    return IssuedShape(_shape(found.webhook), found.secret)


def _delivery(one: deliveries.Delivery) -> DeliveryShape:
    return DeliveryShape(
        one.no,
        one.event,
        one.kind,
        moment_or_none(one.at),
        one.state,
        one.tries,
        one.status,
        one.failed,
        moment_or_none(one.next_at),
        moment_or_none(one.done_at),
    )


async def _added_again(call: Call) -> IssuedShape:
    return _issued(await managing.issued_again(call.core, call.actor, call.kept.made("webhook") or ""))


@TABLE.route("GET", "/webhooks", needs="administration", problems="unknown_org forbidden missing_field bad_cursor")
async def list_webhooks(call: Call, query: OfOrg) -> Listing[WebhookShape]:
    """List the webhooks of an organisation, never their secrets."""
    org = org_ref(query.org) if query.org is not None else None
    page = await managing.list_webhooks(call.core, call.actor, org, after=place_of(query.next), limit=query.limit)
    return Listing([_shape(one) for one in page.rows], cursor(page.next))


@TABLE.route(
    "POST",
    "/webhooks",
    needs="administration",
    status=201,
    again=_added_again,
    problems="bad_target invalid_field unknown_org forbidden missing_field too_many_webhooks",
)
async def add_webhook(call: Call, body: NewWebhook) -> IssuedShape:
    """Register an address that is told what happens in an organisation."""
    org = org_ref(body.org) if body.org is not None else None
    inside = call.settings.webhooks_inside
    return _issued(await managing.add_webhook(call.core, call.actor, body.url, body.kinds, org, inside=inside))


@TABLE.route("GET", "/webhooks/{webhook}", needs="administration", problems="unknown_webhook unauthenticated")
async def webhook(call: Call) -> WebhookShape:
    """Return a webhook."""
    return _shape(await managing.get_webhook(call.core, call.actor, call.params["webhook"]))


@TABLE.route(
    "PATCH", "/webhooks/{webhook}", needs="administration", problems="unknown_webhook bad_target invalid_field"
)
async def edit_webhook(call: Call, body: WebhookEdit) -> WebhookShape:
    """Change a webhook, pause it, or begin again."""
    change = managing.HookChange(url=body.url, kinds=body.kinds, enabled=body.enabled)
    inside = call.settings.webhooks_inside
    return _shape(await managing.change_webhook(call.core, call.actor, call.params["webhook"], change, inside=inside))


@TABLE.route("DELETE", "/webhooks/{webhook}", needs="administration", problems="unknown_webhook unauthenticated")
async def remove_webhook(call: Call) -> None:
    """Remove a webhook: what still waits for it is not told."""
    await managing.remove_webhook(call.core, call.actor, call.params["webhook"])


async def _secret_again(call: Call) -> IssuedShape:
    return _issued(await managing.issued_again(call.core, call.actor, call.params["webhook"]))


@TABLE.route(
    "POST", "/webhooks/{webhook}/secret", needs="administration", again=_secret_again, problems="unknown_webhook"
)
async def renew_webhook_secret(call: Call) -> IssuedShape:
    """Give a webhook a new secret: the old one signs nothing from now on."""
    return _issued(await managing.renew_secret(call.core, call.actor, call.params["webhook"]))


@TABLE.route("GET", "/webhooks/{webhook}/deliveries", needs="administration", problems="unknown_webhook bad_cursor")
async def list_deliveries(call: Call, query: Paging) -> Listing[DeliveryShape]:
    """List what was sent to a webhook and what waits, newest first."""
    page = await deliveries.list_deliveries(
        call.core, call.actor, call.params["webhook"], after=place_of(query.next), limit=query.limit
    )
    return Listing([_delivery(one) for one in page.rows], cursor(page.next))


async def _redeliver(call: Call) -> DeliveryShape:
    text = call.params["delivery"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Problem("unknown_delivery")
    return _delivery(await deliveries.redeliver(call.core, call.actor, call.params["webhook"], int(text)))


@TABLE.route(
    "POST",
    "/webhooks/{webhook}/deliveries/{delivery}/redeliver",
    needs="administration",
    status=201,
    again=_redeliver,
    problems="unknown_webhook unknown_delivery",
)
async def redeliver(call: Call) -> DeliveryShape:
    """Send an event to a webhook once more, as a delivery of its own."""
    return await _redeliver(call)
