"""``commonhold group`` and ``commonhold org``: groups with their members, and organisations."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from commonhold.cli.client import Api, Json, part
from commonhold.cli.command import Session, command
from commonhold.cli.exits import Refused
from commonhold.cli.moments import shown
from commonhold.cli.options import Group, Most, Org

app = typer.Typer(help="Make groups, and put people and groups into them.", no_args_is_help=True)
member = typer.Typer(help="Put people, groups and mail addresses into a group, or take them out.", no_args_is_help=True)
app.add_typer(member, name="member")
orgs = typer.Typer(help="Make and list organisations.", no_args_is_help=True)

Members = Annotated[list[str], typer.Argument(metavar="MEMBER...", help="Users, groups or mail addresses.")]


class Level(StrEnum):
    """What somebody is in a group."""

    MEMBER = "member"
    MANAGER = "manager"


@command(app, "add", example='group add "Team" --owner alice --member bob')
async def add(
    session: Session,
    title: Annotated[str, typer.Argument(help="Title.")],
    owner: Annotated[str | None, typer.Option("--owner", metavar="USER", help="Who owns it.")] = None,
    members: Annotated[
        list[str] | None, typer.Option("--member", help="User, group or mail address in it; repeatable.")
    ] = None,
) -> None:
    """Make a group."""
    api = await session.api()
    made = await api.post("/groups", {"title": title, "owner": owner})
    refused = await _edit(api, made["uid"], "", {"members": members}) if members else []
    if not session.out.value({**made, "refused": refused}):
        session.out.say(f"Made the group {made['title']} (id {made['id']}).")
    _raise(refused)


async def _edit(api: Api, group: str, tail: str, body: Json) -> list[Json]:
    done = await api.post(f"/groups/{part(group)}/members{tail}", body)
    refused: list[Json] = done["refused"]
    return refused


def _raise(refused: list[Json]) -> None:
    """Refuse if any member was: after all others were dealt with."""
    if refused:
        names = ", ".join(f"{one['member']} ({one['code']})" for one in refused)
        raise Refused({"code": refused[0]["code"], "field": "members", "detail": f"Not everybody: {names}."})


@command(app, "list", example="group list")
async def list_groups(session: Session, most: Most = None) -> None:
    """List groups by title."""
    api = await session.api()
    groups = await api.list("/groups", most)
    if session.out.value(groups):
        return
    rows = [(one["title"], one["id"], await _count(api, one["uid"]), shown(one["made_at"])) for one in groups]
    session.out.table(("title", "id", "members", "made"), rows, "No group yet. Make one: commonhold group add")


async def _count(api: Api, group: str) -> str:
    """Say who is in a group, in a few words."""
    try:
        found = [one["name"] async for one in _members(api, group, 6)]
    except Refused:
        return "(hidden)"
    return ", ".join(found[:5]) + (", …" if len(found) > 5 else "")


async def _members(api: Api, group: str, most: int | None = None) -> Any:
    for tail in ("members", "nested"):
        async for one in api.pages(f"/groups/{part(group)}/{tail}", most):
            yield one


@command(app, "show", example='group show "Team"')
async def show(session: Session, group: Group) -> None:
    """List everybody who is directly in a group."""
    members = [one async for one in _members(await session.api(), group)]
    if not session.out.value(members):
        rows = [(one["name"], one["kind"], one["level"], one["state"], shown(one["since"])) for one in members]
        session.out.table(("name", "kind", "level", "state", "since"), rows, "Nobody is in this group.")


@command(app, "delete", example='group delete "Team" --yes')
async def delete(
    session: Session, group: Group, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a group: what was shared with it reaches nobody by it any more."""
    if not yes and not session.out.json:
        typer.confirm(f"Delete the group {group}?", abort=True, err=True)
    await (await session.api()).call("DELETE", f"/groups/{part(group)}")
    if not session.out.value({"deleted": group}):
        session.out.say(f"Deleted the group {group}.")


@command(member, "add", example='group member add "Team" carol "Sub-team"')
async def add_members(
    session: Session,
    group: Group,
    members: Members,
    level: Annotated[Level, typer.Option("--level", help="What users are in it.")] = Level.MEMBER,
) -> None:
    """Put users, groups and mail addresses into a group."""
    refused = await _edit(await session.api(), group, "", {"members": members, "level": level.value})
    _tell(session, group, members, refused, "in")
    _raise(refused)


@command(member, "remove", example='group member remove "Team" carol')
async def remove_members(session: Session, group: Group, members: Members) -> None:
    """Take users, groups and mail addresses out of a group."""
    refused = await _edit(await session.api(), group, "/remove", {"members": members})
    _tell(session, group, members, refused, "no longer in")
    _raise(refused)


def _tell(session: Session, group: str, members: list[str], refused: list[Json], now: str) -> None:
    names = {one["member"] for one in refused}
    done = [name for name in members if name not in names]
    if not session.out.value({"group": group, "done": done, "refused": refused}) and done:
        session.out.say(f"{', '.join(done)}: {now} {group}.")


@command(orgs, "add", example='org add "Example Ltd"')
async def add_org(session: Session, title: Annotated[str, typer.Argument(help="Title.")]) -> None:
    """Make an organisation."""
    made = await (await session.api()).post("/orgs", {"title": title})
    if not session.out.value(made):
        session.out.say(f"Made the organisation {made['title']} (id {made['id']}).")


@command(orgs, "list", example="org list")
async def list_orgs(session: Session, most: Most = None) -> None:
    """List organisations by title."""
    found = await (await session.api()).list("/orgs", most)
    if not session.out.value(found):
        rows = [(one["title"], one["id"], shown(one["made_at"])) for one in found]
        session.out.table(("title", "id", "made"), rows, "No organisation.")


@command(orgs, "rename", example='org rename "Example Ltd" "Example plc"')
async def rename_org(session: Session, org: Org, title: Annotated[str, typer.Argument(help="The new title.")]) -> None:
    """Give an organisation another title."""
    done = await (await session.api()).call("PATCH", f"/orgs/{part(org)}", {"title": title})
    if not session.out.value(done):
        session.out.say(f"{org} is called {done['title']} now.")
