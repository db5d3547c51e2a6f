"""Races between real processes: whoever lost his access is refused everywhere, and numbers come out exactly."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.postgres import Server
from tests.searching import examples
from tests.trust.place import Place, Running, alone, furnished, serving
from tests.trust.races.counts import COUNTS, QUOTA
from tests.trust.races.enemies import SCENES, play
from tests.trust.races.stage import on_stage

pytestmark = pytest.mark.slow

SEED = random.SystemRandom().randrange(1 << 32)
ROUNDS = {"withdraw × read": examples(10, 30), "password change × pass": 4}
LIMITS = {"COMMONHOLD_LIMITS_QUOTA": str(QUOTA)}


@pytest.fixture(scope="module", params=["sqlite, 4 workers", "postgres, 2 workers"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of several processes, on each engine that several processes may share."""
    data: Path = tmp_path_factory.mktemp("races") / "data"
    if request.param.startswith("postgres"):
        server: Server = request.getfixturevalue("postgres")
        place: Place = furnished(data, server.bare())
        with serving(place, 2, more=LIMITS) as found:
            yield found
        assert place.database is not None
        server.drop(place.database)
    else:
        with serving(furnished(data), 4, more=LIMITS) as found:
            yield found
    shutil.rmtree(data)


@pytest.mark.parametrize("name", SCENES)
def test_the_new_enemy(running: Running, name: str) -> None:
    """A request that began after the loss of access was acknowledged is refused, whichever process is asked."""

    async def run() -> dict[str, int]:
        async with on_stage(running, random.Random(SEED)) as stage:
            return await play(SCENES[name](stage), ROUNDS.get(name, 5))

    done = alone(run())
    assert done["reads after the acknowledgement"] >= done["rounds"] * running.workers, SEED


@pytest.mark.parametrize("name", COUNTS)
def test_numbers_that_must_come_out(running: Running, name: str) -> None:
    """Whatever many people do at the same moment, as much happens as may happen, and everybody is told the truth."""

    async def run() -> Any:
        async with on_stage(running, random.Random(SEED)) as stage:
            return await COUNTS[name](stage, 2)

    assert alone(run())["rounds"] == 2, SEED
