"""Servers that are killed, whose disk is full, whose database goes away: nothing acknowledged is lost or half."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.postgres import OwnServer
from tests.searching import examples
from tests.trust.faults.servers import database_restarted, disk_full, killed
from tests.trust.place import Place, furnished

pytestmark = pytest.mark.slow

SEED = random.SystemRandom().randrange(1 << 32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An installation to copy."""
    return furnished(tmp_path_factory.mktemp("servers") / "data")


@pytest.fixture
def place(made: Place, tmp_path: Path) -> Place:
    """An installation of the test's own."""
    return msgspec.structs.replace(made, data=Path(shutil.copytree(made.data, tmp_path / "data")))


@pytest.fixture
def own(postgres_seed: Path) -> Iterator[OwnServer]:
    """A server of one's own, which syncs its disk as any other."""
    server = OwnServer(postgres_seed, fsync="on", full_page_writes="on")
    server.start()
    yield server
    server.stop()


def test_killed(place: Place) -> None:
    """Whatever was acknowledged before a kill is there after it, whole; of the rest, nothing is half."""
    done = killed(place, random.Random(SEED), examples(2, 5))
    assert done["files acknowledged"], SEED
    assert done["shares acknowledged"], SEED


def test_a_full_disk(place: Place) -> None:
    """While nothing more can be written, writes are refused with 507, reads go on, and afterwards so do writes."""
    assert disk_full(place, random.Random(SEED))["answers 507"], SEED


def test_the_database_goes_away_and_comes_back(own: OwnServer, tmp_path: Path) -> None:
    """A killed PostgreSQL costs 503 for as long as it is away, and nothing that was acknowledged."""
    place = furnished(tmp_path / "data", own.bare())
    assert database_restarted(place, own, random.Random(SEED), 1)["answers 503"], SEED
