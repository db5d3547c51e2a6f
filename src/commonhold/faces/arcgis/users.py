"""Users: oneself, others as far as one may see them, and who is in the organisation."""

from collections.abc import Callable
from typing import Any

from commonhold.core.directory.accounts import UserChange, change_user
from commonhold.core.directory.circles import MOST_PAGES, circle_of, own_org
from commonhold.core.directory.people import Person, list_users
from commonhold.core.directory.reading import After
from commonhold.core.identity import Named
from commonhold.core.roles import Kind
from commonhold.faces.arcgis.grammar import matches, parse
from commonhold.faces.arcgis.ids import id_of
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.problems import ArcgisError, invalid
from commonhold.faces.arcgis.routes import Table
from commonhold.faces.arcgis.users_shape import person_shape, user_shape
from commonhold.faces.arcgis.values import page_of, tags_of
from commonhold.http.face import Call

TABLE = Table()

_TEXTS = ("description", "culture", "region", "units", "preferredView")


def named(text: str) -> Named:
    """Return a reference to a user by his log-in name."""
    return Named(text, Kind.USER)


@TABLE.resource("/community/self", needs="public")
async def me(call: Call, _: Parameters) -> Any:
    """Return who asks."""
    if call.actor.user is None:
        raise ArcgisError(400, "Not logged in.", "COM_0019")
    return user_shape(await circle_of(call.core, call.actor, call.actor.user))


@TABLE.resource("/community/users/{user}", needs="directory")
async def user(call: Call, _: Parameters) -> Any:
    """Return a user, with the groups of his that the caller may learn of."""
    return user_shape(await circle_of(call.core, call.actor, named(call.params["user"])))


@TABLE.operation("/community/users/{user}/update")
async def update_user(call: Call, asked: Parameters) -> Any:
    """Change what a user says of himself."""
    found: dict[str, Any] = {}
    full = asked.word("fullName")
    if full is not None:
        found["first_name"], _, found["last_name"] = full.partition(" ")
    for field, ours in (("firstName", "first_name"), ("lastName", "last_name"), ("email", "email")):
        if field in asked:
            found[ours] = asked.word(field)
    attributes: dict[str, Any] = {field: asked.word(field) for field in _TEXTS if field in asked}
    if "tags" in asked:
        attributes["tags"] = tags_of(asked, "tags") or None
    if attributes:
        found["attributes"] = attributes
    person = await change_user(call.core, call.actor, named(call.params["user"]), UserChange(**found))
    return {"success": True, "username": person.name}


async def _people(call: Call, wanted: Callable[[Person], bool]) -> list[Person]:
    """Return users by name, as far as the caller may see them; those of ``MOST_PAGES`` pages at most."""
    found: list[Person] = []
    after: After = None
    for _ in range(MOST_PAGES):
        page = await list_users(call.core, call.actor, after=after)
        found += filter(wanted, page.rows)
        after = page.next
        if after is None:
            break
    return found


@TABLE.resource("/community/users", needs="directory")
async def search_users(call: Call, asked: Parameters) -> Any:
    """Find users of the caller's organisation."""
    query = parse(asked.text("q") or asked.text("filter") or "")
    org = await own_org(call.core, call.actor)
    rows = [person_shape(person, org.uid) for person in await _people(call, _colleague(org.no))]
    found = [row for row in rows if matches(query, _fields(row))]
    return {"query": asked.text("q") or "", **page_of(found, asked)}


def _colleague(org: int) -> Callable[[Person], bool]:
    return lambda person: person.org == org


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a search for users looks at."""
    org = row["orgId"]
    return {**{name.lower(): value for name, value in row.items()}, "orgid": org, "accountid": org}


@TABLE.resource("/portals/{org}/users/search", needs="directory")
async def search_org_users(call: Call, asked: Parameters) -> Any:
    """Find users of the caller's organisation."""
    return await search_users(call, asked)


@TABLE.resource("/portals/{org}/users", needs="directory")
async def org_users(call: Call, asked: Parameters) -> Any:
    """List who is in the caller's organisation."""
    org = await own_org(call.core, call.actor)
    if call.params["org"] not in ("self", id_of(org.uid)):
        raise invalid("Only the people of one's own organisation are listed here.")
    role = asked.word("role")
    rows = [person_shape(person, org.uid) for person in await _people(call, _colleague(org.no))]
    return page_of([row for row in rows if role in (None, row["role"], row.get("roleId"))], asked, "users")
