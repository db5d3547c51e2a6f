"""Groups: for everybody those that he may learn of, for whoever manages one its members, and who else may come in."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.responses import Response

from commonhold.core.directory import candidates, groups
from commonhold.core.directory.joining import Joined, join_group, leave_group
from commonhold.core.directory.members import add_members, list_members, list_nested, remove_members
from commonhold.core.identity import Named, RecipientRef
from commonhold.core.model import GroupTerms, Level
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.faces.web.own import sign_in_first
from commonhold.faces.web.pages import HTML, see_other
from commonhold.faces.web.people.looking import Choice
from commonhold.faces.web.speech import mark
from commonhold.faces.web.taking import NOTHING, PAGE, Given, Refused, after_of, asked, flag, place, show, take, text
from commonhold.faces.web.viewer import viewer_of
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

JOINING: Final = (
    Choice("invited", mark("whoever is put into it")),
    Choice("asked", mark("whoever asks and is let in")),
    Choice("free", mark("everybody who wants to")),
)
VISIBLE: Final = (
    Choice("1", mark("its members")),
    Choice("4", mark("its organisation")),
    Choice("8", mark("everybody with an account")),
)
LEVELS: Final = (Choice(Level.MEMBER, mark("Member")), Choice(Level.MANAGER, mark("Manager")))
FLAGS: Final = (
    ("view_only", mark("Only managers may share into it")),
    ("members_update", mark("Members may change what its owner shares with it")),
    ("org_only", mark("Only people of its organisation can be in it")),
    ("members_share", mark("Whoever shares into it has to be in it")),
    ("leaving", mark("Members may leave it")),
    ("hidden_members", mark("Only managers see who is in it")),
    ("protected", mark("It cannot be deleted")),
)
_PROBLEMS: Final = "unauthenticated forbidden cross_site unknown_group"


async def _list(call: Call, refused: Refused = NOTHING) -> Response:
    viewer = await viewer_of(call)
    if viewer.guest:
        raise Problem("forbidden")
    starts = asked(call, "q")
    found = await groups.list_groups(call.core, call.actor, starts, after=after_of(call), limit=PAGE)
    invited = await candidates.list_invitations(call.core, call.actor, limit=PAGE)
    known = {"groups": found.rows, "further": place(found.next), "starts": starts, "invited": invited.rows}
    over = viewer.admin or viewer.org is not None
    return show(call, "people/groups.html", viewer, refused, **known, joining=JOINING, over=over, me=call.actor.user)


@TABLE.route("GET", "/app/groups", needs="directory", streams=HTML, problems="forbidden bad_cursor")
async def groups_page(call: Call) -> Response:
    """List the groups that the caller may learn of."""
    return await _list(call) if call.actor.user is not None else sign_in_first(call)


@TABLE.route("POST", "/app/groups", needs="directory", streams=HTML, problems=_PROBLEMS + " name_taken not_allowed")
async def add_group(call: Call) -> Response:
    """Make a group of one's own."""

    async def act(given: Given) -> Response:
        terms = GroupTerms(0, joining=text(given, "joining") or "invited")
        made = await groups.add_group(call.core, call.actor, groups.NewGroup(title=text(given, "title"), terms=terms))
        return see_other(call, f"/app/groups/{made.uid}")

    return await take(call, "add", act, lambda refused: _list(call, refused))


def _ref(call: Call) -> Named:
    return Named(call.params["group"], Kind.GROUP)


async def _or_nothing(found: Awaitable[Any]) -> Any:
    """Return what a listing brings; nothing, if it is not the caller's to see."""
    try:
        return await found
    except Problem as problem:
        if problem.code != "forbidden":
            raise
        return None


async def _group(call: Call, refused: Refused = NOTHING, template: str = "people/group.html") -> Response:
    viewer = await viewer_of(call)
    group = await groups.get_group(call.core, call.actor, _ref(call))
    over = viewer.admin or (viewer.org is not None and viewer.org == group.org)
    members = await _or_nothing(list_members(call.core, call.actor, group.no, after=after_of(call), limit=PAGE))
    nested = await _or_nothing(list_nested(call.core, call.actor, group.no, limit=PAGE))
    asking = await _or_nothing(candidates.list_asking(call.core, call.actor, group.no, limit=PAGE))
    return show(
        call,
        template,
        viewer,
        refused,
        group=group,
        owns=over or group.owner == call.actor.user,
        manages=asking is not None,
        members=members.rows if members else None,
        further=place(members.next) if members else None,
        nested=nested.rows if nested else (),
        asking=asking.rows if asking else (),
        joining=JOINING,
        visible=VISIBLE,
        levels=LEVELS,
        flags=FLAGS,
        me=call.actor.user,
        done=asked(call, "done"),
    )


@TABLE.route("GET", "/app/groups/{group}", needs="directory", streams=HTML, problems="unknown_group bad_cursor")
async def group_page(call: Call) -> Response:
    """Show a group, its members, and to its managers who asks to be let in."""
    return await _group(call) if call.actor.user is not None else sign_in_first(call)


