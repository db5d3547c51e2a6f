"""Every limit over every face: what is as large as it may be is answered, and one more is refused in its words."""

import re
import shutil
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from tests.trust.limits.reading import FACES, Case, Unmet, filled, sections, table
from tests.trust.town import FACES as TOWN
from tests.trust.town import HOST, Client, Reply, Town, again

from commonhold.core.core import Core
from commonhold.core.directory.basic import BasicCache
from commonhold.core.limits import Limits
from commonhold.http.app import App, build_app
from commonhold.http.rates import Rates
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import CountedSecrets, TestClock, make_core

PAGE: Final = Path(__file__).parents[3] / "docs/reference/limits.md"
CASES: Final = [one for one in table() if isinstance(one, Case)]


def bounds() -> dict[str, int | None]:
    """Return every limit that the page of limits names, with its value; None where there is none by default."""
    found: dict[str, int | None] = {}
    for line in PAGE.read_text().splitlines():
        if row := re.match(r"\| `?([^`|]+?)`? \| `?(\d+|none)`? \|", line):
            found[row[1]] = None if row[2] == "none" else int(row[2])
    return found


def test_every_limit_has_a_line_for_every_face() -> None:
    """A limit that is new on the page of limits, and so in the settings or among the constants, fails here.

    And so does a face that is new: for each pair there is a case, or the reason why there can be none.
    """
    known = {(one.limit, one.face) for one in table()}
    lacking = [f"{name}: {face}" for name in bounds() for face in FACES if (name, face) not in known]
    assert not lacking, f"write lines into tests/trust/limits/table.txt for {lacking}"


def test_every_section_is_about_one_limit() -> None:
    """No section is left over from a limit that is gone, none is there twice, and a constant has its own value."""
    names = [name for name, _, _ in sections()]
    assert len(names) == len(set(names))
    assert set(names) == bounds().keys()
    assert {f"limits.{name}" for name in Limits.__struct_fields__} <= set(names)
    odd = [name for name, value, _ in sections() if value and not name.startswith("limits.")]
    assert not odd, "constants have the value that the page tells"


def test_reasons_are_reasons() -> None:
    """Where a limit cannot be met, a sentence says why; no face has both a reason and a case."""
    unmet = {(one.limit, one.face): one.why for one in table() if isinstance(one, Unmet)}
    assert [pair for pair, why in unmet.items() if len(why.split()) < 3] == []
    assert not unmet.keys() & {(one.limit, one.face) for one in CASES}


@cache
def _app() -> App:
    return build_app(make_core(), TOWN.values())


def app_of(core: Core) -> App:
    """Serve a core by all faces: by one application, as making its routes takes longer than a case."""
    app = _app()
    app.core, app._basic, app.rates = core, BasicCache(), Rates(core.limits)
    return app


class Stage:
    """The town with one limit as small as the case has it."""

    def __init__(self, case: Case, first: Town, path: Path, folder: Path) -> None:
        """Take a copy of the town for each of the two requests."""
        self.case = case
        self.bound = case.value or bounds()[case.limit] or 0
        self._first, self._path, self._folder = first, path, folder
        self._towns: list[Town] = []
        self.names: dict[str, Any] = {}

    def town(self, less: int = 0) -> Town:
        """Open a copy of the town, with the limit, or ``less`` of it."""
        first, name = self._first, self.case.limit.removeprefix("limits.")
        own = {name: self.bound - less} if self.case.limit.startswith("limits.") else {}
        limits = Limits(**own, **self.case.sent.get("requires", {}))
        clock = TestClock(first.clock())
        copy = Path(shutil.copy(self._path, self._folder / f"{len(self._towns)}.db"))
        secrets = CountedSecrets(b"later")
        store = SqliteStore(copy, clock=clock)
        core = make_core(store=store, clock=clock, blobs=first.core.blobs, secrets=secrets, limits=limits)
        town = again(first, core, app=app_of(core))
        self._towns.append(town)
        self.names = names_of(town)
        return town

    async def close(self) -> None:
        """Close every copy."""
        for town in self._towns:
            await town.core.store.close()


def names_of(town: Town) -> dict[str, Any]:
    """Return what the town has, as lines name it."""
    found: dict[str, Any] = {}
    for path, item in town.items.items():
        found |= {f"uid {path}": item.uid, f"no {path}": item.no, f"id {path}": item.uid.replace("-", "")}
    for title, uid in town.group_uids.items():
        found |= {f"group {title}": uid, f"groupid {title}": uid.replace("-", "")}
    found |= {f"user {name}": no for name, no in town.numbers.items()}
    return found | {f"token {name}": token for name, token in town.tokens.items()}


@pytest.fixture
async def stage(case: Case, furnished: tuple[Town, Path], tmp_path: Path) -> AsyncIterator[Stage]:
    """What a case stands on; closed at its end."""
    found = Stage(case, *furnished, tmp_path)
    yield found
    await found.close()


