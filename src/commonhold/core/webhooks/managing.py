"""Webhooks of an organisation: registered, changed, given a new secret, removed, by those who administer it."""

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from commonhold.core.changes import Drop, Set
from commonhold.core.core import Core, attempt
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.reading import After, Page, equal, every, one, page_of
from commonhold.core.directory.secret import Discreet
from commonhold.core.directory.standing import Standing, a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import Outbox, Webhook
from commonhold.core.policy.allowed import ADMINISTRATION
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind
from commonhold.core.webhooks.kinds import LISTENER, NEVER, kinds_text
from commonhold.core.webhooks.targets import refuse_target


class Issued(Discreet, frozen=True):
    """A webhook with its secret, told when it is made and when it gets a new one."""

    secrets: ClassVar = frozenset({"secret"})

    webhook: Webhook
    secret: str


class HookChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of a webhook; None stays. ``enabled``: begin again after it was disabled, or pause."""

    url: str | None = None
    kinds: Sequence[str] | None = None
    enabled: bool | None = None


def secret_of(core: Core, hook: Webhook) -> str:
    """Return what a webhook's deliveries are signed with: for whoever registers it, and for the worker."""
    return core.secrets.link(f"webhook:{hook.uid}:{hook.made_at}:{hook.generation}")


async def _org_in(core: Core, actor: Actor, org: RecipientRef | None) -> tuple[Standing, int]:
    """Return the organisation that is meant, the actor's own if none is named.

    :raises Problem: unknown_org, missing_field, forbidden unless he administers it
    """
    refs = () if org is None else (a(Kind.ORG, org),)
    standing = await stand(core, actor, *refs, scope=Action.MANAGE)
    no = standing.one(refs[0], Kind.ORG).no if refs else standing.org
    if no is None:
        standing.need_admin()
        raise Problem("missing_field", field="org")
    if standing.org != no:
        standing.need_admin()
    return standing, no


async def _mine(core: Core, actor: Actor, uid: str) -> tuple[Standing, Webhook]:
    """Return a webhook that the actor administers.

    :raises Problem: unknown_webhook, unauthenticated
    """
    standing = await stand(core, actor, scope=Action.MANAGE)
    hook = await one(core, Webhook, uid=uid)
    if hook is None or not (standing.admin or standing.org == hook.org):
        raise Problem("unknown_webhook")
    return standing, hook


async def add_webhook(
    core: Core, actor: Actor, url: str, kinds: Sequence[str] = (), org: RecipientRef | None = None, *, inside: bool
) -> Issued:
    """Register an address that is told what happens to the items and shares of an organisation from now on.

    ``kinds``: of events; all that there are if none is named. ``inside``: see ``refuse_target``.

    :raises Problem: bad_target, invalid_field, unknown_org, missing_field, forbidden, too_many_webhooks
    """
    refuse_target(url, inside=inside)
    text = kinds_text(kinds)
    _, no = await _org_in(core, actor, org)
    if len(await every(core, Webhook, org=no)) >= core.limits.webhooks:
        raise Problem("too_many_webhooks", limit=core.limits.webhooks)
    draft = Draft(core, actor)
    hook = Webhook(draft.no(), draft.uid(), no, url, text, actor.user or 0, draft.now)
    # The number of the listener is the place where listening begins: whatever has a higher one comes later.
    draft.put(hook, Outbox(draft.no(), LISTENER, hook.no, None, due_at=NEVER))
    draft.note("webhook.added", no)
    commit = await draft.commit()
    hook = msgspec.structs.replace(hook, no=commit.no(hook.no))
    return Issued(hook, secret_of(core, hook))


async def list_webhooks(
    core: Core, actor: Actor, org: RecipientRef | None = None, *, after: After = None, limit: int = 200
) -> Page[Webhook]:
    """List the webhooks of an organisation, never their secrets.

    :raises Problem: unknown_org, missing_field, forbidden
    """
    standing, no = await _org_in(core, actor, org)
    return await page_of(core, standing.allowed(ADMINISTRATION), Webhook, equal(org=no), after=after, limit=limit)


async def get_webhook(core: Core, actor: Actor, uid: str) -> Webhook:
    """Return one webhook.

    :raises Problem: unknown_webhook, unauthenticated
    """
    return (await _mine(core, actor, uid))[1]


async def issued_again(core: Core, actor: Actor, uid: str) -> Issued:
    """Return a webhook with its secret, to whoever repeats the request that made either.

    :raises Problem: unknown_webhook, unauthenticated
    """
    hook = await get_webhook(core, actor, uid)
    return Issued(hook, secret_of(core, hook))


async def change_webhook(core: Core, actor: Actor, uid: str, change: HookChange, *, inside: bool) -> Webhook:
    """Change where a webhook goes, what it is told, or whether it is told anything.

    :raises Problem: unknown_webhook, bad_target, invalid_field
    """
    values: dict[str, Any] = {}
    if change.url is not None:
        refuse_target(change.url, inside=inside)
        values["url"] = change.url
    if change.kinds is not None:
        values["kinds"] = kinds_text(change.kinds)
    if change.enabled is not None:
        values |= {"disabled_at": None if change.enabled else core.clock(), "failing_since": None}
    return await _set(core, actor, uid, values)


async def renew_secret(core: Core, actor: Actor, uid: str) -> Issued:
    """Give a webhook a new secret: the old one signs nothing from now on.

    :raises Problem: unknown_webhook
    """
    hook = await get_webhook(core, actor, uid)
    hook = await _set(core, actor, uid, {"generation": hook.generation + 1})
    return Issued(hook, secret_of(core, hook))


async def _set(core: Core, actor: Actor, uid: str, values: dict[str, Any]) -> Webhook:
    async def once() -> Webhook:
        _, hook = await _mine(core, actor, uid)
        if values:
            draft = Draft(core, actor)
            draft.add(Set(Webhook, (hook.no,), values))
            draft.note("webhook.changed", hook.org)
            await draft.commit()
        return msgspec.structs.replace(hook, **values)

    return await attempt(once)


async def remove_webhook(core: Core, actor: Actor, uid: str) -> None:
    """Remove a webhook: what still waits for it is not told.

    :raises Problem: unknown_webhook
    """
    _, hook = await _mine(core, actor, uid)
    listeners = await every(core, Outbox, principal=hook.no, kind=LISTENER)
    draft = Draft(core, actor)
    draft.add(Drop(Webhook, (hook.no,)), *(Drop(Outbox, (row.no,)) for row in listeners))
    draft.note("webhook.removed", hook.org)
    await draft.commit()


def again_row(number: int, row: Outbox, now: int) -> Outbox:
    """Return the row that has the worker tell an event to a webhook once more."""
    return Outbox(number, row.kind, row.principal, row.share, row.event, due_at=now)
