"""Lines of an installation: written, taken in elsewhere, and written again the same but for numbers and secrets."""

import asyncio
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhold.core.changes import Put
from commonhold.core.content.files import put
from commonhold.core.content.opening import open_content
from commonhold.core.core import Core
from commonhold.core.directory.groups import VISIBLE
from commonhold.core.identity import Actor
from commonhold.core.model import (
    EVERYONE,
    LINK,
    MAIN_ORG,
    Allowance,
    Block,
    GroupTerms,
    Item,
    Life,
    LinkKey,
    Note,
    Password,
    Principal,
    Share,
    Space,
    State,
    Use,
    Version,
)
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Kind, Role
from commonhold.core.sharing.finding import decide
from commonhold.core.sharing.links import secret_of
from commonhold.moving.exchange import lines
from commonhold.moving.exchange.arriving import Options, Report
from commonhold.moving.exchange.export import export
from commonhold.moving.exchange.importing import take_in
from commonhold.moving.exchange.reading import pages
from commonhold.testing.build import Builder, new_uid
from commonhold.testing.core import CountedSecrets, make_core

ROLES = (*Role, None)


async def written(core: Core, *, contents: bool = True) -> bytes:
    """Export everything."""
    out = io.BytesIO()
    await export(core.store, core.secrets, out.write, contents=contents, program="tests", now=core.clock())
    return out.getvalue()


async def taken(core: Core, text: bytes, **options: Any) -> Report:
    """Import everything."""
    return await take_in(core, io.BytesIO(text), Options(**options), lambda done, total: None)


async def every(core: Core, table: Any) -> list[Any]:
    """Return all rows of a table."""
    return [row async for page in pages(core.store, table) for row in page]


def elsewhere(core: Core | None = None) -> Core:
    """Return an empty installation with a key of its own, which keeps its bytes where ``core`` does."""
    return make_core(secrets=CountedSecrets(b"elsewhere"), blobs=core.blobs if core else None)


def plain(text: bytes) -> list[str]:
    """Return lines in any order, without what links are called, and without passwords that were left behind."""
    found = []
    for line in text.splitlines():
        told = json.loads(line)
        if told.get("kind") == "link":
            del told["id"]
        if len(told.get("hangs_on", "")) == len("f29356f3a29f4ece8f7902c30c4a4273761506d2"):
            told["hangs_on"] = "a link"
        told.pop("password", None)
        found.append(json.dumps(told, sort_keys=True))
    return sorted(found[:-1])


def made(report: Report) -> dict[str, int]:
    """Return how many lines of each type were made into something."""
    return {name: tally.made for name, tally in report.counts.items() if tally.made}


# --- the law


async def _people(build: Builder, draw: Any) -> tuple[list[int], list[int]]:
    users = [await build.user(f"user{n}", admin=draw(st.booleans())) for n in range(draw(st.integers(2, 4)))]
    groups: list[int] = []
    for n in range(draw(st.integers(0, 3))):
        group = await build.group(f"Group {n}", owner=users[0])
        await build.put(GroupTerms(group, view_only=draw(st.booleans()), visible=draw(st.sampled_from(VISIBLE))))
        for user in draw(st.sets(st.sampled_from(users))):
            await build.join(group, user)
        if groups and draw(st.booleans()):
            await build.nest(group, draw(st.sampled_from(groups)))
        groups.append(group)
    groups.append(await build.mail("somebody@example.org", *users[: draw(st.integers(0, 1))]))
    if draw(st.booleans()):
        await build.put(Allowance(users[0], kinds=Kind.USER | Kind.MAIL, domains='["example.org"]', quota=10**9))
        await build.put(Block(users[0], EVERYONE, 5), Block(users[1], users[0], 6))
    return users, groups


