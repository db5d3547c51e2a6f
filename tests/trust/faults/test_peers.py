"""What we depend on says nothing, or the clock lies: bounded answers, nothing lost, nobody locked out."""

import random
from pathlib import Path

import pytest
from tests.trust.faults.peers import bucket_hangs, clock_jumps, mail_server_hangs, slow_download
from tests.trust.place import alone, furnished

SEED = random.SystemRandom().randrange(1 << 32)


@pytest.mark.slow
async def test_a_bucket_that_hangs() -> None:
    """It costs 503 in bounded time, and whoever asks for something else is answered."""
    assert (await bucket_hangs(0.5))["answers 503"] == 2


@pytest.mark.slow
async def test_a_download_slower_than_the_bucket_waits() -> None:
    """A slow client gets all of a large file, however long that takes; a bucket that stalls ends the download."""
    assert await slow_download(0.5)


@pytest.mark.slow
def test_a_mail_server_that_hangs(tmp_path: Path) -> None:
    """Shares are answered, mails wait, and are sent when it is well again."""
    assert alone(mail_server_hangs(furnished(tmp_path / "data")))["mails waited, then sent"] == 5


async def test_a_clock_that_jumps() -> None:
    """Years forward and back: what is over stays over, numbers are new ones, nobody stays locked out."""
    assert (await clock_jumps(random.Random(SEED), 5))["numbers given twice"] == 0, SEED
