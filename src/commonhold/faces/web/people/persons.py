"""People: found, made, changed, suspended and deleted, by their administrators."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.responses import Response

from commonhold.core.directory import accounts, allowances, leaving, people
from commonhold.core.directory.members import groups_of
from commonhold.core.directory.orgs import list_orgs
from commonhold.core.directory.searching import WantedPeople, Which, find_people
from commonhold.core.directory.sign_in import sign_out_everywhere
from commonhold.core.identity import Named
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind, OrgRole
from commonhold.faces.web.own import sign_in_first
from commonhold.faces.web.pages import HTML, see_other
from commonhold.faces.web.people.looking import KINDS, RANKS, Choice, Limits, limits_in, viewer_over
from commonhold.faces.web.speech import mark
from commonhold.faces.web.taking import NOTHING, PAGE, Given, Refused, after_of, asked, flag, place, show, take, text
from commonhold.faces.web.viewer import Viewer
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

WHICH: Final = (
    Choice(Which.ALL, mark("everybody")),
    Choice(Which.GUESTS, mark("guests")),
    Choice(Which.ADMINISTRATORS, mark("administrators")),
    Choice(Which.SUSPENDED, mark("suspended")),
    Choice(Which.INVITED, mark("invited, not here yet")),
)
_PROBLEMS: Final = "unauthenticated forbidden cross_site unknown_user"
_RANKS: Final = frozenset(OrgRole)


def _wanted(call: Call) -> WantedPeople:
    which = asked(call, "which") or Which.ALL
    return WantedPeople(asked(call, "q"), Which(which) if which in set(Which) else Which.ALL)


async def _orgs(call: Call, viewer: Viewer) -> list[Choice]:
    """Return the organisations that people can be put into, for administrators of the installation."""
    if not viewer.admin:
        return []
    return [Choice(one.uid, one.title) for one in (await list_orgs(call.core, call.actor)).rows]


async def _list(call: Call, refused: Refused = NOTHING) -> Response:
    viewer, _ = await viewer_over(call)
    wanted = _wanted(call)
    found = await find_people(call.core, call.actor, wanted, after=after_of(call), limit=PAGE)
    return show(
        call,
        "people/people.html",
        viewer,
        refused,
        people=found.rows,
        further=place(found.next),
        wanted=wanted,
        which=WHICH,
        ranks=RANKS,
        orgs=await _orgs(call, viewer),
        me=call.actor.user,
    )


@TABLE.route("GET", "/app/people", needs="administration", streams=HTML, problems="forbidden bad_cursor")
async def people_page(call: Call) -> Response:
    """List people for whoever looks after them."""
    return await _list(call) if call.actor.user is not None else sign_in_first(call)


@TABLE.route("POST", "/app/people", needs="administration", streams=HTML, problems=_PROBLEMS + " name_taken bad_name")
async def add_person(call: Call) -> Response:
    """Make an account: with a password, or invited by mail to set one."""

    async def act(given: Given) -> Response:
        password = given.get("password", [""])[-1] or None
        email = text(given, "email") or None
        if password is None and email is None:
            raise Problem("missing_field", field="password")
        kind, org = text(given, "kind") or OrgRole.USER, text(given, "org")
        if kind not in _RANKS and kind != "guest":
            raise Problem("invalid_field", field="kind")
        new = people.NewUser(
            name=text(given, "name"),
            email=email,
            password=password,
            invited=password is None,
            external=kind == "guest",
            org_role=OrgRole(kind) if kind in _RANKS else OrgRole.USER,
            org=Named(org, Kind.ORG) if org and kind != "guest" else None,
            admin=flag(given, "admin"),
            first_name=text(given, "first_name") or None,
            last_name=text(given, "last_name") or None,
        )
        made = await people.add_user(call.core, call.actor, new)
        return see_other(call, f"/app/people/{made.uid}")

    return await take(call, "add", act, lambda refused: _list(call, refused))


def _ref(call: Call) -> Named:
    return Named(call.params["user"], Kind.USER)


async def _person(call: Call, refused: Refused = NOTHING, template: str = "people/person.html") -> Response:
    viewer, org = await viewer_over(call)
    person = await people.get_user(call.core, call.actor, _ref(call))
    if person.verified is None or (org is not None and person.org != org):
        raise Problem("unknown_user")
    row = await allowances.get_allowance(call.core, call.actor, person.no)
    groups = await groups_of(call.core, call.actor, person.no, limit=PAGE)
    return show(
        call,
        template,
        viewer,
        refused,
        person=person,
        limits=Limits.of(row),
        limited=row is not None,
        kinds=KINDS,
        ranks=RANKS,
        orgs=await _orgs(call, viewer),
        org_uid=await _org_uid(call, viewer, person.org),
        groups=groups.rows,
        me=call.actor.user == person.no,
        done=asked(call, "done"),
    )


async def _org_uid(call: Call, viewer: Viewer, org: int | None) -> str:
    if org is None or not viewer.admin:
        return ""
    return next((one.uid for one in (await list_orgs(call.core, call.actor)).rows if one.no == org), "")


@TABLE.route("GET", "/app/people/{user}", needs="administration", streams=HTML, problems="forbidden unknown_user")
async def person_page(call: Call) -> Response:
    """Show one person to whoever looks after him."""
    return await _person(call) if call.actor.user is not None else sign_in_first(call)


async def _take(call: Call, form: str, act: Callable[[Given], Awaitable[Any]]) -> Response:
    """Take a form of a person's page, and show the page again."""

    async def then(given: Given) -> Response:
        await act(given)
        return see_other(call, f"/app/people/{call.params['user']}?done={form}")

    return await take(call, form, then, lambda refused: _person(call, refused))


