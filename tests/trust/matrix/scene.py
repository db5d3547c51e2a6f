"""The scene of a cell: its share put down on a copy of the ground, what became of it, who asks, and what he holds."""

from typing import Any, Final

import msgspec
from tests.trust.matrix.factors import Cell
from tests.trust.matrix.ground import PASSWORD, Ground, issue, world_of

from commonhold.core.changes import Drop, Put, Set, Unnest
from commonhold.core.core import Core
from commonhold.core.model import (
    EVERYONE,
    LINK,
    MAIN_ORG,
    OWNER,
    LinkKey,
    Member,
    Principal,
    Share,
    State,
)
from commonhold.core.roles import ALL, ANY_KIND, Action, Kind, Role
from commonhold.core.sharing.links import key_of, secret_of
from commonhold.testing.build import Builder
from commonhold.testing.core import START
from commonhold.testing.oracle import Asker, World

GUESSED: Final = "a-token-that-nobody-was-given"
GONE: Final = ("guessed", "stale", "outdated")
"""Callers whose token is none, or no longer one."""
NO_LINK: Final = "A" * 27
_NAMES: Final = {
    "nobody": None, "guessed": None, "stale": None, "outdated": None, "stranger": "eve", "owner": "alice",
    "administrator": "adm", "root": "root",
}  # fmt: skip
_EDGES: Final = {"group": "team", "mail": "mail"}


class Key(msgspec.Struct, frozen=True):
    """A credential, and how it is shown; ``name``: whose it is, where that is said, too; ``share`` of a pass."""

    by: str
    secret: str
    name: str = "bob"
    share: int | None = None


class Scene(msgspec.Struct):
    """What stands there when the request is made. ``scope`` and ``asker``: for the naive evaluator."""

    core: Core
    world: World
    asker: Asker
    scope: Action
    key: Key | None
    dead: bool  # the credential is none, or no longer one
    share: Share | None
    secret: str  # of the link, or one of no link
    holder: Asker | None  # whoever knows the secret
    facts: dict[str, Any]


async def stand(ground: Ground, cell: Cell) -> Scene:
    """Make the scene of a cell."""
    core = ground.core()
    build = Builder(core.store)
    share = await _share(ground, build, cell)
    secret = NO_LINK
    if cell.way == "link":
        secret = secret_of(core, share)
        await build.put(key_of(core, share))
    pass_ = await issue(build, f"pass-{secret}", None, share=share.no) if cell.way == "link" else None
    await _befall(ground, build, cell, share)
    name, token = _caller(ground, cell, f"pass-{secret}")
    if cell.caller in ("stale", "outdated"):
        over = {"until": START - 1} if cell.caller == "stale" else {"state_at": START - 1}
        await issue(build, GUESSED, ground.people["bob"], **over)
    world = await world_of(ground, core)
    by_pass = cell.way == "link" and cell.caller not in _NAMES
    held = frozenset({(share.no, pass_.state_at)}) if pass_ is not None else frozenset()
    asker = Asker(None, held) if by_pass and token else Asker(ground.people[name] if name and not by_pass else None)
    now = world.shares.get(share.no)
    knows = pass_ is not None and now is not None and cell.caller != "left" and not now.password
    open_to = Asker(None, held) if knows else None
    scope = Action.READ if cell.caller == "narrow" and not by_pass else ALL
    key = None if token is None else _key(ground, cell, name, token, share.no if by_pass else None)
    dead = cell.caller in GONE or _ended(world, asker, held)
    if dead and key is not None and key.by in ("cookie", "pass") and cell.route.face != "directus":
        dead, asker, scope = False, Asker(None), ALL  # a browser that was logged out is nobody, and is answered as that
    facts = _facts(ground, cell, share, secret, name)
    return Scene(core, world, asker, scope, key, dead, now, secret, open_to, facts)


def _key(ground: Ground, cell: Cell, name: str | None, token: str, share: int | None) -> Key:
    """Return how the caller shows his credential: as the cell says, where that can be."""
    by, guest = cell.by, name == "guest"
    if share is None:
        odd = by == "pass" or (by in ("basic", "password") and guest)
        odd = odd or (by == "password" and cell.caller in ("narrow", "stale", "outdated"))
        by = "bearer" if odd else by
    elif by in ("basic", "password"):
        by = "bearer"
    if by == "cookie" and share is None and name is not None and cell.caller != "narrow":
        token = ground.session(name)
    elif by == "password" and cell.caller != "guessed":
        token = PASSWORD
    return Key(by, token, name or "bob", share)


def _ended(world: World, asker: Asker, held: frozenset[tuple[int, int]]) -> bool:
    """Tell whether a credential is over because its person or share is."""
    if asker.user is not None:
        return world.principals[asker.user].state is not State.ACTIVE
    return any(no not in world.shares or world.shares[no].state_at != state for no, state in asker.passes & held)


