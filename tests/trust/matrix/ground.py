"""The ground of every cell: people, groups and one thing of each kind, put down row by row, and copied for each cell.

Nothing of it is made by the verbs of the core: rows may stand there that no verb would make today.
"""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec
from tests.trust.matrix.declared import KINDS, item_kind

from commonhold.blobs.memory import MemoryBlobs
from commonhold.core.changes import Nest, Put
from commonhold.core.core import Core
from commonhold.core.directory.digests import digest
from commonhold.core.identity import Actor
from commonhold.core.model import (
    MAIN_ORG,
    Credential,
    CredentialKind,
    Item,
    Level,
    Life,
    Password,
    Principal,
    Space,
    Version,
)
from commonhold.core.policy.snapshot import RuleHit
from commonhold.core.ports import Store
from commonhold.core.records.catalog import Collection, Field
from commonhold.core.records.catalogs import add_collection
from commonhold.core.records.items import NO_OWNER, ROOT, SPACE
from commonhold.core.records.kinds import Kind as FieldKind
from commonhold.core.records.rows import insert_rows
from commonhold.core.records.ruling import NewRule, add_rules
from commonhold.core.roles import ALL, Action, ItemKind, Kind, OrgRole
from commonhold.faces.directus.system import CATALOG
from commonhold.store.memory import MemoryStore
from commonhold.store.memory_tables import Table
from commonhold.store.sqlite.ready import make_ready
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.build import Builder, new_uid
from commonhold.testing.core import START, CountedSecrets, QuickHasher, TestClock, make_core
from commonhold.testing.oracle import World, read_world

NOTES: Final = "canaries"
SHARES: Final = "directus_shares"
SHARERS: Final = ("root", "alice", "bob", "carol", "adm", "eve")
PASSWORD: Final = "correct horse"
LATER: Final = 1_000_000_000
TREE: Final = tuple(kind for kind in KINDS if kind != "record")


class Thing(msgspec.Struct):
    """Something that is asked about. ``place``: where its share stands; ``secrets``: its name, and what is in it."""

    no: int
    uid: str
    parent: int
    place: int
    path: str
    name: str
    content: str


def copied(store: MemoryStore) -> MemoryStore:
    """Return a store in memory that holds the same rows."""
    other = MemoryStore(START)
    for kind, table in store._tables.items():
        one: Table[Any] = Table(kind)
        one.rows = dict(table.rows)
        one._taken = [(unique, dict(taken)) for unique, taken in table._taken]
        other._tables[kind] = one
    other._instance, other._since = store._instance, dict(store._since)
    return other


class Ground:
    """What is there before a cell begins, and numbers and tokens of everybody."""

    def __init__(self, store: Store, path: Path | None = None) -> None:
        """``path``: where the database is, if it is one in a file."""
        self.store = store
        self.path = path
        self.blobs = MemoryBlobs(TestClock())
        self.people: dict[str, int] = {}
        self.things: dict[str, Thing] = {}
        self.facts: dict[str, Any] = {}
        self.names: dict[str, int] = {}  # of folders around the things, and of what lies in the folder
        self.hits: dict[int, list[RuleHit]] = {}
        self._copies = 0

    def core(self) -> Core:
        """Return a core over a copy of it."""
        clock = TestClock()
        if self.path is None:
            assert isinstance(self.store, MemoryStore)
            store: Store = copied(self.store)
        else:
            self._copies += 1
            store = SqliteStore(
                Path(shutil.copy(self.path, self.path.with_name(f"{self._copies % 8}.db"))), clock=clock
            )
        secrets = CountedSecrets()
        secrets._count = LATER  # links have the same secrets, and nothing else that is made now
        return make_core(store=store, clock=clock, blobs=self.blobs, secrets=secrets)

    def token(self, who: str, *, narrow: bool = False) -> str:
        """Return somebody's token."""
        return f"{'reads' if narrow else 'token'}-of-{who}-0123456789"

    def session(self, who: str) -> str:
        """Return the secret of somebody's log-in."""
        return f"session-of-{who}-0123456789"