@TABLE.route("POST", "/app/people/{user}", needs="administration", streams=HTML, problems=_PROBLEMS + " name_taken")
async def edit_person(call: Call) -> Response:
    """Change names, address, place and rank."""

    async def act(given: Given) -> None:
        values: dict[str, Any] = {name: text(given, name) or None for name in ("first_name", "last_name", "email")}
        values["name"] = text(given, "name")
        now = await people.get_user(call.core, call.actor, _ref(call))
        if flag(given, "verified") is not now.verified:
            values["verified"] = flag(given, "verified")
        kind = text(given, "kind")
        if kind in _RANKS and kind != now.org_role:
            values["org_role"] = OrgRole(kind)
        values |= _placed(given, now)
        await accounts.change_user(call.core, call.actor, now.no, accounts.UserChange(**values))

    return await _take(call, "edit", act)


def _placed(given: Given, now: people.Person) -> dict[str, Any]:
    """Return what only administrators of the installation change: organisation and administration."""
    if "org" not in given:
        return {}
    values: dict[str, Any] = {}
    if flag(given, "admin") is not now.admin:
        values["admin"] = flag(given, "admin")
    org = text(given, "org")
    if org or now.org is not None:
        values["org"] = Named(org, Kind.ORG) if org else None
    return values


@TABLE.route("POST", "/app/people/{user}/state", needs="administration", streams=HTML, problems=_PROBLEMS)
async def change_state(call: Call) -> Response:
    """Suspend a person, or end his suspension: either is felt by the next request."""

    async def act(given: Given) -> None:
        verb = accounts.resume if text(given, "state") == "active" else accounts.suspend
        await verb(call.core, call.actor, _ref(call))

    return await _take(call, "state", act)


@TABLE.route("POST", "/app/people/{user}/password", needs="administration", streams=HTML, problems=_PROBLEMS)
async def set_password(call: Call) -> Response:
    """Set a password for somebody: every session and token of his is over."""

    async def act(given: Given) -> None:
        await accounts.set_password(call.core, call.actor, _ref(call), given.get("password", [""])[-1])

    return await _take(call, "password", act)


@TABLE.route("POST", "/app/people/{user}/leave", needs="administration", streams=HTML, problems=_PROBLEMS)
async def log_out(call: Call) -> Response:
    """End every session and token of somebody."""

    async def act(_: Given) -> None:
        await sign_out_everywhere(call.core, call.actor, _ref(call))

    return await _take(call, "leave", act)


@TABLE.route("POST", "/app/people/{user}/limits", needs="administration", streams=HTML, problems=_PROBLEMS)
async def set_limits(call: Call) -> Response:
    """Set what somebody may do at all, or take his own limits away."""

    async def act(given: Given) -> None:
        before = await allowances.get_allowance(call.core, call.actor, _ref(call))
        if flag(given, "drop"):
            await allowances.drop_allowance(call.core, call.actor, _ref(call))
        else:
            await allowances.set_allowance(call.core, call.actor, _ref(call), limits_in(given, before))

    return await _take(call, "limits", act)


@TABLE.route("GET", "/app/people/{user}/delete", needs="administration", streams=HTML, problems="unknown_user")
async def delete_page(call: Call) -> Response:
    """Ask whether an account shall be deleted, and who gets what it owns."""
    if call.actor.user is None:
        return sign_in_first(call)
    return await _person(call, template="people/delete_person.html")


@TABLE.route("POST", "/app/people/{user}/delete", needs="administration", streams=HTML, problems=_PROBLEMS)
async def delete_person(call: Call) -> Response:
    """Delete an account; what it owns goes to somebody, or with it."""

    async def act(given: Given) -> Response:
        to, fate = text(given, "to"), text(given, "fate")
        if fate not in ("give", "lose") or (fate == "give" and not to):
            raise Problem("missing_field", field="to")
        await leaving.delete_user(call.core, call.actor, _ref(call), Named(to, Kind.USER) if fate == "give" else None)
        return see_other(call, "/app/people")

    return await take(call, "delete", act, lambda refused: _person(call, refused, "people/delete_person.html"))
