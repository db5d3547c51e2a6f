"""``commonhold demo``: an empty directory becomes a town, and what to try in it is told."""

import shlex
from typing import Annotated

import msgspec
import typer

from commonhold.cli.client import Api
from commonhold.cli.command import Session, command
from commonhold.cli.commands.share import Place, place_of
from commonhold.cli.commands.shares import AUDIENCE, audience_row, told
from commonhold.cli.demo.making import Made, Town
from commonhold.cli.demo.town import PASSWORD, PEOPLE, SESAME
from commonhold.cli.serving import become_server
from commonhold.cli.where import actor_on, core_of, in_process

root = typer.Typer()

FOLDER = "/alice/Garden"
PLAN = "/alice/Garden/plan.md"


@command(root, "demo", example="demo --data demo-data --serve", local=True)
async def demo(
    session: Session,
    serve: Annotated[bool, typer.Option("--serve", help="Serve it until Ctrl-C.")] = False,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Fill an empty directory with people, groups, files and shares of every kind, and tell what to try."""
    place = place_of(session, lan=False, serve=serve, port=port)
    core = await session.enter(core_of(place.settings))
    actors: dict[str | None, Api] = {}

    async def enter(name: str | None) -> Api:
        if name not in actors:
            actor = await actor_on(core, name)
            actors[name] = await session.enter(in_process(core, place.settings, actor))
        return actors[name]

    town = Town(enter)
    await town.build()
    await _tell(session, town, await enter("alice"), place)
    listener = place.listener
    if listener is not None:
        session.then = lambda: become_server(place.settings, listener)


async def _tell(session: Session, town: Town, alice: Api, place: Place) -> None:
    folder, plan = town.item(FOLDER), town.item(PLAN)
    audience = await alice.list(f"/items/{folder['uid']}/audience")
    why = await alice.get(f"/items/{plan['uid']}/why", user="dave")
    lines = curl_lines(town, alice.base, str(place.settings.data))
    value = {
        "server": alice.base,
        "password": PASSWORD,
        "people": [one.name for one in PEOPLE],
        "shares": [_share_told(made) for made in town.shares],
        "audience": audience,
        "why": why,
        "try": lines,
    }
    if session.out.value(value):
        return
    out = session.out
    out.say(f"\nLog in at {alice.base}/ with the password {PASSWORD} as", "")
    out.table(("name", "who"), [(one.name, f"{one.first} {one.last} {one.said}") for one in PEOPLE], "")
    out.say("", "What is shared", "")
    out.table(("item", "by", "how"), [(made.given.item, made.given.by, made.given.said) for made in town.shares], "")
    out.say("", "Links, to open without an account", "")
    out.table(("leads to", "link", "how"), [_link_row(made) for made in town.shares if made.share.get("link")], "")
    out.say("", f"Everybody whom {FOLDER} reaches", "")
    out.table(AUDIENCE, [audience_row(one, folder) for one in audience], "")
    out.say("", f"Why may dave read {PLAN}?", "")
    out.say(*(f"  {'·' if one['counts'] else '×'} {told(one, plan)}" for one in why["reasons"]))
    out.say("", "To type", "", *(f"  {line}" for line in lines), "")
    if place.listener is not None:
        out.say("Serving until Ctrl-C.")
    elif not place.running:
        out.say(f"Serve it: commonhold serve --data {shlex.quote(str(place.settings.data))}")


def _share_told(made: Made) -> dict[str, object]:
    given = msgspec.structs.asdict(made.given)
    return {name: given[name] for name in ("by", "item", "to", "role", "said")} | {
        "uid": made.share["share"],
        "link": (made.share.get("link") or {}).get("url"),
    }


def _link_row(made: Made) -> tuple[str, str, str]:
    return made.item["name"], made.share["link"]["url"], made.given.said


def curl_lines(town: Town, base: str, data: str) -> list[str]:
    """Return what can be typed into a shell while the town is served, each line by itself but for its token."""
    link = {made.given.item: made.share["link"] for made in town.shares if made.share.get("link")}
    picture, budget = link["/alice/Garden/beds.png"], link["/alice/Garden/budget.csv"]
    where = f"--data {shlex.quote(data)}"
    json = "-H 'Content-Type: application/json'"
    return [
        f"curl -s {base}/api/v1/links/{picture['secret']}",
        f'curl -s -X POST {json} -d \'{{"password": "{SESAME}"}}\' {base}/api/v1/links/{budget["secret"]}/open',
        f"commonhold open {picture['url']} --to beds.png --force",
        f"TOKEN=$(commonhold token create bob {where})",
        f'curl -s -H "Authorization: Bearer $TOKEN" "{base}/api/v1/shares?direction=received"',
        f'curl -s -H "Authorization: Bearer $TOKEN" -r 0-79 {base}/api/v1/items/{town.item(PLAN)["uid"]}/content',
        f'curl -s -H "Authorization: Bearer $TOKEN" {base}/api/v1/collections/plants/rows',
        f"commonhold why {PLAN} --user dave {where}",
        f"commonhold shares list --as bob {where}",
    ]
