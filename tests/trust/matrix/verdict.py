"""What is right for a cell, by the naive evaluator alone, and whether the answer is that."""

from typing import Any, Final

from tests.trust.matrix.asking import ask, done
from tests.trust.matrix.declared import Condition
from tests.trust.matrix.factors import Cell
from tests.trust.matrix.ground import Ground
from tests.trust.matrix.scene import Scene, stand
from tests.trust.town import Reply

from commonhold.core.model import OWNER, Credential, Event, Level, Share, Throttle
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.roles import Action, Kind
from commonhold.http.face import SAFE
from commonhold.http.streams import StreamCut
from commonhold.store.memory import MemoryStore
from commonhold.testing import oracle
from commonhold.testing.core import START
from commonhold.testing.oracle import Asker, World

SEEN: Final = Action.READ
COUNTED: Final = (Throttle, Event)
"""What a refusal may write: counters, and what is kept of events; a password with each request is a short log-in."""


def right(scene: Scene, item: int) -> Action:
    """Return what the caller may do with an item."""
    return Action.NONE if scene.dead else oracle.right(scene.world, START, scene.asker, item) & scene.scope


def _backer(world: World, share: Share) -> int:
    return world.spaces[world.items[share.item].space].owner if share.stands_on == OWNER else share.stands_on


def _manages(scene: Scene, share: Share) -> bool:
    return bool(right(scene, share.item) & Action.MANAGE)


def _opened(scene: Scene, share: Share) -> bool:
    return (share.no, share.state_at) in scene.asker.passes


def _above(world: World, share: Share) -> list[int]:
    parent = world.shares.get(share.hangs_on) if share.hangs_on is not None else None
    return [] if parent is None else [_backer(world, parent), *_above(world, parent)]


def about_share(scene: Scene, what: str) -> bool:
    """Tell whether the caller may see, change or end the share: one table for each (invariant 3)."""
    share, world, user = scene.share, scene.world, scene.asker.user
    if share is None or scene.dead:
        return False
    received = share.recipient in oracle.everything_he_is(world, user) or _opened(scene, share)
    if user is None or not oracle.counts(world, user):
        return what == "see share" and user is None and received
    if what == "made share":
        return user == share.made_by
    mine = user in (share.made_by, _backer(world, share)) or _manages(scene, share)
    if what == "change share":
        return mine and bool(scene.scope & Action.SHARE)
    for_himself = received and share.kind in (Kind.USER, Kind.MAIL)
    group = world.principals.get(share.recipient)
    decides = (
        share.kind is Kind.GROUP
        and group is not None
        and (
            group.owner == user
            or any(
                edge.member == user and edge.grp == share.recipient and edge.level is Level.MANAGER
                for edge in world.members
            )
        )
    )
    ends = mine or user in _above(world, share) or decides or for_himself
    return ends and bool(scene.scope & Action.SHARE) if what == "end share" else ends or received


def holds(scene: Scene, condition: Condition) -> bool:
    """Tell whether a condition holds."""
    if condition.about == "person":
        return scene.asker.user is not None and not scene.dead
    if condition.about == "somebody":
        return (scene.asker.user is not None or bool(scene.asker.passes)) and not scene.dead
    if condition.about == "account":
        user = scene.world.principals.get(scene.asker.user or 0)
        return user is not None and user.kind is Kind.USER and not scene.dead
    if not condition.actions:
        return about_share(scene, condition.about)
    facts = scene.facts
    place = {"item": facts["no"], "parent": facts["parent_no"], "aside": facts["aside_no"]}
    if condition.about == "mine":  # a guest has no space of his own
        return holds(scene, ACCOUNT) and condition.actions & scene.scope == condition.actions
    if condition.about == "link":
        if scene.holder is None or scene.dead:
            return False
        found = oracle.right(scene.world, START, scene.holder, facts["no"])
        return found & condition.actions == condition.actions
    item = place[condition.about]
    found = oracle.own_right(scene.world, scene.asker.user, item) & scene.scope if condition.own else right(scene, item)
    if condition.any:
        return not scene.dead and bool(found)
    return not scene.dead and found & condition.actions == condition.actions


def expected(cell: Cell, scene: Scene) -> bool | None:
    """Tell whether the request is to be answered; None: either way is right."""
    route, user = cell.route, scene.asker.user
    if route.word == "public":
        return None
    signed_in = user is not None and not scene.dead
    if route.word in ("self", "directory"):
        return None if signed_in else False
    if route.word == "administration":
        return (
            None
            if (signed_in and scene.world.principals[user or 0].org_role == "administrator") or _root(scene)
            else False
        )
    if not all(holds(scene, one) for one in route.conditions):
        return False
    return None if route.at_most else True


