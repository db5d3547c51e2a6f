"""Allowances: what persons, organisations and everyone may do at all; read at every decision."""

import json
from collections.abc import Mapping, Sequence

import msgspec

from commonhold.core.changes import Drop, Upsert
from commonhold.core.core import Core
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.reading import by_no, every, one
from commonhold.core.directory.standing import Standing, a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import EVERYONE, Allowance, Principal
from commonhold.core.policy.allowances import allowance_of
from commonhold.core.policy.allowed import ADMINISTRATION
from commonhold.core.ports import LONGEST_PAGE
from commonhold.core.problems import Problem
from commonhold.core.roles import ANY_KIND, Action, Kind

HOLDERS = (Kind.USER, Kind.ORG)


def _holder(standing: Standing, ref: RecipientRef) -> int:
    """Return whose allowance is meant, if the actor may decide on it.

    :raises Problem: unknown_user, forbidden
    """
    no = standing.seen.found_recipients.get(ref)
    if no == EVERYONE:
        standing.need_admin()
        return EVERYONE
    row = standing.seen.principals.get(no) if no is not None else None
    if row is None or row.kind not in HOLDERS or row.no not in standing.seen.profiles:
        raise Problem("unknown_user")
    _need_over(standing, row)
    return row.no


def _need_over(standing: Standing, row: Principal) -> None:
    if row.kind is Kind.ORG and standing.org == row.no:
        return
    standing.need_over(row)


async def get_allowance(core: Core, actor: Actor, holder: RecipientRef) -> Allowance | None:
    """Return the row of a user, an organisation or ``EVERYONE``, for whoever may change it; None: nothing is set.

    :raises Problem: unknown_user, forbidden
    """
    standing = await stand(core, actor, holder)
    return await one(core, Allowance, no=_holder(standing, holder))


async def set_allowance(core: Core, actor: Actor, holder: RecipientRef, allowance: Allowance) -> Allowance:
    """Set what a user, an organisation or ``EVERYONE`` may do at all; the narrowest of all that apply counts.

    :raises Problem: unknown_user, forbidden, invalid_field
    """
    _refuse_odd(allowance)
    standing = await stand(core, actor, holder, scope=Action.MANAGE)
    no = _holder(standing, holder)
    row = msgspec.structs.replace(allowance, no=no)
    draft = Draft(core, actor)
    draft.add(Upsert(row))
    draft.note("allowance.set", no)
    await draft.commit()
    return row


async def drop_allowance(core: Core, actor: Actor, holder: RecipientRef) -> None:
    """Take the limits of a user, an organisation or ``EVERYONE`` away.

    :raises Problem: unknown_user, forbidden
    """
    standing = await stand(core, actor, holder, scope=Action.MANAGE)
    no = _holder(standing, holder)
    draft = Draft(core, actor)
    draft.add(Drop(Allowance, (no,)))
    draft.note("allowance.dropped", no)
    await draft.commit()


async def effective_allowance(core: Core, actor: Actor, user: RecipientRef | None = None) -> Allowance:
    """Return what a person may do at all now: oneself, or somebody whom the actor administers.

    :raises Problem: unknown_user, forbidden
    """
    ref = a(Kind.USER, user if user is not None else actor.user or 0)
    standing = await stand(core, actor, ref)
    person = standing.one(ref, Kind.USER)
    standing.need_over(person, or_self=True)
    his = await stand(core, actor, subjects=(person.no,))
    return msgspec.structs.replace(allowance_of(his.seen, person.no), no=person.no)


async def list_allowances(core: Core, actor: Actor) -> tuple[tuple[Principal, Allowance], ...]:
    """Return every allowance that is set, with its holder, for administrators of the installation.

    :raises Problem: forbidden
    """
    standing = await stand(core, actor)
    standing.need_admin()
    rows = await every(core, Allowance)
    found: dict[int, Principal] = {}
    for at in range(0, len(rows), LONGEST_PAGE):
        numbers = tuple(row.no for row in rows[at : at + LONGEST_PAGE])
        found |= await by_no(core, standing.allowed(ADMINISTRATION), Principal, numbers)
    return tuple((found[row.no], row) for row in rows if row.no in found)


async def limit_kinds(core: Core, actor: Actor, kinds: Mapping[int, Kind], *, only: bool = False) -> None:
    """Say with which kinds of recipients holders may share, in one transaction; their other limits stay.

    ``only``: whoever is not named may share with every kind again.

    :raises Problem: unknown_user, forbidden
    """
    standing = await stand(core, actor, *kinds, scope=Action.MANAGE)
    standing.need_admin()
    named = {_holder(standing, no) for no in kinds}
    rows = {row.no: row for row in await every(core, Allowance)}
    wanted = {no: ANY_KIND for no in rows if only and no not in named} | dict(kinds)
    draft = Draft(core, actor)
    for no, mask in wanted.items():
        row = rows.get(no, Allowance(no))
        new = msgspec.structs.replace(row, kinds=mask)
        if new == Allowance(no):
            draft.add(Drop(Allowance, (no,)))
        elif new != row:
            draft.add(Upsert(new))
        draft.note("allowance.set", no)
    if wanted:
        await draft.commit()


def domains(names: Sequence[str] | None) -> str | None:
    """Return mail domains as an allowance keeps them; None: all."""
    return None if names is None else json.dumps(sorted({name.strip().lower() for name in names}))


def _refuse_odd(allowance: Allowance) -> None:
    for field in ("longest", "quota"):
        value = getattr(allowance, field)
        if value is not None and value < 0:
            raise Problem("invalid_field", field=field)
    try:
        if allowance.domains is not None:
            msgspec.json.decode(allowance.domains, type=list[str])
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise Problem("invalid_field", field="domains") from None
