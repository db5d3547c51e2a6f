"""Every door asks: each verb × each role, derived from the table of roles, never listed by hand."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from tests.core.content.world import World, pieces

from commonhold.core.content.copying import copy
from commonhold.core.content.files import put, put_content
from commonhold.core.content.making import make_app, make_entry, make_folder
from commonhold.core.content.moving import move
from commonhold.core.content.opening import open_content
from commonhold.core.content.search import search
from commonhold.core.content.space import usage
from commonhold.core.content.steps import Collision
from commonhold.core.content.trash import empty, purge, restore, trash, trashed
from commonhold.core.content.tree import ItemChange, change, children, get, rename
from commonhold.core.content.versions import delete_version, restore_version, versions
from commonhold.core.content.walking import walk
from commonhold.core.core import Core
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.model import EVERYONE
from commonhold.core.problems import Problem
from commonhold.core.roles import ROLE_ACTIONS, Action, Role

READ, DOWNLOAD, WRITE, CREATE = Action.READ, Action.DOWNLOAD, Action.WRITE, Action.CREATE
OWN = Action(1 << 20)  # what no role gives: the right that stands on no share


class Place(NamedTuple):
    """Where the doors are tried: a shared folder with a file of two versions, another file in the trash, Bob's top."""

    box: int
    file: int
    gone: int
    aside: int


async def walked(core: Core, actor: Actor, folder: int) -> list[Any]:
    """Walk to the end."""
    return [entry async for entry in walk(core, actor, folder)]


Door = Callable[[Core, Actor, Place], Awaitable[Any]]
URL = "https://example.org/"

DOORS: dict[str, tuple[Action, Door]] = {
    "get": (READ, lambda c, a, p: get(c, a, p.file)),
    "children": (READ, lambda c, a, p: children(c, a, p.box)),
    "search": (READ, lambda c, a, p: search(c, a, "file", within=p.box)),
    "open": (DOWNLOAD, lambda c, a, p: open_content(c, a, p.file)),
    "preview": (READ, lambda c, a, p: open_content(c, a, p.file, action=READ)),
    "open old": (DOWNLOAD | WRITE, lambda c, a, p: open_content(c, a, p.file, version=1)),
    "walk": (READ | DOWNLOAD, lambda c, a, p: walked(c, a, p.box)),
    "copy from": (READ | DOWNLOAD, lambda c, a, p: copy(c, a, p.file, p.aside, name="copied")),
    "copy to": (CREATE, lambda c, a, p: copy(c, a, p.aside, p.box, name="copied")),
    "folder": (CREATE, lambda c, a, p: make_folder(c, a, p.box, "new")),
    "app": (CREATE, lambda c, a, p: make_app(c, a, p.box, "new", URL)),
    "entry": (CREATE, lambda c, a, p: make_entry(c, a, p.box, type="t", key="k", title="new")),
    "put": (CREATE, lambda c, a, p: put(c, a, p.box, "new", pieces("x"))),
    "put onto": (WRITE | READ, lambda c, a, p: put(c, a, p.box, "file", pieces("x"), on_collision=Collision.VERSION)),
    "put content": (WRITE, lambda c, a, p: put_content(c, a, p.file, pieces("x"))),
    "versions": (WRITE, lambda c, a, p: versions(c, a, p.file)),
    "restore version": (WRITE, lambda c, a, p: restore_version(c, a, p.file, 1)),
    "delete version": (WRITE | Action.DELETE, lambda c, a, p: delete_version(c, a, p.file, 1)),
    "rename": (Action.RENAME, lambda c, a, p: rename(c, a, p.file, "new")),
    "title": (WRITE, lambda c, a, p: change(c, a, p.file, ItemChange(title="new"))),
    "inherits": (Action.MANAGE, lambda c, a, p: change(c, a, p.file, ItemChange(inherits=False))),
    "protect": (Action.MANAGE, lambda c, a, p: change(c, a, p.file, ItemChange(protected=True))),
    "move from": (Action.DELETE, lambda c, a, p: move(c, a, p.file, p.aside, name="moved")),
    "move within": (Action.RENAME, lambda c, a, p: move(c, a, p.file, p.box, name="moved")),
    "trash": (Action.DELETE, lambda c, a, p: trash(c, a, p.file)),
    "list trash": (OWN, lambda c, a, p: trashed(c, a, p.box)),
    "empty": (OWN, lambda c, a, p: empty(c, a, p.box)),
    "restore": (OWN, lambda c, a, p: restore(c, a, p.gone)),
    "purge": (OWN, lambda c, a, p: purge(c, a, p.gone)),
    "usage": (OWN, lambda c, a, p: usage(c, a, p.box)),
}


