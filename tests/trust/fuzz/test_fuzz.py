"""Random requests by grammars, to every face: an answer or a refusal, never a mistake of ours."""

import random
from collections.abc import Iterator

import pytest
from tests.trust.fuzz.grammars import GRAMMARS
from tests.trust.fuzz.running import Ground

pytestmark = pytest.mark.slow

CASES = 100


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A town that random requests are sent to."""
    found = Ground(tmp_path_factory.mktemp("fuzz"))
    yield found
    found.close()


@pytest.mark.parametrize("name", GRAMMARS)
def test_whatever_is_sent(ground: Ground, name: str) -> None:
    """A hundred requests of each grammar are answered, none with a 5xx; the seed is told where one is."""
    seed = random.SystemRandom().randrange(1 << 32)
    before = ground.cases
    try:
        ground.run(name, seed, CASES)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, case {ground.cases - before}") from error
    assert ground.cases == before + CASES
