"""Personal tokens, and what somebody has handed out: listed, and ended one by one."""

from collections.abc import Iterable
from typing import Final

import msgspec

from commonhold.core.changes import Drop
from commonhold.core.core import Core, attempt
from commonhold.core.directory.credentials import Issued, issue
from commonhold.core.directory.digests import digest
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.names import part_of_name
from commonhold.core.directory.passwords import state_of
from commonhold.core.directory.reading import After, Page, equal, every, one, page_of
from commonhold.core.directory.standing import a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import Credential, CredentialKind, State
from commonhold.core.policy.allowed import SELF
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind

LEAST, MOST = 12, 255  # characters of a token that somebody chose
LISTED: Final = (CredentialKind.SESSION, CredentialKind.TOKEN, CredentialKind.REFRESH)


class CredentialInfo(msgspec.Struct, frozen=True):
    """A credential as its owner sees it in a list: never its secret."""

    no: int
    uid: str
    kind: CredentialKind
    label: str | None
    actions: Action
    made_at: int
    until: int | None
    current: bool  # the one that this request came with


async def create_token(
    core: Core,
    actor: Actor,
    user: RecipientRef | None = None,
    *,
    label: str | None = None,
    actions: Action | None = None,
    until: int | None = None,
) -> Issued:
    """Create a personal token for oneself, or for a user as an administrator of the installation.

    Its scope (``actions``, else the caller's own) is never wider than that of the credential the caller came with.

    :raises Problem: unknown_user, forbidden, end_in_past, name_too_long, name_forbidden
    """
    ref = a(Kind.USER, user if user is not None else actor.user or 0)
    label = part_of_name(label, "label")
    if label is not None and len(label) > core.limits.label_chars:
        raise Problem("invalid_field", field="label", limit=core.limits.label_chars)
    scope = actor.actions if actions is None else actions
    if scope & ~actor.actions:
        raise Problem("forbidden", field="actions")
    if until is not None and until <= core.clock():
        raise Problem("end_in_past", field="until")
    standing = await stand(core, actor, ref, scope=Action.MANAGE)
    person = standing.one(ref, Kind.USER)
    if not standing.is_self(person):
        standing.need_admin()
    if person.state is not State.ACTIVE:
        raise Problem("account_inactive")
    draft = Draft(core, actor)
    issued = issue(
        core,
        draft,
        CredentialKind.TOKEN,
        person.no,
        life=core.limits.token_life,
        until=until,
        state_at=await state_of(core, person.no),
        actions=scope,
        label=label,
    )
    draft.note("token.created", person.no)
    return issued.numbered(await draft.commit())


async def refuse_token(core: Core, secret: str, of: tuple[int, str] | None = None) -> None:
    """Refuse a token that somebody chose: too short, too long, or one that another has than ``of``, a user and label.

    :raises Problem: invalid_field, not_unique
    """
    if not LEAST <= len(secret) <= MOST:
        raise Problem("invalid_field", field="token")
    known = await one(core, Credential, digest=digest(secret))
    if known is not None and (known.principal, known.label) != of:
        raise Problem("not_unique", field="token")


async def set_token(core: Core, actor: Actor, user: RecipientRef, secret: str | None, label: str) -> None:
    """Give a user one token of this label that an administrator has chosen, instead of the one before; None: none.

    :raises Problem: unknown_user, forbidden, not_unique for one that somebody has, invalid_field for a short one
    """
    ref = a(Kind.USER, user)

    async def once() -> None:
        standing = await stand(core, actor, ref, scope=Action.MANAGE)
        person = standing.one(ref, Kind.USER)
        standing.need_admin()
        draft = Draft(core, actor)
        for row in await every(core, Credential, principal=person.no):
            if row.kind is CredentialKind.TOKEN and row.label == label:
                draft.add(Drop(Credential, (row.no,)))
        if secret is not None:
            await refuse_token(core, secret, (person.no, label))
            state = await state_of(core, person.no)
            issue(core, draft, CredentialKind.TOKEN, person.no, secret=secret, state_at=state, label=label)
        draft.note("token.created" if secret is not None else "token.ended", person.no)
        await draft.commit()

    await attempt(once)


async def list_credentials(
    core: Core, actor: Actor, user: RecipientRef | None = None, *, after: After = None, limit: int = 200
) -> Page[CredentialInfo]:
    """List the sessions and tokens of oneself, or of a user whom the actor administers; expired ones too.

    :raises Problem: unknown_user, forbidden
    """
    ref = a(Kind.USER, user if user is not None else actor.user or 0)
    standing = await stand(core, actor, ref)
    person = standing.one(ref, Kind.USER)
    standing.need_over(person, or_self=True)
    where = equal(principal=person.no)
    page = await page_of(core, standing.allowed(SELF), Credential, where, after=after, limit=limit)
    return Page(tuple(_shown(page.rows, actor)), page.next)


def _shown(rows: Iterable[Credential], actor: Actor) -> Iterable[CredentialInfo]:
    for row in rows:
        if row.kind in LISTED:
            current = row.no == actor.credential
            yield CredentialInfo(row.no, row.uid, row.kind, row.label, row.actions, row.made_at, row.until, current)


async def end_credential(core: Core, actor: Actor, which: int | str) -> None:
    """End one session or token, by its number or uid: one's own, or of a user whom the actor administers.

    :raises Problem: not_found, for what is not the actor's to end too
    """
    standing = await stand(core, actor, scope=Action.MANAGE)
    key = {"no": which} if isinstance(which, int) else {"uid": which}
    row = await one(core, Credential, **key)
    if row is None or row.kind not in LISTED or row.principal is None:
        raise Problem("not_found")
    standing = await stand(core, actor, row.principal, scope=Action.MANAGE)
    person = standing.seen.principals.get(row.principal)
    if person is None or not (standing.is_self(person) or standing.over(person)):
        raise Problem("not_found")
    draft = Draft(core, actor)
    draft.add(Drop(Credential, (row.no,)))
    draft.note("token.ended" if row.kind is CredentialKind.TOKEN else "session.ended", person.no)
    await draft.commit()