ACCOUNT: Final = Condition("account")


def _root(scene: Scene) -> bool:
    who = scene.world.principals.get(scene.asker.user or 0)
    return who is not None and who.admin


def leaks(ground: Ground, cell: Cell, scene: Scene, reply: Reply) -> list[str]:
    """Return what an answer tells that its caller may not know."""
    found, text = [], reply.body
    askers = [scene.holder] if scene.holder is not None and scene.secret.encode() in _asked(cell, scene) else []
    for kind, thing in ground.things.items():
        rights = right(scene, thing.no)
        for other in askers:
            rights |= oracle.right(scene.world, START, other, thing.no)
        shared = thing.no == scene.facts["no"]
        rights |= _waiting(scene) if scene.facts["place_no"] == thing.no else Action.NONE
        if thing.name.encode() in text and not (rights & SEEN or (shared and rights)) and thing.name != "canaries 1":
            found.append(thing.name)
        looks = kind not in BYTES or cell.route.face in LOOKING
        if thing.content.encode() in text and not rights & (Action.READ if looks else Action.DOWNLOAD):
            found.append(thing.content)
    texts = {**ground.names, "c0ntent-child": scene.facts["child_no"], "n4me-aside": scene.facts["aside_no"]}
    for name, no in texts.items():
        if name.encode() not in text or (no == scene.facts["place_no"] and _waiting(scene)):
            continue
        rights = right(scene, no)
        for other in askers:
            rights |= oracle.right(scene.world, START, other, no)
        if not (rights & SEEN or (no == scene.facts["place_no"] and rights)):
            found.append(name)
    return found


BYTES: Final = ("file", "deep", "closed", "trashed")
LOOKING: Final = ("web", "directus")
"""Whoever may look is shown texts by these faces; elsewhere bytes go to those who may download."""


def _waiting(scene: Scene) -> Action:
    """Return what a share gives that the caller is named by and has to open first: he is told what it is."""
    share, mine = scene.share, oracle.everything_he_is(scene.world, scene.asker.user)
    if share is None or scene.dead or share.recipient not in mine:
        return Action.NONE
    return oracle.gives(scene.world, START, share, share.item) and Action.CREATE


def _asked(cell: Cell, scene: Scene) -> bytes:
    """Return a text that holds the secret of the link if the request did."""
    named = "{secret}" in cell.route.route.path or "<secret>" in str(cell.route.sent)
    named = named or "<share_uid>" in str(cell.route.sent) or "{share}" in cell.route.route.path
    return scene.secret.encode() if named else b""


async def state_of(scene: Scene) -> Any:
    """Return everything that is kept, counters of throttles left aside; of a database its revision."""
    store = scene.core.store
    if isinstance(store, MemoryStore):
        counted = (*COUNTED, Credential) if scene.key and scene.key.by == "password" else COUNTED
        return {kind: dict(table.rows) for kind, table in store._tables.items() if kind not in counted}
    throttles = await store.rows(machine(), Rows(Throttle))
    return None if throttles else (await store.instance()).revision


async def wrong(ground: Ground, cell: Cell) -> list[str]:
    """Make a cell's request, and return what is wrong with the answer: nothing, if the house is in order."""
    scene = await stand(ground, cell)
    before = await state_of(scene)
    try:
        reply = await ask(cell.route, cell.kind, scene)
        after = await state_of(scene)
    except StreamCut as cut:
        return [f"began to answer, and was cut: {cut}"]
    finally:
        await scene.core.store.close()
    found = [f"leaks {one}" for one in leaks(ground, cell, scene, reply)]
    if reply.status >= 500:
        found.append(f"is our mistake: {reply}")
    wanted, was_done = expected(cell, scene), done(cell.route, reply)
    if wanted is not None and wanted is not was_done:
        found.append(f"was {'done' if was_done else 'refused'}: {reply}")
    changed = before is not None and after is not None and before != after
    if changed and (wanted is False or not was_done or cell.route.route.method in SAFE):
        found.append(f"changed something although it {'only looked' if was_done else 'was refused'}: {reply}")
    return found


async def right_of(cell: Cell, ground: Ground) -> tuple[Asker, Action]:
    """Return who asks and what he may do: for reports."""
    scene = await stand(ground, cell)
    await scene.core.store.close()
    return scene.asker, right(scene, scene.facts["no"])
