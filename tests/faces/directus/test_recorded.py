"""The recorded cases of the real system, group by group, on the engines that keep records."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.databases import placed
from tests.faces.directus.recorded import Run, load, overruled
from tests.faces.directus.recording import recorded_town
from tests.faces.directus.scenes import BEFORE, SETUP, access, asked_as
from tests.loops import apart
from tests.postgres import Server, on_postgres

from commonhold.core.core import Core
from commonhold.core.directory.installation import acting
from commonhold.core.directory.tokens import create_token
from commonhold.core.ports import Store
from commonhold.faces.directus.face import FACE
from commonhold.http.app import build_app
from commonhold.store.postgres.store import PostgresStore
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import TestClock, make_core

pytestmark = pytest.mark.slow

GROUPS = load()
OTHERWISE = overruled()
WHEN = 1_795_316_541_000  # the day of the recording


def _fixture_in(open_store: Callable[[], Store]) -> dict[str, Any]:
    """Run the fixture of the cases in a store, and return what it says about it."""

    async def build() -> dict[str, Any]:
        core = make_core(store=open_store(), clock=TestClock(WHEN))
        _, facts = await recorded_town(core)
        await core.store.close()
        return facts

    return apart(build())


@pytest.fixture(scope="module")
def in_file(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The file after the fixture of the cases, and what that says about it."""
    path = placed(empty_database, tmp_path_factory.mktemp("recorded"))
    return path, _fixture_in(lambda: SqliteStore(path, clock=TestClock(WHEN)))


@pytest.fixture(scope="module")
def in_postgres(postgres: Server) -> tuple[str, dict[str, Any]]:
    """The database after the fixture of the cases, and what that says about it."""
    url = postgres.fresh()
    return url, _fixture_in(lambda: PostgresStore(url, clock=TestClock(WHEN)))


@pytest.fixture(params=["sqlite", "postgres"])
async def run(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Run]:
    """A copy of it, for one group."""
    clock = TestClock(WHEN)
    if request.param == "postgres":
        url, told = request.getfixturevalue("in_postgres")
        store: Store = on_postgres(request, clock, url)
    else:
        path, told = request.getfixturevalue("in_file")
        store = SqliteStore(Path(shutil.copy(path, tmp_path / "commonhold.db")), clock=clock)
    core: Core = make_core(store=store, clock=clock)
    facts = {**told, "core": core}
    token = await create_token(core, await acting(core))
    facts["admin"] = {**facts["admin"], "token": token.secret}
    yield Run(build_app(core, [FACE]), facts)
    await core.store.close()


def _expected(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case as we answer it: as recorded, or as the table of what is overruled says."""
    other = OTHERWISE.get(case["case"])
    if other is None:
        return case
    bare = {name: value for name, value in case.items() if name != "answer"}
    return {**bare, **{name: value for name, value in other.items() if name != "reason"}}


@pytest.mark.parametrize("group", GROUPS)
async def test_recorded(run: Run, group: str) -> None:
    """Each case is answered as recorded, or as the table of decisions says."""
    if group in SETUP:
        await SETUP[group](run)
    wrong = []
    for case in GROUPS[group]:
        if group == "access":
            await access(run, case)
        if case["case"] in BEFORE:
            await BEFORE[case["case"]](run)
        reply = await run.send(asked_as(case))
        difference = run.differs(_expected(case), reply)
        if difference is not None:
            wrong.append(f"{case['case']} ({case['method']} {case['path'][:80]}): {difference}")
        run.keep(reply)
    assert not wrong, f"{len(wrong)} of {len(GROUPS[group])}:\n" + "\n".join(wrong)


def test_what_is_overruled_is_recorded_and_has_a_reason() -> None:
    """The table of decisions names cases that exist, each with its reason."""
    names = {case["case"] for group in GROUPS.values() for case in group}
    assert set(OTHERWISE) <= names
    assert all(one["reason"] and "status" in one for one in OTHERWISE.values())
    assert sum(map(len, GROUPS.values())) == 534
    assert msgspec.json.encode(OTHERWISE)
