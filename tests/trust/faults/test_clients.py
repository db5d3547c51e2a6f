"""Clients as nobody wants them, against a real server: each is bounded, and nobody else notices."""

import random
from collections.abc import Iterator

import pytest
from tests.trust.faults.clients import SHORT, broken_pipes, idle_connections, slow_clients
from tests.trust.faults.malformed import malformed
from tests.trust.place import Running, alone, furnished, serving

pytestmark = pytest.mark.slow

SEED = random.SystemRandom().randrange(1 << 32)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with little patience."""
    with serving(furnished(tmp_path_factory.mktemp("clients") / "data"), more=SHORT) as found:
        yield found


def test_slow_clients(running: Running) -> None:
    """Headers, bodies and downloads that stand still are cut, leave nothing behind, and hinder nobody."""
    done = alone(slow_clients(running, 2))
    assert done["cut"] == done["slow clients"] == 15


def test_idle_connections(running: Running) -> None:
    """Five hundred connections that say nothing hinder nobody."""
    assert alone(idle_connections(running, 500))["largest number held"] == 500


def test_broken_pipes(running: Running) -> None:
    """Who leaves in the middle of a download or a ZIP leaves no open file behind."""
    assert alone(broken_pipes(running, random.Random(SEED), 12))["open files left"] == 0, SEED


def test_malformed_requests(running: Running) -> None:
    """Bytes that are no request get a refusal or a closed connection, never a mistake of ours."""
    assert alone(malformed(running, random.Random(SEED), 80))["requests"] > 80, SEED
