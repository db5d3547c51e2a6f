"""Folders, files, lists of what is shared, people: the table of cases, in JSON and XML, on every engine."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from tests.faces.filr.town import Reply, Town, again
from tests.faces.towns import copied

from commonhold.core.content.tree import ItemChange, change
from commonhold.core.identity import Named
from commonhold.core.model import EVERYONE
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.proposal import Asked, Proposal
from commonhold.core.sharing.propose import propose
from commonhold.core.terms import Terms
from commonhold.http.xml import iso
from commonhold.settings.values import Filr, Settings
from commonhold.testing.core import make_core

CASES = [
    msgspec.json.decode(line)
    for line in (Path(__file__).parent / "cases" / "content.jsonl").read_text("utf-8").splitlines()
]
QUICK = ("what is shared with me, once for each thing", "an upload", "roles on a shared folder", "nobody")
HOLE = re.compile(r"\{(\w+)(?::([^}]+))?\}")


def _marks(case: dict[str, Any]) -> Any:
    return pytest.param(case, id=case["name"], marks=() if case["name"] in QUICK else pytest.mark.slow)


class Story:
    """One case under way: what it keeps of replies, and what stands for its holes."""

    def __init__(self, town: Town, form: str) -> None:
        """Begin at this moment."""
        self.town, self.form = town, form
        self.kept: dict[str, Any] = {}
        self.since = town.clock()

    def filled(self, value: Any) -> Any:
        """Return a value with its holes filled; a text that is nothing but a number's hole becomes the number."""
        if isinstance(value, dict):
            return {name: self.filled(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if not isinstance(value, str):
            return value
        whole = HOLE.fullmatch(value)
        return self._hole(whole) if whole else HOLE.sub(lambda found: str(self._hole(found)), value)

    def _hole(self, found: re.Match[str]) -> Any:
        word, what = found[1], found[2] or ""
        if word == "uid":
            return self.town.items[what].uid
        if word in ("no", "user"):
            return self.town.no(what)
        if word in ("iso", "now"):
            return iso(self.since) if word == "iso" else self.since
        return self.kept[word]

    async def step(self, step: dict[str, Any]) -> None:
        """Do one step, and look at what came of it."""
        town = self.town
        match step:
            case {"advance": time}:
                town.clock.advance(time)
                self.since = town.clock()
            case {"file": path}:
                await town.file(path)
            case {"restrict": path}:
                owner = town.actor(path.split("/")[1])
                await change(town.core, owner, town.items[path].no, ItemChange(inherits=False))
            case {"give": [path, to, role, *life]}:
                terms = Terms(until=town.clock() + life[0]) if life else Terms()
                await town.give(path, self._whom(to), Role(role), terms=terms)
            case {"pass": [who, path, to, role]}:
                proposal = Proposal((Asked(town.items[path].uid),), (self._whom(to),), Role(role))
                assert (await propose(town.core, town.actor(who), proposal)).refused() is None
            case _:
                await self.ask(step)

    def _whom(self, name: str) -> int | Named:
        if name == "everyone":
            return EVERYONE
        return Named(name, Kind.GROUP if name in ("team", "crew") else Kind.USER)

    async def ask(self, step: dict[str, Any]) -> None:
        """Send a request, and compare the reply with all that the step says of it."""
        method, _, path = step["do"].partition(" ")
        more: dict[str, Any] = {"headers": dict(step.get("headers", {}))}
        if "octets" in step:
            more["content"] = step["octets"].encode()
            more["headers"]["content-type"] = "application/octet-stream"
        if "form" in step:
            name, text = step["form"]
            more["files"] = {"file": (name, text.encode())}
        path = quote(str(self.filled(path)), safe="/?&=%*:,")
        client = self.town.clients[step["who"]].speaking(self.form)
        if step["who"] == "nobody":
            client = type(client)(self.town.app, form=self.form)
        reply = await client(method, path, self.filled(step.get("body")), **more)
        assert reply.status == step.get("status", 200), reply
        if "keep" in step:
            self.kept[step["keep"]] = reply.data["id"]
        for name, look in LOOKS.items():
            if name in step:
                look(reply, self.filled(step[name]))


def includes(found: Any, wanted: Any, where: str = "") -> None:
    """Assert that what is wanted is there; more may be."""
    if isinstance(wanted, dict):
        assert isinstance(found, dict), where
        for name, one in wanted.items():
            assert name in found, f"{where}.{name}"
            includes(found[name], one, f"{where}.{name}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), where
        for one, other in zip(found, wanted, strict=True):
            includes(one, other, where)
    else:
        assert found == wanted, where


def _title(item: dict[str, Any]) -> str:
    return str(item.get("title", item.get("name")))


def _titles(reply: Reply, wanted: list[str]) -> None:
    assert [_title(one) for one in reply.data["items"] or []] == wanted


def _anyhow(reply: Reply, wanted: list[str]) -> None:
    """In whatever order."""
    assert sorted(_title(one) for one in reply.data["items"]) == sorted(wanted)


def _shares(reply: Reply, wanted: list[list[str]]) -> None:
    assert [sorted(share["role"] for share in one["shares"]) for one in reply.data["items"]] == wanted


def _tree(reply: Reply, wanted: list[Any]) -> None:
    assert _nested(reply.data["children"]) == wanted


def _nested(children: Any) -> list[Any]:
    found: list[Any] = []
    for child in children or []:
        found.append(child["item"]["title"])
        inside = _nested(child["children"])
        found += [inside] if inside else []
    return found


def _rels(reply: Reply) -> set[str]:
    return {link["rel"] for link in reply.data["links"]}


def _has_rels(reply: Reply, wanted: list[str]) -> None:
    assert set(wanted) <= _rels(reply)


def _has_no_rels(reply: Reply, wanted: list[str]) -> None:
    assert _rels(reply).isdisjoint(wanted)


def _code(reply: Reply, wanted: str) -> None:
    assert reply.refusal[1] == wanted


def _lacks(reply: Reply, wanted: list[str]) -> None:
    assert reply.data.keys().isdisjoint(wanted)


def _hides(reply: Reply, wanted: list[str]) -> None:
    assert not any(one in reply.text for one in wanted)


def _changes(reply: Reply, wanted: list[str]) -> None:
    assert sorted(f"{one['action']} {one['type']}" for one in reply.data["items"] or []) == wanted
    dates = [one["date"] for one in reply.data["items"] or []]
    assert dates == sorted(dates)


LOOKS: dict[str, Callable[[Reply, Any], None]] = {
    "titles": _titles,
    "anyhow": _anyhow,
    "names": lambda reply, wanted: includes([one["name"] for one in reply.data["items"]], wanted),
    "numbers": lambda reply, wanted: includes([one["version_number"] for one in reply.data["items"]], wanted),
    "shares": _shares,
    "tree": _tree,
    "is": lambda reply, wanted: includes(reply.data, wanted),
    "item": lambda reply, wanted: includes(reply.data["items"][0], wanted),
    "rels": _has_rels,
    "norels": _has_no_rels,
    "code": _code,
    "lacks": _lacks,
    "hides": _hides,
    "changes": _changes,
    "bytes": lambda reply, wanted: includes(reply.text, wanted),
    "media": lambda reply, wanted: includes(reply.headers["content-type"].partition(";")[0], wanted),
}


@pytest.mark.parametrize("case", [_marks(case) for case in CASES])
async def test_content(town: Town, form: str, case: dict[str, Any]) -> None:
    """Each step of a case is answered as the statement that it proves says."""
    story = Story(town, form)
    for step in case["steps"]:
        await story.step(step)


@pytest.mark.parametrize(("dates", "form"), [("number", "json"), ("iso", "json"), ("number", "xml"), ("iso", "xml")])
async def test_dates(furnished: Town, dates: str, form: str) -> None:
    """JSON tells milliseconds, or texts if settings say so; XML texts; and each of them is taken for ``since``."""
    core = make_core(store=copied(furnished), blobs=furnished.core.blobs, clock=furnished.core.clock)
    town = again(furnished, core, Settings(filr=Filr(dates=dates)))  # type: ignore[arg-type]
    found = await town.alice.speaking(form).get(f"/folders/{town.no('/alice/docs')}")
    at = found["creation"]["date"]
    assert at == (town.clock() if (dates, form) == ("number", "json") else iso(town.clock()))
    for since in (at, f"{town.clock()}.0", str(town.clock())):
        changes = await town.alice.get(f"/self/my_files/library_changes?since={since}")
        assert changes["total"] == 6