async def prepared(stage: Stage, town: Town, n: int) -> None:
    """Do what comes before the request, and remember what the answers tell."""
    for step in stage.case.sent.get("before", []):
        for i in range(step.get("times", 1)):
            told = {name: one for name, one in step.items() if name not in ("keep", "times")}
            asked = filled(told, n, i, stage.names)
            method, _, path = asked.pop("ask").partition(" ")
            reply = await send(town, stage.case.face, asked.pop("as", "alice"), method, path, asked)
            assert not reply.refused, reply
            for name, where in step.get("keep", {}).items():
                stage.names[filled(name, n, i, stage.names)] = found_in(reply, where)


def found_in(reply: Reply, where: str) -> Any:
    """Return what an answer tells at a place: ``pairs.0.share``, or a header."""
    if where.startswith("header "):
        value = reply.headers[where.removeprefix("header ")]
        return value.partition(";")[0] if "cookie" in where else value.rpartition("/")[2]
    if where.startswith("cookie "):
        return reply.headers["set-cookie"].partition(where.removeprefix("cookie ") + "=")[2].partition(";")[0]
    value = reply.json
    for part in where.split("."):
        value = value[int(part)] if part.isdigit() else value[part]
    return value


async def send(town: Town, face: str, who: str, method: str, path: str, sent: dict[str, Any]) -> Reply:
    """Make a request as clients of its face do."""
    headers = {**sent.pop("headers", {})}
    client = town.client(who.removeprefix("by ")) if who.startswith("by ") else town.clients[who]
    if "address" in sent:
        client = Client(town.app, client.token, sent.pop("address"))
    if "cookie" in sent:
        headers["cookie"] = sent.pop("cookie")
    if "files" in sent:
        sent["files"] = [(field, (name, text.encode())) for field, name, text in sent["files"]]
    if "json" in sent:
        sent["content"] = msgspec.json.encode(sent.pop("json"))
        headers = {"content-type": "application/json", **headers}
    if path.startswith("/sharing"):
        where = "data" if method == "POST" else "params"
        sent[where] = {"f": "json", **sent.get(where, {})}
    if path.startswith(("/app", "/s/")):
        headers = {"origin": HOST, **headers}
    if path.startswith("/rest"):
        headers = {"accept": f"application/{'xml' if face == 'xml' else 'json'}", **headers}
    return await client(method, path, headers=headers, **sent)


async def asked(stage: Stage, town: Town, n: int, i: int) -> Reply:
    """Make the request of a case: as large as ``n``, for the ``i``-th time."""
    case = stage.case
    beside = ("before", "within", "count", "wait", "as", "requires", "least", "shrink")
    sent = {name: one for name, one in filled(case.sent, n, i, stage.names).items() if name not in beside}
    path = filled(case.path, n, i, stage.names)
    return await send(town, case.face, filled(case.sent.get("as", "alice"), n, i, stage.names), case.method, path, sent)


def tells(case: Case, reply: Reply) -> bool:
    """Tell whether an answer is the refusal that the case says."""
    said = f"{reply.text} {reply.headers.get('location', '')} {reply.headers.get('retry-after', '')}"
    return reply.status == case.status and case.said in said


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_one_more_than_the_limit(case: Case, stage: Stage) -> None:
    """What is as large as the limit is answered, one more is refused: clearly, and not as a mistake of ours.

    A refusal by 429 says when to come back.
    """
    n, more = stage.bound, -1 if case.sent.get("least") else 1
    town = stage.town()
    await prepared(stage, town, n)
    if case.sent.get("shrink"):
        within = [await asked(stage, town, n, 0)]
        town = stage.town(1)
        await prepared(stage, town, n)
        beyond = await asked(stage, town, n, 0)
    elif case.grows:
        within = [await asked(stage, town, n, 0)]
        town = stage.town()
        await prepared(stage, town, n + more)
        beyond = await asked(stage, town, n + more, 0)
    elif "wait" in case.sent:
        town.clock.advance(n + int(case.sent["wait"]))
        within = [await asked(stage, town, n, 0)]
        town.clock.advance(1 - int(case.sent["wait"]))
        beyond = await asked(stage, town, n, 1)
    else:
        times = int(case.sent.get("count", n))
        within = [await asked(stage, town, n, i) for i in range(times)]
        beyond = await asked(stage, town, n, times)
    assert [one for one in within if not fine(case, one)] == []
    assert tells(case, beyond), beyond
    assert beyond.status < 500 or beyond.status == 507, beyond
    if case.status == 429 or case.said == '"code":429':
        assert int(beyond.headers["retry-after"]) > 0, beyond


def fine(case: Case, reply: Reply) -> bool:
    """Tell whether an answer below the limit is right: done, or refused for the reason that the case has."""
    if "within" in case.sent:
        return reply.status == case.sent["within"] and not tells(case, reply)
    return not reply.refused and not tells(case, reply)
