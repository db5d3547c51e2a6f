"""People as their administrators look for them: by the beginning of a name, by an address, by what they are."""

import enum
from typing import Final

import msgspec

from commonhold.core.core import Core
from commonhold.core.directory.addresses import address_key
from commonhold.core.directory.people import Person, seen_by
from commonhold.core.directory.reading import After, Page, by_no, equal, page_of
from commonhold.core.directory.standing import Standing, stand
from commonhold.core.identity import Actor
from commonhold.core.keys import person_key
from commonhold.core.model import Principal, Profile, State
from commonhold.core.policy.allowed import ADMINISTRATION
from commonhold.core.ports import Where
from commonhold.core.roles import Kind


class Which(enum.StrEnum):
    """Whom a list is about."""

    ALL = "all"
    GUESTS = "guests"  # accounts without organisation and space
    ADMINISTRATORS = "administrators"
    SUSPENDED = "suspended"
    INVITED = "invited"


_ROWS: Final = {
    Which.GUESTS: equal(external=True),
    Which.ADMINISTRATORS: equal(admin=True),
    Which.SUSPENDED: equal(state=State.SUSPENDED),
    Which.INVITED: equal(state=State.PENDING),
}


class WantedPeople(msgspec.Struct, frozen=True):
    """Whom an administrator looks for: ``text`` begins a log-in name, or is a whole mail address."""

    text: str = ""
    which: Which = Which.ALL
    org: int | None = None


async def find_people(
    core: Core, actor: Actor, wanted: WantedPeople, *, after: After = None, limit: int = 200
) -> Page[Person]:
    """List users for their administrators; those of an organisation find its people alone.

    A page may be short, or empty, and have a ``next``.

    :raises Problem: unauthenticated, forbidden, bad_cursor
    """
    standing = await stand(core, actor)
    if standing.org is None:
        standing.need_admin()
    org = wanted.org if standing.admin else standing.org
    by_name = bool(wanted.text) or (wanted.which is Which.ALL and org is None)
    find = _by_name if by_name else _by_row
    return await find(core, standing, msgspec.structs.replace(wanted, org=org), after, limit)


async def _by_name(core: Core, standing: Standing, wanted: WantedPeople, after: After, limit: int) -> Page[Person]:
    allowed = standing.allowed(ADMINISTRATION)
    where = equal(kind=Kind.USER)
    if "@" in wanted.text:
        where += equal(email_key=address_key(wanted.text))
    elif wanted.text:
        where += (Where("name_key", "prefix", person_key(wanted.text)),)
    page = await page_of(core, allowed, Profile, where, order=("name_key",), after=after, limit=limit)
    rows = await by_no(core, allowed, Principal, tuple(profile.no for profile in page.rows))
    found = ((rows[profile.no], profile) for profile in page.rows if profile.no in rows)
    return Page(tuple(seen_by(standing, row, profile) for row, profile in found if _is(wanted, row)), page.next)


async def _by_row(core: Core, standing: Standing, wanted: WantedPeople, after: After, limit: int) -> Page[Person]:
    allowed = standing.allowed(ADMINISTRATION)
    where = equal(kind=Kind.USER) + _ROWS.get(wanted.which, ())
    if wanted.org is not None:
        where += equal(org=wanted.org)
    page = await page_of(core, allowed, Principal, where, after=after, limit=limit)
    names = await by_no(core, allowed, Profile, tuple(row.no for row in page.rows))
    found = (seen_by(standing, row, names[row.no]) for row in page.rows if row.no in names)
    return Page(tuple(found), page.next)


def _is(wanted: WantedPeople, row: Principal) -> bool:
    """Tell whether somebody is what is looked for."""
    if row.state is State.DELETED or (wanted.org is not None and row.org != wanted.org):
        return False
    return all(getattr(row, where.column) == where.value for where in _ROWS.get(wanted.which, ()))