async def _items(core: Core, build: Builder, users: Sequence[int], draw: Any) -> list[int]:
    tops = {user: await build.space(user, MAIN_ORG) for user in users}
    folders, items = list(tops.values()), list[int]()
    for n in range(draw(st.integers(0, 8))):
        parent = draw(st.sampled_from(folders))
        kind = draw(st.sampled_from((ItemKind.FOLDER, ItemKind.FILE, ItemKind.APP)))
        life = draw(st.sampled_from((Life.LIVE, Life.LIVE, Life.LIVE, Life.TRASHED)))
        if kind is ItemKind.FILE and life is Life.LIVE:
            owner = next(user for user, top in tops.items() if top in (parent, tops[user]))
            blob = await core.blobs.receive(_once(f"content {n}".encode() * n), limit=1000)
            folder = await build.get(Item, parent)
            facts: Any = {"size": blob.size, "sha256": blob.sha256, "media": "text/plain"}
            row = Item(-1, new_uid(), folder.space, parent, kind, f"ü {n}.txt", f"ü {n}.txt", version=-2, **facts)
            await build.put(row, Version(-2, -1, 1, blob.key, made_by=owner, made_at=n, **facts))
            items.append((await every(core, Item))[-1].no)
            continue
        columns = {"url": "https://example.org/"} if kind is ItemKind.APP else {}
        more = {"attributes": '{"title":"T"}', "inherits": draw(st.booleans()), "life": life, **columns}
        items.append(await build.item(parent, f"item {n}", kind, **more))
        if kind is ItemKind.FOLDER:
            folders.append(items[-1])
    return [*tops.values(), *items]


async def _once(content: bytes) -> Any:
    yield content


async def _shares(build: Builder, users: Sequence[int], groups: Sequence[int], items: Sequence[int], draw: Any) -> None:
    known: dict[tuple[int, int, int], int] = {}
    for _ in range(draw(st.integers(0, 10))):
        item, to = draw(st.sampled_from(items)), draw(st.sampled_from((*users, *groups, EVERYONE, LINK, MAIN_ORG)))
        backer = draw(st.sampled_from((0, *users)))
        if to != LINK and (backer, item, to) in known:
            continue
        columns: dict[str, Any] = {
            "stands_on": backer,
            "mask": draw(st.sampled_from((Kind.NONE, Kind.USER | Kind.GROUP))),
            "until": draw(st.sampled_from((None, 5))),
            "max_uses": draw(st.sampled_from((None, 3))),
            "hangs_on": draw(st.sampled_from((None, None, *known.values()))),
            "acts_as": draw(st.sampled_from((None, None, *groups))),
        }
        share = await build.share(item, to, draw(st.sampled_from(ROLES)), **columns)
        known[backer, item, to] = share
        if draw(st.booleans()):
            await build.put(Note(share, "a note ✎"), Use(share, 2, 7))


@given(st.data())
@settings(max_examples=12, deadline=None)
@pytest.mark.slow
def test_round_trip(data: st.DataObject) -> None:
    """Whatever an installation holds: what an empty one took in of it is written the same; a second time is nothing."""

    async def run() -> None:
        core = make_core()
        build = Builder(core.store)
        users, groups = await _people(build, data.draw)
        await _shares(build, users, groups, await _items(core, build, users, data.draw), data.draw)
        text, other = await written(core), elsewhere(core)
        report = await taken(other, text)
        assert not report.left_out
        again = await written(other)
        assert plain(again) == plain(text)
        assert made(await taken(other, text)) == {}
        assert made(await taken(core, text)) == {}
        assert plain(await written(other)) == plain(text)
        assert json.loads(again.splitlines()[-1])["counts"] == json.loads(text.splitlines()[-1])["counts"]

    asyncio.run(run())


# --- what comes in


async def _town() -> tuple[Core, dict[str, int]]:
    """Make an installation: alice's folder with a file, shared with bob, by a link, and by one with a password."""
    core = make_core()
    build = Builder(core.store)
    alice, bob = await build.user("alice"), await build.user("bob")
    team = await build.group("Team", bob, owner=alice)
    top = await build.space(alice, MAIN_ORG)
    folder = await build.folder(top, "Papers")
    file = (await put(core, Actor(alice), folder, "a.txt", _once(b"content"))).no
    to_bob = await build.share(folder, bob, Role.EDITOR, stands_on=alice, mask=Kind.GROUP)
    below = await build.share(file, team, stands_on=bob, hangs_on=to_bob)
    link = await build.share(file, LINK)
    locked = await build.share(file, LINK, password=await core.hasher.hash("secret word"))
    await build.put(Password(alice, "a hash of alice", 1))
    names = {"alice": alice, "bob": bob, "file": file, "link": link, "locked": locked, "below": below}
    return core, names