async def lay(path: Path | None = None) -> Ground:
    """Put everything down: in memory, or with a record in a database at ``path``."""
    if path is not None:
        make_ready(path)
    ground = Ground(SqliteStore(path, clock=TestClock()) if path else MemoryStore(START), path)
    build = Builder(ground.store)
    await _people(ground, build)
    await _groups(ground, build)
    await _tree(ground, build)
    if path is not None:
        await _record(ground, build)
        await ground.store.close()
    return ground


async def _people(ground: Ground, build: Builder) -> None:
    people, elsewhere = ground.people, await build.principal(Kind.ORG, "Elsewhere")
    ground.facts["elsewhere"] = elsewhere
    people["root"] = await build.user("root", admin=True)
    for name in ("alice", "bob", "carol"):
        people[name] = await build.user(name, org_role=OrgRole.PUBLISHER)
    people["adm"] = await build.user("adm", org_role=OrgRole.ADMINISTRATOR)
    people["eve"] = await build.user("eve", org=elsewhere)
    for who in ("root", "alice", "bob", "carol", "adm", "eve"):
        await _tokens(ground, build, who)


async def _tokens(ground: Ground, build: Builder, who: str) -> None:
    no = ground.people[who]
    await issue(build, ground.session(who), no, kind=CredentialKind.SESSION)
    if who != "guest":
        await build.put(Password(no, await QuickHasher().hash(PASSWORD), 0))
    for narrow in (False, True):
        scope = Action.READ if narrow else ALL
        await issue(build, ground.token(who, narrow=narrow), ground.people[who], actions=scope)


async def _groups(ground: Ground, build: Builder) -> None:
    people = ground.people
    people["team"] = await build.group("team", people["bob"], owner=people["alice"])
    people["inner"] = await build.group("inner", people["bob"], owner=people["alice"])
    people["outer"] = await build.group("outer", owner=people["alice"])
    for name in ("team", "inner", "outer"):
        await build.join(people[name], people["alice"], level=Level.MANAGER)
    await build.commit(Nest(people["inner"], people["outer"], 0))
    people["mail"] = await build.mail("bob@outside.example", people["bob"])
    people["guest"] = await build.mail("guest@outside.example")
    await _tokens(ground, build, "guest")
    ground.facts |= {**{f"{name}_no": no for name, no in people.items()}}
    for name in ("bob", "team", "carol", "eve"):
        ground.facts[f"{name}_uid"] = (await build.get(Principal, people[name])).uid
        ground.facts[f"{name}_id"] = ground.facts[f"{name}_uid"].replace("-", "")


async def issue(build: Builder, secret: str, principal: int | None, **more: Any) -> Credential:
    """Hand out a token, or with ``share`` a pass."""
    kind = more.pop("kind", CredentialKind.PASS if more.get("share") else CredentialKind.TOKEN)
    row = Credential(-1, new_uid(), digest(secret), kind, principal, **more)
    commit = await build.put(row)
    return msgspec.structs.replace(row, no=commit.no(-1))


async def _file(ground: Ground, build: Builder, parent: int, name: str, content: str) -> int:
    async def chunks() -> AsyncIterator[bytes]:
        yield content.encode()

    blob = await ground.blobs.receive(chunks(), limit=10_000)
    alice = ground.people["alice"]
    about: dict[str, Any] = {"size": blob.size, "media": "text/plain", "sha256": blob.sha256}
    no = await build.item(parent, name, created_by=alice, changed_by=alice, stamp=1, **about)
    row = Version(-1, no, 1, blob.key, blob.size, blob.sha256, "text/plain", alice, START)
    commit = await build.put(row)
    await build.set(Item, no, version=commit.no(-1))
    return no