async def place(world: World) -> Place:
    """Lay out what the doors lead to."""
    box = await world.folder("box")
    file, gone = [await world.file(name, "one", box.no) for name in ("file", "gone")]
    await put_content(world.core, world.ann, file.no, pieces("two"))
    await trash(world.core, world.ann, gone.no)
    return Place(box.no, file.no, gone.no, (await make_folder(world.core, world.bob, world.bobs, "aside")).no)


async def told(door: Door, world: World, actor: Actor, where: Place) -> str:
    """What somebody is told at a door."""
    try:
        await door(world.core, actor, where)
    except Problem as refused:
        return refused.code
    return "open"


@pytest.mark.parametrize("way", ["person", "link"])
@pytest.mark.parametrize("name", DOORS)
async def test_each_door_opens_to_its_actions(name: str, way: str) -> None:
    """A verb works for exactly those roles that hold its actions; a refusal changes nothing, and tells only readers."""
    for role in Role:
        world = await World.open()
        where = await place(world)
        actor = await (world.guest if way == "person" else world.link)(where.box, role)
        await world.build.share(where.aside, actor.user or EVERYONE, Role.CONTRIBUTOR)
        before = await world.revision()
        answer = await told(DOORS[name][1], world, actor, where)

        assert (role, answer) == (role, expected(name, ROLE_ACTIONS[role]))
        assert answer == "open" or await world.revision() == before


def expected(name: str, actions: Action) -> str:
    """What a door tells somebody whose role gives him these actions."""
    needed = DOORS[name][0]
    if name == "put onto" and not actions & READ:
        needed = CREATE  # he does not see that there is something to put it onto
    if needed & actions == needed:
        return "open"
    return "forbidden" if actions & READ and name not in ("restore", "purge") else "unknown_item"


@pytest.mark.parametrize("name", DOORS)
async def test_no_door_opens_to_strangers(world: World, name: str) -> None:
    """Strangers, signed in or not, are told the same as about something that does not exist."""
    door, where = DOORS[name][1], await place(world)
    stranger = await world.guest(where.box, None)
    missing = Place(90_001, 90_002, 90_003, 90_004)
    before = await world.revision()

    for actor in (stranger, NOBODY):
        assert await told(door, world, actor, where) == await told(door, world, actor, missing) == "unknown_item"
    assert await world.revision() == before


@pytest.mark.parametrize("name", DOORS)
async def test_every_door_opens_to_the_owner(world: World, name: str) -> None:
    """The owner of the space may do everything in it."""
    where = await place(world)
    await world.build.share(where.aside, world.ann.user or 0, Role.CONTRIBUTOR)

    assert await told(DOORS[name][1], world, world.ann, where) == "open"


@pytest.mark.parametrize("name", [name for name, (needed, _) in DOORS.items() if needed is not OWN])
async def test_a_scope_narrows_every_door(world: World, name: str) -> None:
    """A credential opens a door if its scope holds what the door needs, and not if one action lacks, owner or not."""
    needed, door = DOORS[name]
    where = await place(world)
    await world.build.share(where.aside, world.ann.user or 0, Role.CONTRIBUTOR)
    aside = CREATE if name in ("copy from", "move from") else READ | DOWNLOAD if name == "copy to" else Action.NONE

    for lacking in needed:
        narrow = Actor(world.ann.user, actions=(needed | aside) & ~lacking)
        assert await told(door, world, narrow, where) in ("unknown_item", "forbidden")
    assert await told(door, world, Actor(world.ann.user, actions=needed | aside), where) == "open"