async def test_nothing_opens_anything() -> None:
    """No hash, password, secret or digest is in the file, and not the uid of a link either, as that opens it."""
    core, names = await _town()
    text = (await written(core)).decode()
    rows = {row.no: row for row in await every(core, Share)}
    for no in (names["link"], names["locked"]):
        assert rows[no].uid not in text
        assert secret_of(core, rows[no]) not in text
    assert "hash" not in text
    assert "quick:" not in text
    assert rows[names["below"]].uid in text


async def test_links_get_new_secrets() -> None:
    """A link that comes in has another uid and another secret, which the file does not tell; others keep their uids."""
    core, names = await _town()
    other = elsewhere(core)
    await taken(other, await written(core))
    before = {row.no: row for row in await every(core, Share)}
    after = await every(other, Share)
    (link,) = [row for row in after if row.kind is Kind.LINK]
    assert link.uid != before[names["link"]].uid
    assert secret_of(other, link) != secret_of(core, before[names["link"]])
    assert {row.uid for row in after if row.kind is not Kind.LINK} < {row.uid for row in before.values()}
    assert [row.no for row in await every(other, LinkKey)] == [link.no]


async def test_rights_come_along() -> None:
    """Who might do what may do it there: through shares, and through those that hang on them."""
    core, names = await _town()
    other = elsewhere(core)
    await taken(other, await written(core))
    people = {row.uid: row.no for row in await every(other, Principal)}
    here = {row.no: row.uid for row in await every(core, Principal)}
    item = next(row.no for row in await every(other, Item) if row.name == "a.txt")
    for name in ("alice", "bob"):
        before = await decide(core, Actor(names[name]), names["file"])
        after = await decide(other, Actor(people[here[names[name]]]), item)
        assert after.actions == before.actions
    (space,) = [row for row in await every(other, Space) if row.used]
    assert space.used == len(b"content")


async def test_a_password_has_to_be_given() -> None:
    """A share with a password is left out by name, with what hangs on it, unless a new password comes with it."""
    core, names = await _town()
    text, other = await written(core), elsewhere(core)
    report = await taken(other, text)
    assert [(one.type, one.reason) for one in report.left_out] == [("share", "password_needed")]
    (left_out,) = report.left_out
    assert json.loads(text.splitlines()[left_out.line - 1])["id"] == left_out.id
    report = await taken(other, text, passwords={left_out.id: "a new word"})
    assert made(report) == {"share": 1}
    (locked,) = [row for row in await every(other, Share) if row.password]
    assert await other.hasher.verify(locked.password, "a new word")
    assert locked.state_at > 0
    assert names["locked"]


async def test_what_is_there_stays() -> None:
    """People and folders of the same name are the same; a file in the place of another one is left out by name."""
    core, _ = await _town()
    other = elsewhere(core)
    build = Builder(other.store)
    alice = await build.user("Alice", state=State.SUSPENDED)
    top = await build.space(alice, MAIN_ORG)
    folder = await build.folder(top, "Papers")
    await build.item(folder, "a.txt")
    report = await taken(other, await written(core))
    assert {(one.type, one.reason) for one in report.left_out} == {
        ("item", "name_collides"),
        ("share", "unknown_item"),
        ("share", "unknown_item"),
    }
    assert report.counts["person"].there == report.counts["space"].there == report.counts["item"].there == 1
    assert (await build.get(Principal, alice)).state is State.SUSPENDED
    assert made(report) == {"person": 1, "group": 1, "member": 2, "share": 1}