def _caller(ground: Ground, cell: Cell, opened: str) -> tuple[str | None, str | None]:
    """Return who asks, and with which token."""
    if cell.caller in _NAMES:
        name = _NAMES[cell.caller]
        if cell.caller in GONE:
            return None, GUESSED
        return name, ground.token(name) if name else None
    if cell.way == "link":
        return None, None if cell.caller == "unopened" else opened
    name = "guest" if cell.way == "guest" else "bob"
    return name, ground.token(name, narrow=cell.caller == "narrow")


async def _share(ground: Ground, build: Builder, cell: Cell) -> Share:
    people, thing = ground.people, ground.things[cell.kind]
    to = {
        "user": people["bob"], "group": people["team"], "nested": people["outer"], "org": MAIN_ORG,
        "everyone": EVERYONE, "link": LINK, "mail": people["mail"], "guest": people["guest"],
        "passed_on": people["bob"],
    }[cell.way]  # fmt: skip
    role = None if cell.role == "none" else Role(cell.role.rstrip("+"))
    mask = ANY_KIND if cell.role.endswith("+") else Kind.NONE
    stands_on = people["alice"] if cell.kind == "record" else OWNER
    more: dict[str, Any] = {"stands_on": stands_on, "made_by": people["alice"], "mask": mask}
    if cell.way == "passed_on":
        first = await build.share(thing.place, people["carol"], role, **{**more, "mask": ANY_KIND})
        more |= {"stands_on": people["carol"], "made_by": people["carol"], "hangs_on": first}
    no = await build.share(thing.place, to, role, version=-2, made_at=START - 10, **more)
    return await build.get(Share, no)


async def _befall(ground: Ground, build: Builder, cell: Cell, share: Share) -> None:
    """Let happen to the share, or to the one that it hangs on, what the cell says."""
    people, backing = ground.people, share.hangs_on or share.no
    receiver = people["guest" if cell.way == "guest" else "bob"]
    sharer = people["carol" if cell.way == "passed_on" else "alice"]
    match cell.caller:
        case "expired":
            await build.set(Share, backing, until=START - 1)
        case "early":
            await build.set(Share, backing, starts=START + 1_000)
        case "withdrawn":
            await build.drop(Share, backing)
        case "unopened":
            await build.set(Share, share.no, password="quick:none")
        case "left":
            await _leave(ground, build, cell, share)
        case "sharer_suspended":
            await build.set(Principal, sharer, state=State.SUSPENDED)
        case "suspended":
            await build.set(Principal, receiver, state=State.SUSPENDED)
        case "deleted":
            await build.set(Principal, receiver, state=State.DELETED)


async def _leave(ground: Ground, build: Builder, cell: Cell, share: Share) -> None:
    """Let the caller be no longer what the share names."""
    people = ground.people
    if cell.way in _EDGES:
        await build.drop(Member, people["bob"], people[_EDGES[cell.way]])
    elif cell.way == "nested":
        await build.commit(Unnest(people["inner"], people["outer"]))
    elif cell.way == "org":
        await build.drop(Member, people["bob"], MAIN_ORG)
        await build.set(Principal, people["bob"], org=ground.facts["elsewhere"])
    elif cell.way == "link":
        await build.set(Share, share.no, state_at=share.state_at + 1, generation=2)
        await build.commit(Set(LinkKey, (share.no,), {"digest": b"another secret"}))
    elif cell.way == "passed_on":
        await build.set(Share, share.hangs_on or 0, mask=Kind.NONE)
    else:
        row = msgspec.structs.replace(share, no=-1, recipient=people["carol"], kind=Kind.USER, uid=f"{share.uid[:-1]}x")
        await build.commit(Drop(Share, (share.no,)), Put(row))


def _facts(ground: Ground, cell: Cell, share: Share, secret: str, name: str | None) -> dict[str, Any]:
    """Return everything that a request may name."""
    thing = ground.things[cell.kind]
    home = ground.facts.get(f"home_of_{name}", ground.facts["aside_uid"])
    return {
        **ground.facts,
        "no": thing.no,
        "uid": thing.uid,
        "id": thing.uid.replace("-", ""),
        "path": thing.path,
        "parent_no": thing.parent,
        "place_no": thing.place,
        "share_no": share.no,
        "share_version": share.version,
        "filr_share": share.no if cell.way == "link" else share.version,
        "share_uid": share.uid,
        "secret": secret,
        "home": ground.facts["top_uid"] if name == "alice" else home,
        "me": name or "bob",
        "me_no": ground.people.get(name or "bob"),
        "wrong": "00000000-0000-4000-8000-0000000000ff",
    }