async def _take(call: Call, form: str, act: Callable[[Given], Awaitable[Any]]) -> Response:
    """Take a form of a group's page, and show the page again."""

    async def then(given: Given) -> Response:
        await act(given)
        return see_other(call, f"/app/groups/{call.params['group']}?done={form}")

    return await take(call, form, then, lambda refused: _group(call, refused))


@TABLE.route("POST", "/app/groups/{group}", needs="directory", streams=HTML, problems=_PROBLEMS + " name_taken")
async def edit_group(call: Call) -> Response:
    """Change the title of a group, and, as its owner, its rules."""

    async def act(given: Given) -> None:
        terms: dict[str, Any] = {}
        if "joining" in given:
            visible = text(given, "visible")
            terms = {name: flag(given, name) for name, _ in FLAGS} | {"joining": text(given, "joining")}
            terms["visible"] = int(visible) if visible in {one.value for one in VISIBLE} else 0
        owner = text(given, "owner")
        change = groups.GroupChange(title=text(given, "title"), terms=terms)
        if owner:
            change = groups.GroupChange(title=text(given, "title"), terms=terms, owner=Named(owner, Kind.USER))
        await groups.change_group(call.core, call.actor, _ref(call), change)

    return await _take(call, "edit", act)


@TABLE.route("POST", "/app/groups/{group}/members", needs="directory", streams=HTML, problems=_PROBLEMS)
async def add_member(call: Call) -> Response:
    """Put a person, another group or a mail address into a group."""

    async def act(given: Given) -> None:
        level = Level.MANAGER if text(given, "level") == Level.MANAGER else Level.MEMBER
        kind = Kind.GROUP if text(given, "kind") == "group" else None
        ref: RecipientRef = Named(text(given, "name"), kind)
        edited = await add_members(call.core, call.actor, _ref(call), (ref,), level)
        for one in edited.refused:
            raise Problem(one.code, field="name")

    return await _take(call, "add", act)


@TABLE.route("POST", "/app/groups/{group}/remove", needs="directory", streams=HTML, problems=_PROBLEMS)
async def remove_member(call: Call) -> Response:
    """Take a person, a group or an address out: what came by the group is gone with his next request."""

    async def act(given: Given) -> None:
        number = text(given, "member")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise Problem("unknown_recipient", field="member")
        edited = await remove_members(call.core, call.actor, _ref(call), (int(number),))
        for one in edited.refused:
            raise Problem(one.code, field="member")

    return await _take(call, "members", act)


@TABLE.route("POST", "/app/groups/{group}/asking", needs="directory", streams=HTML, problems=_PROBLEMS)
async def answer(call: Call) -> Response:
    """Let somebody in who asks for it, or do not."""

    async def act(given: Given) -> None:
        who = Named(text(given, "user"), Kind.USER)
        verb = candidates.let_in if text(given, "answer") == "yes" else candidates.turn_away
        await verb(call.core, call.actor, _ref(call), who)

    return await _take(call, "asking", act)


@TABLE.route("POST", "/app/groups/{group}/join", needs="directory", streams=HTML, problems=_PROBLEMS)
async def join(call: Call) -> Response:
    """Join a group that is free to join, ask to be let in, or accept an invitation."""

    async def act(given: Given) -> Response:
        group = await _number(call)
        if flag(given, "invited"):
            verb = candidates.decline_invitation if text(given, "invited") == "no" else candidates.accept_invitation
            await verb(call.core, call.actor, group)
            return see_other(call, "/app/groups")
        done = await join_group(call.core, call.actor, group)
        word = "asked" if done is Joined.ASKED else "joined"
        return see_other(call, f"/app/groups/{call.params['group']}?done={word}")

    return await take(call, "join", act, lambda refused: _group(call, refused))


async def _number(call: Call) -> int:
    """Return the number of a group; who was invited may not see it yet.

    :raises Problem: unknown_group
    """
    for one in (await candidates.list_invitations(call.core, call.actor, limit=PAGE)).rows:
        if one.uid == call.params["group"]:
            return one.group
    return (await groups.get_group(call.core, call.actor, _ref(call))).no


@TABLE.route("POST", "/app/groups/{group}/leave", needs="directory", streams=HTML, problems=_PROBLEMS)
async def leave(call: Call) -> Response:
    """Leave a group."""

    async def act(_: Given) -> Response:
        await leave_group(call.core, call.actor, _ref(call))
        return see_other(call, "/app/groups")

    return await take(call, "leave", act, lambda refused: _group(call, refused))


@TABLE.route("GET", "/app/groups/{group}/delete", needs="directory", streams=HTML, problems="unknown_group")
async def delete_page(call: Call) -> Response:
    """Ask whether a group shall be deleted."""
    return await _group(call, template="people/delete_group.html") if call.actor.user else sign_in_first(call)


@TABLE.route("POST", "/app/groups/{group}/delete", needs="directory", streams=HTML, problems=_PROBLEMS + " protected")
async def delete(call: Call) -> Response:
    """Delete a group: what was shared with it reaches nobody from now on."""

    async def act(_: Given) -> Response:
        await groups.delete_group(call.core, call.actor, _ref(call))
        return see_other(call, "/app/groups")

    return await take(call, "delete", act, lambda refused: _group(call, refused, "people/delete_group.html"))
