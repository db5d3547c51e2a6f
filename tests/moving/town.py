"""An installation with shares of every kind, and all that it answers: what has to be the same after a move."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from tests.cli.conftest import in_process

from commonhold import wiring
from commonhold.cli.client import Api
from commonhold.cli.exits import Refused
from commonhold.cli.where import in_process as speak
from commonhold.core.directory.installation import acting
from commonhold.core.identity import Named
from commonhold.core.model import Item, Life, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.roles import Kind
from commonhold.settings import load

PEOPLE = ("alice", "bob", "carol")
ARTICLES = [{"id": 3, "title": "Ünïcode 🎈", "price": "12.50", "day": "2026-02-28"}, {"id": 7, "title": "two"}]
SHARES = (
    ("alice", "Plan.txt", "--with", "bob", "--role", "editor", "--note", "look"),
    ("alice", "Plan.txt", "--with", "Team", "--link", "--password", "a password", "--max-uses", "3"),
    ("alice", "Tree", "--with", "Team", "--expires", "2099-12-31"),
    ("alice", "Tree", "--with", "somebody@example.org"),
    ("alice", "Tree", "--with", "everyone", "--starts", "2098-01-01"),
    ("bob", "Own.txt", "--with", "carol", "--link"),
)


def furnish(data: Path) -> None:
    """Put files, folders, shares and a collection with rows into a data directory."""
    work = data.parent / "work"
    (work / "Tree" / "deep").mkdir(parents=True)
    for name in ("Plan.txt", "Own.txt", "Tree/one.txt", "Tree/deep/two.txt"):
        (work / name).write_text(f"the content of {name}\n" * 2000)
    (work / "Tree" / "empty.txt").touch()
    for user, path, *more in SHARES:
        ran = in_process("share", str(work / path), *more, "--no-serve", "--as", user, "--data", str(data))
        assert ran.code == 0, ran.err
    asyncio.run(_records(data))


async def _records(data: Path) -> None:
    fields = [
        {"name": "id", "type": "integer"},
        {"name": "title", "type": "text"},
        {"name": "price", "type": "decimal", "precision": 8, "scale": 2},
        {"name": "day", "type": "date"},
    ]
    settings = load({}, {"data": str(data)})
    async with wiring.open_core(settings) as core:
        actor = await acting(core, Named("alice", Kind.USER))
        async with speak(core, settings, actor) as api:
            await api.post("/collections", {"name": "articles", "key": "id", "fields": fields})
            await api.post("/collections/articles/rows", {"rows": ARTICLES})
            row = {"collection": "articles", "key": 3}
            await api.post("/shares", {"items": [row], "recipients": ["bob"], "role": "viewer"})


def everything(data: Path, **given: Any) -> dict[str, dict[str, Any]]:
    """Return what an installation answers: each share, each item with its audience and everybody's reasons, rows."""
    return asyncio.run(_everything(data, given))


async def _everything(data: Path, given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    settings = load({}, {"data": str(data), **given})
    async with wiring.open_core(settings) as core:
        people: dict[str, Api] = {}
        found: dict[str, dict[str, Any]] = {"shares": {}, "items": {}, "rows": {}, "found": {}}
        for name in PEOPLE:
            actor = await acting(core, Named(name, Kind.USER))
            async with speak(core, settings, actor, "http://127.0.0.1:1") as people[name]:
                for share in await _all(core, Share):
                    told = await _told(people[name], f"/shares/{share.uid}")
                    found["shares"].setdefault(share.uid, {})[name] = told
                for item in await _all(core, Item):
                    if item.life is Life.LIVE:
                        of = found["items"].setdefault(item.uid, {"kind": item.kind})
                        of[name] = [await _told(people[name], f"/items/{item.uid}/{ask}") for ask in _asks(item)]
                        of["content"] = of.get("content") or await _content(people[name], item)
                found["found"][name] = await _told(people[name], "/search?q=plan")
                found["rows"][name] = await _told(people[name], "/collections/articles/rows?limit=200")
    return found


def _asks(item: Item) -> tuple[str, ...]:
    del item
    return ("audience?limit=200", "why", *(f"why?user={name}" for name in PEOPLE))


async def _all(core: Any, row: Any) -> list[Any]:
    found: list[Any] = []
    after: tuple[Any, ...] | None = None
    while page := await core.store.rows(machine(), Rows(row, after=after)):
        found += page
        after = (page[-1].no,)
    return found


async def _told(api: Api, path: str) -> Any:
    path, _, query = path.partition("?")
    try:
        return await api.call("GET", path, **dict(one.split("=") for one in query.split("&") if one))
    except Refused as refused:
        return refused.name


async def _content(api: Api, item: Item) -> str | None:
    if item.version is None:
        return None
    try:
        async with api.stream("GET", f"/items/{item.uid}/content") as reply:
            return hashlib.sha256(await reply.aread()).hexdigest()
    except Refused:
        return None