async def _tree(ground: Ground, build: Builder) -> None:
    people = ground.people
    top = await build.space(people["alice"], MAIN_ORG)
    for who in ("bob", "carol", "adm", "root", "eve"):
        home = await build.space(people[who], ground.facts["elsewhere"] if who == "eve" else MAIN_ORG)
        ground.facts[f"home_of_{who}"] = (await build.get(Item, home)).uid
    shelf = await build.folder(top, "n4me-shelf")
    aside = await build.folder(top, "n4me-corner")
    await _file(ground, build, aside, "n4me-aside", "c0ntent-aside")
    middle, yard = await build.folder(shelf, "n4me-middle"), await build.folder(shelf, "n4me-yard")
    closed = await build.folder(yard, "n4me-shut", inherits=False)
    places = {
        "deep": (middle, middle, "/n4me-shelf/n4me-middle"),
        "closed": (closed, yard, "/n4me-shelf/n4me-yard/n4me-shut"),
    }
    for kind in TREE:
        parent, place, path = places.get(kind, (shelf, 0, "/n4me-shelf"))
        no = await _thing(ground, build, kind, parent)
        uid = (await build.get(Item, no)).uid
        ground.things[kind] = Thing(
            no, uid, parent, place or no, f"/alice{path}/n4me-{kind}", f"n4me-{kind}", f"c0ntent-{kind}"
        )
    child = await _file(ground, build, ground.things["folder"].no, "n4me-child", "c0ntent-child")
    ground.facts |= {"aside_no": aside, "shelf_no": shelf, "top_no": top, "child_no": child}
    ground.names = {"shelf": shelf, "corner": aside, "middle": middle, "yard": yard, "shut": closed, "child": child}
    ground.names = {f"n4me-{name}": no for name, no in ground.names.items()}
    for name in ("aside", "shelf", "top", "child"):
        uid = (await build.get(Item, ground.facts[f"{name}_no"])).uid
        ground.facts |= {f"{name}_uid": uid, f"{name}_id": uid.replace("-", "")}


async def _thing(ground: Ground, build: Builder, kind: str, parent: int) -> int:
    name, of = f"n4me-{kind}", item_kind(kind)
    if of is ItemKind.FILE:
        no = await _file(ground, build, parent, name, f"c0ntent-{kind}")
        if kind == "trashed":
            by = {"trashed_at": START, "trashed_by": ground.people["alice"]}
            await build.set(Item, no, life=Life.TRASHED, name_key=None, **by)
        return no
    more: dict[str, Any] = {"stamp": 1, "created_by": ground.people["alice"]}
    if of is not ItemKind.FOLDER:
        more["url"] = f"https://x.example/c0ntent-{kind}"
    if of is ItemKind.ENTRY:
        more |= {"collection": "board", "ref": "7"}
    return await build.item(parent, name, of, **more)


async def _record(ground: Ground, build: Builder) -> None:
    """Make a collection with a row that is an item, of which Alice may do anything by a rule."""
    core = make_core(store=ground.store)
    root, alice = Actor(ground.people["root"]), ground.people["alice"]
    fields = (Field("id", FieldKind.INTEGER), Field("text"))
    await add_collection(core, root, Collection(NOTES, "id", fields))
    await insert_rows(core, root, NOTES, [{"text": "c0ntent-record"}, {"text": "c0ntent-other"}])
    (held,) = await add_rules(core, root, [NewRule(alice, NOTES, ALL)])
    sharers = [
        NewRule(ground.people[who], SHARES, ALL) for who in SHARERS
    ]  # without one, the dialect's shares are none
    await add_rules(core, root, sharers, CATALOG)
    space = Space(-1, SPACE, NO_OWNER, MAIN_ORG, -2)
    commit = await build.commit(Put(space), Put(Item(-2, ROOT, -1, None, ItemKind.FOLDER, None, None)))
    uid = new_uid()
    row = Item(-1, uid, commit.no(-1), None, ItemKind.RECORD, f"{NOTES} 1", None, collection=NOTES, ref="1", stamp=1)
    no = (await build.put(row)).no(-1)
    ground.things["record"] = Thing(no, uid, no, no, "/", f"{NOTES} 1", "c0ntent-record")
    ground.hits[no] = [RuleHit(held.rule.no, alice, ALL, None, None)]


async def world_of(ground: Ground, core: Core) -> World:
    """Read all rows for the naive evaluator."""
    world = await read_world(core.store)
    world.hits = ground.hits
    return world
