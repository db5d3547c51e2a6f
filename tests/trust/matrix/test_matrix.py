"""The matrix: every route of every face, asked for things of every kind by everybody, judged by the naive evaluator."""

import os
import random
from pathlib import Path

import httpx2
import msgspec
import pytest
from tests.trust.matrix.declared import FACES, declared, read, undecided, unknown
from tests.trust.matrix.factors import CALLERS, ROLES, WAYS, Cell, routes, sample
from tests.trust.matrix.ground import lay
from tests.trust.matrix.running import Grounds, run
from tests.trust.matrix.scene import stand
from tests.trust.matrix.verdict import leaks, wrong
from tests.trust.town import Reply

from commonhold.http.face import Route

HOW = """Write a line for it into tests/trust/matrix/tables/{face}.txt:

    METHOD PATH | DECISION | kinds | what is sent

as the routes around it have them; tests/trust/matrix/declared.py says what the words mean, and docs/decisions/0130 why.
For a page that shows an item:  GET /app/items/{{item}} | person, read item"""


@pytest.mark.parametrize("face", FACES)
def test_a_route_without_a_decision_fails(face: str) -> None:
    """Every route in the route table says in the table of its face whose right decides on it."""
    lacking = undecided(face)
    assert not lacking, f"{lacking}\n{HOW.format(face=face)}"


@pytest.mark.parametrize("face", FACES)
def test_every_line_is_about_one_route(face: str) -> None:
    """No line is left over from a route that is gone, and no two are about the same one."""
    assert not unknown(face)
    assert declared(face)


def test_a_new_route_appears_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A route that is added to a face is looked for in the table without anything being told."""
    face = FACES["native"]
    new = msgspec.structs.replace(face.routes[0], path="/api/v1/new")
    monkeypatch.setitem(FACES, "native", msgspec.structs.replace(face, routes=(*face.routes, new)))
    assert undecided("native") == [f"{new.method} /api/v1/new"]


def test_a_sample_has_every_route_and_every_pair() -> None:
    """Whatever the seed: each route once, and nearly all pairs of role, way and caller."""
    cells = list(sample(random.Random().randrange(10**6)))
    assert [cell.route.name for cell in sorted(cells, key=lambda one: one.route.name)] == sorted(
        one.name for one in routes()
    )
    pairs = {(cell.way, cell.caller) for cell in cells}
    assert len(pairs) > 0.9 * len(WAYS) * len(CALLERS)
    assert len({(cell.role, cell.way) for cell in cells}) == len(ROLES) * len(WAYS)


@pytest.mark.parametrize(
    ("decision", "told"),
    [("manage item", "was done"), ("at most manage item", "was done"), ("delete item", "was done")],
)
async def test_the_matrix_sees_a_door_that_forgets_to_ask(decision: str, told: str) -> None:
    """If a route gave a viewer what it must not, the cell would say so: here the table asks for more than the route."""
    route = _route("GET /api/v1/items/{item}")
    strict = read("native", route, [decision])
    ground = await lay()
    assert [one[: len(told)] for one in await wrong(ground, Cell(strict, "file", "viewer", "user", "recipient"))] == [
        told
    ]
    asks = read("native", route, ["read item"])
    assert await wrong(ground, Cell(asks, "file", "viewer", "user", "recipient")) == []


async def test_the_matrix_sees_what_an_answer_tells_too_much() -> None:
    """Names and bytes of what the caller may not read are found in whatever answer holds them."""
    ground = await lay()
    cell = Cell(read("native", _route("GET /api/v1/shares"), ["self"]), "file", "previewer", "user", "recipient")
    scene = await stand(ground, cell)
    said = "n4me-file c0ntent-file n4me-app n4me-shelf n4me-child"
    told = leaks(ground, cell, scene, Reply(httpx2.Response(200, text=said)))
    assert told == ["c0ntent-file", "n4me-app", "n4me-shelf", "n4me-child"]


def _route(name: str) -> Route:
    return next(one for one in FACES["native"].routes if f"{one.method} {one.path}" == name)


def _seed() -> int:
    return int(os.environ.get("COMMONHOLD_SEED") or random.SystemRandom().randrange(10**6))


async def _asked(grounds: Grounds, cells: list[Cell], seed: int) -> None:
    asked, found = await run(grounds, cells)
    print(f"COMMONHOLD_SEED={seed}: {asked} cells")
    assert not found, f"COMMONHOLD_SEED={seed}\n" + "\n".join(found)


async def test_some_cells() -> None:
    """A small sample of cells on the engine in memory: the quick lane looks at what is asked for most."""
    seed = _seed()
    some = [cell for cell in sample(seed) if cell.route.judged and cell.route.face in ("native", "filr", "arcgis")]
    ground = await lay()
    await _asked(Grounds(ground, ground), [cell for cell in some if cell.kind != "record"][:40], seed)


@pytest.mark.slow
async def test_every_route_is_as_the_oracle_says(tmp_path: Path) -> None:
    """Every route once, every pair of kind, role, way and caller: answered or refused as the formula's words say.

    And whatever is refused told nothing and changed nothing. Further cells: ``python -m tests.trust.matrix --all``.
    """
    seed = _seed()
    await _asked(await Grounds.laid(tmp_path), list(sample(seed)), seed)
