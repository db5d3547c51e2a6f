"""Organisations: made, renamed, listed."""

from typing import Any

import msgspec

from commonhold.core.changes import Set
from commonhold.core.core import Core, attempt
from commonhold.core.directory.attributes import encoded, merged
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.names import title as title_of
from commonhold.core.directory.people import new_org
from commonhold.core.directory.reading import After, Page, by_no, equal, one, page_of
from commonhold.core.directory.standing import a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.keys import person_key
from commonhold.core.model import Principal, Profile, attributes_of
from commonhold.core.policy.allowed import DIRECTORY
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind


class Org(msgspec.Struct, frozen=True):
    """An organisation."""

    no: int
    uid: str
    title: str
    made_at: int
    attributes: dict[str, Any] = {}


def _org(row: Principal, profile: Profile) -> Org:
    return Org(row.no, row.uid, profile.name, row.made_at, attributes_of(profile))


async def _refuse_taken(core: Core, title: str, org: int | None = None) -> None:
    found = await one(core, Profile, kind=Kind.ORG, name_key=person_key(title))
    if found is not None and found.no != org:
        raise Problem("name_taken", field="title")


async def add_org(core: Core, actor: Actor, title: str, attributes: dict[str, Any] | None = None) -> Org:
    """Make an organisation.

    :raises Problem: forbidden unless the actor administers the installation; name_taken, name_empty, name_too_long
    """
    title = title_of(title)

    async def once() -> int:
        standing = await stand(core, actor, scope=Action.MANAGE)
        standing.need_admin()
        await _refuse_taken(core, title)
        draft = Draft(core, actor)
        no = new_org(draft, title, encoded(attributes or {}))
        return (await draft.commit()).no(no)

    return await get_org(core, actor, await attempt(once))


async def change_org(
    core: Core, actor: Actor, ref: RecipientRef, title: str | None = None, attributes: dict[str, Any] | None = None
) -> Org:
    """Change the title or some attributes of an organisation, as one of its administrators.

    :raises Problem: unknown_org, forbidden, name_taken, name_empty, name_too_long
    """
    ref = a(Kind.ORG, ref)

    async def once() -> int:
        standing = await stand(core, actor, ref, scope=Action.MANAGE)
        org = standing.one(ref, Kind.ORG)
        if standing.org != org.no:
            standing.need_admin()
        values: dict[str, Any] = {}
        if title is not None:
            await _refuse_taken(core, title_of(title), org.no)
            values |= {"name": title_of(title), "name_key": person_key(title_of(title))}
        if attributes is not None:
            values["attributes"] = merged(standing.profile(org), attributes)
        draft = Draft(core, actor)
        if values:
            draft.add(Set(Profile, (org.no,), values))
            draft.note("org.changed", org.no)
            await draft.commit()
        return org.no

    return await get_org(core, actor, await attempt(once))


async def get_org(core: Core, actor: Actor, ref: RecipientRef) -> Org:
    """Return one organisation, for everybody who is logged in.

    :raises Problem: unknown_org, unauthenticated
    """
    ref = a(Kind.ORG, ref)
    standing = await stand(core, actor, ref)
    row = standing.one(ref, Kind.ORG)
    return _org(row, standing.profile(row))


async def list_orgs(core: Core, actor: Actor, *, after: After = None, limit: int = 200) -> Page[Org]:
    """List organisations by title, for everybody who is logged in.

    :raises Problem: unauthenticated
    """
    allowed = (await stand(core, actor)).allowed(DIRECTORY)
    where = equal(kind=Kind.ORG)
    page = await page_of(core, allowed, Profile, where, order=("name_key",), after=after, limit=limit)
    rows = await by_no(core, allowed, Principal, tuple(profile.no for profile in page.rows))
    return Page(tuple(_org(rows[profile.no], profile) for profile in page.rows if profile.no in rows), page.next)
