"""Random requests until the time is over: ``python -m tests.trust.fuzz [--minutes N] [--seed S]``.

After each round everybody moves into a town as it was; memory is looked at when things have warmed up, and at the end.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.trust.fuzz.grammars import GRAMMARS
from tests.trust.fuzz.running import Ground
from tests.trust.long import asked
from tests.trust.place import resident

BATCH = 250
WARM = 3  # rounds until caches are full


def main() -> int:
    """Run them."""
    long = asked("fuzz")
    sys.setrecursionlimit(1_000)
    folder = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=folder) as place:
        ground = Ground(Path(place))
        rounds = warm = 0
        while not long.over() or not rounds:
            for name in GRAMMARS:
                long.run(name, lambda name=name: _batch(ground, name, long.rng.getrandbits(32)))  # type: ignore[misc]
                if rounds and long.over():
                    break
            ground.refresh()
            rounds += 1
            if rounds == WARM:
                warm = resident(os.getpid())
        grown = resident(os.getpid()) - warm if warm else 0
        told = {"requests": ground.cases, "answers above a quarter second": ground.slow, **ground.statuses}
        more = {"largest wait, ms": round(ground.longest * 1000), "largest growth of memory, MB": round(grown / 1e6, 1)}
        wrong = {"answers in the 5xx": ground.statuses.get("5xx", 0), "wrong": len(long.failures)}
        long.add("all grammars", {**told, **more, **wrong})
        ground.close()
    return long.end()


def _batch(ground: Ground, name: str, seed: int) -> dict[str, Any]:
    before = ground.cases
    try:
        ground.run(name, seed, BATCH)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, case {ground.cases - before}: {error}") from error
    return {"requests": ground.cases - before}


if __name__ == "__main__":
    sys.exit(main())
