"""The law of records: a row can be read, changed and deleted exactly where the judge allows it on the row's item."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.records.library import Library
from tests.searching import examples

from commonhold.core import model
from commonhold.core.changes import Change, Drop, Put
from commonhold.core.core import judge
from commonhold.core.identity import Actor, Pass
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG, OWNER, Item, Reach, Share, Use
from commonhold.core.policy.require import allow_rows
from commonhold.core.policy.snapshot import Look
from commonhold.core.query import ALWAYS, Compare, Current, Filter, Not, Op, Or, Pick, Query, Some, encode_filter
from commonhold.core.records.authority import authority
from commonhold.core.records.guard import guarded
from commonhold.core.records.rows import update_rows
from commonhold.core.records.rules import rows_of
from commonhold.core.roles import Action, Kind, Role
from commonhold.testing.build import new_uid

ACTIONS: Final = (Action.READ, Action.WRITE, Action.DELETE)
FILTERS: Final[tuple[Filter, ...]] = (
    ALWAYS,
    Compare("views", Op.LT, 25),
    Compare("title", Op.EQ, "First"),
    Not(Compare("id", Op.IN, (1, 3))),
    Some("author", Compare("name", Op.EQ, "Ada")),
    Some("comments"),
    Compare("colour", Op.EQ, "red"),
    Compare("draft", Op.EQ, Current("user")),
    Or((Compare("draft", Op.EQ, Current("groups")), Compare("id", Op.EQ, 3))),
    Not(Compare("draft", Op.NEQ, Current("user"))),
    Some("author", Compare("name", Op.NEQ, Current("group"))),
)
FIELDS: Final = ('["*"]', '["id","title"]', '["id","views"]')
GIVEN: Final = (Action.READ, Action.READ | Action.SHARE, Action(511), Action.WRITE | Action.READ, Action.SHARE)


class Ground:
    """A library whose articles are items, on a loop of its own; rules and shares come and go with each example."""

    def __init__(self, path: Path) -> None:
        """Open it."""
        self.loop = asyncio.new_event_loop()
        self.run = self.loop.run_until_complete
        self.library = self.run(self._found(path))
        self.items: dict[str, Item] = {item.ref or "": item for item in self.run(self.library.items())}

    async def _found(self, path: Path) -> Library:
        library = await Library(path).found()
        for key in "123":
            await library.share(library.root, key, "mallory")
        for share in await library.rows(Share):
            await library.store.commit([Drop(Share, (share.no,))])
        people = {row.no: row.uid for row in await library.rows(model.Principal)}
        for key, who in (("1", library.ann), ("2", library.team)):
            await update_rows(library.core, Actor(library.root), "articles", [key], {"draft": people[who]})
        self.people = (library.root, library.chief, library.ann, library.bob, library.mallory)
        return library

    def world(self, draw: Any) -> list[Any]:
        """Draw rules and shares as rows."""
        holders = (*self.people[2:], *self.people[2:], self.library.team, EVERYONE, MAIN_ORG)
        rules = [
            model.Rule(
                -1 - n,
                new_uid(),
                draw(st.sampled_from(holders)),
                "articles",
                draw(st.sampled_from(GIVEN)),
                encode_filter(draw(st.sampled_from(FILTERS))),
                draw(st.sampled_from(FIELDS)),
            )
            for n in range(draw(st.integers(1, 5)))
        ]
        shares: dict[tuple[int, ...], Share] = {}
        for n in range(draw(st.integers(0, 6))):
            share = self.share(draw, -11 - n, [one.no for one in shares.values()])
            key = (share.stands_on, share.item, share.recipient)
            shares[(*key, n) if share.recipient == LINK else key] = share
        return [*rules, *self.sound(list(shares.values()))]

    def share(self, draw: Any, no: int, older: list[int]) -> Share:
        """Draw a share of an article."""
        now = self.library.clock()
        moments = st.sampled_from([None, None, None, now - 10, now + 10])
        to = draw(st.sampled_from((*self.people, self.library.team, EVERYONE, LINK)))
        kinds = {self.library.team: Kind.GROUP, EVERYONE: Kind.EVERYONE, LINK: Kind.LINK}
        return Share(
            no,
            no,
            new_uid(),
            draw(st.sampled_from([item.no for item in self.items.values()])),
            to,
            kinds.get(to, Kind.USER),
            draw(st.sampled_from([Role.VIEWER, Role.EDITOR, Role.MANAGER, Role.PREVIEWER, None])),
            draw(st.sampled_from((*self.people, *self.people[2:], *self.people[2:], OWNER))),
            self.library.root,
            "tests",
            hangs_on=draw(st.sampled_from([None, None, *older])),
            acts_as=draw(st.sampled_from([None, None, self.library.team, self.library.root])),
            mask=draw(st.sampled_from([Kind.NONE, Kind(63), Kind.USER])),
            starts=draw(moments),
            until=draw(moments),
            max_uses=draw(st.sampled_from([None, None, None, 2])),
            password=draw(st.sampled_from([None, None, None, "hash"])),
            made_at=now,
        )

    def sound(self, shares: list[Share]) -> list[Share]:
        """Leave out what hangs on a share that another one took the place of."""
        known = {share.no for share in shares}
        return [share for share in shares if share.hangs_on is None or share.hangs_on in known]

    def write(self, rows: list[Any]) -> list[Change]:
        """Write rows, and return what takes them away."""
        done = self.run(self.library.store.commit([Put(row) for row in rows]))
        return [Drop(type(row), (done.no(row.no),)) for row in rows]

    def askers(self, shares: list[Share]) -> list[Actor]:
        """Return everybody, and holders of passes, right and outdated ones."""
        passes = tuple(Pass(share.no, share.state_at) for share in shares)
        stale = tuple(Pass(share.no, share.state_at + 1) for share in shares)
        weak = Actor(self.library.root, actions=Action.READ)
        holders = (Actor(), Actor(None, passes), Actor(None, stale), Actor(self.library.ann, passes), weak)
        return [*holders, *map(Actor, self.people)]

    async def judged(self, actor: Actor) -> dict[Action, dict[str, Any]]:
        """Return what the judge says: by action, the keys and their fields (None: all)."""
        refs = tuple(item.no for item in self.items.values())
        judged = await judge(self.library.core, Look(actor, refs))
        rights = {key: judged.right(actor, item.no) for key, item in self.items.items()}
        return {action: {key: right.fields for key, right in rights.items() if right.may(action)} for action in ACTIONS}

    async def listed(self, actor: Actor) -> dict[Action, dict[str, Any]]:
        """Return what lists say: by action, the keys, and the fields that are shown of those that can be read."""
        found: dict[Action, dict[str, Any]] = {}
        for action in ACTIONS:
            asked = await authority(self.library.core, actor, action)
            query = Query((Pick("id"),), rows_of(asked.access.on("articles")))
            records = self.library.core.records
            assert records is not None
            rows = await records.read(asked.allowed, asked.catalog, "articles", query, asked.facts)
            found[action] = {str(row["id"]): await self.shown(actor, row["id"], action) for row in rows.rows}
        return found

    async def shown(self, actor: Actor, key: int, action: Action) -> Any:
        """Return the fields of a row that somebody may read, None for all; nothing is said for other actions."""
        if action is not Action.READ:
            return ...
        asked = await authority(self.library.core, actor, action)
        query = guarded(asked.catalog, "articles", Query((Pick("*"),), Compare("id", Op.EQ, key)), asked.access)
        records = self.library.core.records
        assert records is not None
        proof = allow_rows(actor, action, asked.access)
        (row,) = (await records.read(proof, asked.catalog, "articles", query, asked.facts)).rows
        names = frozenset(name for name, value in row.items() if value not in (None, []))
        return None if {"draft", "author"} & names else names


@pytest.fixture(scope="module")
def ground(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """The ground of all examples."""
    found = Ground(Path(shutil.copy(empty_database, tmp_path_factory.mktemp("law") / "library.db")))
    yield found
    found.run(found.library.store.close())
    found.loop.close()


@settings(max_examples=examples(20, 80), suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_lists_agree_with_the_judge(ground: Ground, data: st.DataObject) -> None:
    """For random rules and shares, a list holds a row, with these fields, exactly where the judge gives the right."""
    undo = ground.write(ground.world(data.draw))
    try:
        shares = ground.run(ground.library.rows(Share))
        for actor in ground.askers(shares):
            judged, listed = ground.run(ground.judged(actor)), ground.run(ground.listed(actor))
            for action in ACTIONS:
                assert listed[action].keys() == judged[action].keys(), (actor, action, shares)
            assert listed[Action.READ] == judged[Action.READ], (actor, shares)
    finally:
        ground.run(ground.library.store.commit(undo))


@settings(max_examples=examples(8, 20), suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_reach_gives_no_less_and_nothing_new_to_others(ground: Ground, data: st.DataObject) -> None:
    """Where shares follow relations, their own rows are still as the judge says, and no row is shown to others."""
    rows = ground.world(data.draw)
    far = [model.Share(**{**_fields(row), "reach": Reach.RELATIONS}) if isinstance(row, Share) else row for row in rows]
    undo = ground.write(far)
    try:
        shares = ground.run(ground.library.rows(Share))
        for actor in ground.askers(shares):
            judged, listed = ground.run(ground.judged(actor)), ground.run(ground.listed(actor))
            for action in ACTIONS:
                assert listed[action].keys() >= judged[action].keys(), (actor, action, shares)
            if not judged[Action.READ]:
                assert not listed[Action.READ], (actor, shares)
    finally:
        ground.run(ground.library.store.commit(undo))


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def test_uses_are_not_asked(ground: Ground) -> None:
    """Passes let in after the last use is handed out: the judge and the list say so alike."""
    link = ground.share(_first, -1, [])
    row = model.Share(**{**_fields(link), "recipient": LINK, "kind": Kind.LINK, "max_uses": 1, "role": Role.VIEWER})
    undo = ground.write([row])
    (share,) = ground.run(ground.library.rows(Share))
    undo += ground.write([Use(share.no, 1)])
    holder = Actor(None, (Pass(share.no, share.state_at),))

    assert ground.run(ground.listed(holder))[Action.READ] == ground.run(ground.judged(holder))[Action.READ] != {}
    ground.run(ground.library.store.commit(undo))


def _first(strategy: st.SearchStrategy[Any]) -> Any:
    """Draw the simplest value."""
    return strategy.elements[0] if hasattr(strategy, "elements") else None
