"""All races, round after round, until the time is over: ``python -m tests.trust.races [--minutes N] [--seed S]``."""

import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.postgres import OwnServer, lacking
from tests.trust.long import Long, asked
from tests.trust.place import Running, alone, furnished, serving
from tests.trust.races.counts import COUNTS, QUOTA
from tests.trust.races.enemies import SCENES, play
from tests.trust.races.stage import Stage, on_stage

ROUNDS = 50
LIMITS = {"COMMONHOLD_LIMITS_QUOTA": str(QUOTA)}


def _run(long: Long, running: Running, work: Callable[[Stage], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        async with on_stage(running, long.rng) as stage:
            return await work(stage)

    return alone(run())


def _all(long: Long, running: Running, engine: str) -> None:
    for name, scene in SCENES.items():
        long.run(f"{name} ({engine})", lambda scene=scene: _run(long, running, lambda s: play(scene(s), ROUNDS)))  # type: ignore[misc]
    for name, count in COUNTS.items():
        long.run(f"{name} ({engine})", lambda count=count: _run(long, running, lambda s: count(s, ROUNDS // 5)))  # type: ignore[misc]


@contextmanager
def _postgres() -> Iterator[OwnServer]:
    server = OwnServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def main() -> int:
    """Run them on both engines."""
    long = asked("races")
    engines = ["sqlite"] if lacking() else ["sqlite", "postgres"]
    for engine in long.turns(*engines):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "data"
            if engine == "sqlite":
                with serving(furnished(data), 4, more=LIMITS) as running:
                    _all(long, running, "SQLite, 4 processes")
            else:
                with _postgres() as server, serving(furnished(data, server.bare()), 3, more=LIMITS) as running:
                    _all(long, running, "PostgreSQL, 3 processes")
    return long.end()


if __name__ == "__main__":
    sys.exit(main())