async def test_bytes(tmp_path: Path) -> None:
    """Bytes are proved: those in place, and those in the folder of another installation; without them no file."""
    core, _ = await _town()
    text = await written(core)
    (version,) = await every(core, Version)
    report = await taken(elsewhere(), text)
    assert ("item", "bytes_missing") in {(one.type, one.reason) for one in report.left_out}
    folder = tmp_path / version.blob[0] / version.blob[1]
    folder.mkdir(parents=True)
    (folder / version.blob).write_bytes(b"CONTENT")
    report = await taken(elsewhere(), text, folder=tmp_path)
    assert ("item", "bytes_damaged") in {(one.type, one.reason) for one in report.left_out}
    (folder / version.blob).write_bytes(b"content")
    other = elsewhere()
    report = await taken(other, text, folder=tmp_path, passwords={})
    assert {one.reason for one in report.left_out} == {"password_needed"}
    (copied,) = await every(other, Version)
    assert copied.blob != version.blob
    assert copied.sha256 == version.sha256


async def test_without_bytes() -> None:
    """Without bytes a file is a name: it is there, and its content is not found."""
    core, _ = await _town()
    other = elsewhere()
    report = await taken(other, await written(core), contents=False)
    assert {one.reason for one in report.left_out} == {"password_needed"}
    file = next(row for row in await every(other, Item) if row.name == "a.txt")
    owner = next(row for row in await every(other, Space) if row.no == file.space).owner
    with pytest.raises(Problem, match="not_found"):
        await open_content(other, Actor(owner), file.no)
    assert set(plain(await written(other, contents=False))) <= set(plain(await written(core, contents=False)))


CUT: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda text: b"",
    "no export": lambda text: b'{"type":"person"}\n',
    "no end": lambda text: b"\n".join(text.splitlines()[:-1]) + b"\n",
    "in a line": lambda text: text[: len(text) // 2],
    "a line less": lambda text: b"\n".join(text.splitlines()[:3] + text.splitlines()[4:]) + b"\n",
    "another order": lambda text: b"\n".join((text.splitlines()[0], *text.splitlines()[-2:0:-1])) + b"\n",
    "newer": lambda text: text.replace(b'"version":1', b'"version":2', 1),
    "twice": lambda text: text + text,
    "a field too many": lambda text: text.replace(b'"name":"bob"', b'"name":"bob","password":"x"', 1),
}


@pytest.mark.parametrize("how", CUT)
async def test_an_odd_file_changes_nothing(how: str) -> None:
    """A file that is cut, changed, or of a newer program is refused, before anything of it is taken in."""
    core, _ = await _town()
    other = elsewhere(core)
    before = await other.store.instance()
    with pytest.raises(lines.Unreadable):
        await taken(other, CUT[how](await written(core)))
    assert await other.store.instance() == before


REFUSED = {
    '"name":"bob"': ('"name":"b/ob"', "bad_name"),
    '"name":"a.txt"': ('"name":"a\\u0007.txt"', "name_forbidden"),
    '"name":"Papers"': ('"name":""', "name_empty"),
    '"kind":"user"': ('"kind":"group"', "unknown_recipient"),
    '"level":"manager"': ('"level":"member"', None),
    '"may_pass_on_to":["group"]': ('"may_pass_on_to":["nobody"]', "invalid_field"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_an_odd_line_is_left_out(what: str) -> None:
    """What nobody could make here is left out by name, with whatever stands on it, and the rest comes in."""
    core, _ = await _town()
    instead, reason = REFUSED[what]
    text = (await written(core)).replace(what.encode(), instead.encode())
    report = await taken(elsewhere(core), text)
    reasons = {one.reason for one in report.left_out}
    assert reason is None or reason in reasons
    assert sum(made(report).values()) > 2


async def test_somebody_is_faster() -> None:
    """Where others change people or places between look and commit, it is looked at again; nothing is made twice."""
    core, _ = await _town()
    other = elsewhere(core)
    commit, turns = other.store.commit, [0]

    async def slower(changes: Any, guards: Any = ()) -> Any:
        turns[0] += 1
        if turns[0] % 2:  # each first try
            await commit([Put(Principal(-1, new_uid(), Kind.GROUP))])
        return await commit(changes, guards)

    other.store.commit = slower  # type: ignore[method-assign]
    report = await taken(other, await written(core))
    assert made(report)["item"] == 2
    assert {one.reason for one in report.left_out} == {"password_needed"}
    assert len([row for row in await every(other, Item) if row.name == "a.txt"]) == 1
