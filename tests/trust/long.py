"""What the long forms share: arguments, rounds until the time is over, figures added up, one line at the end."""

import argparse
import json
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any


class Long:
    """A long run: how long it may take, its seed, and what it found so far."""

    def __init__(self, part: str, minutes: float, seed: int) -> None:
        """Begin now."""
        self.part = part
        self.seed = seed
        self.rng = random.Random(seed)
        self.figures: dict[str, dict[str, Any]] = {}
        self.failures: list[str] = []
        self._began = time.monotonic()
        self._until = self._began + minutes * 60

    def over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._until

    def turns(self, *works: Any) -> Iterator[Any]:
        """Yield the works one after the other, each at least once, and again until the time is over."""
        first = True
        while first or not self.over():
            for work in works:
                if first or not self.over():
                    yield work
            first = False

    def add(self, name: str, found: dict[str, Any]) -> None:
        """Add figures to those of the same name: sums; what is called longest or largest is a maximum."""
        kept = self.figures.setdefault(name, {})
        for key, value in found.items():
            if not isinstance(value, int | float):
                kept[key] = value
            elif key.startswith(("longest", "largest")):
                kept[key] = max(value, kept.get(key, value))
            else:
                kept[key] = value + kept.get(key, 0)

    def run(self, name: str, work: Callable[[], dict[str, Any]]) -> None:
        """Do something; a failure is told, noted and not in the way of the rest."""
        print(f"{self.part}: {name}", file=sys.stderr, flush=True)
        try:
            self.add(name, work())
        except Exception as error:
            traceback.print_exc()
            self.failures.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")

    def end(self) -> int:
        """Print everything as one line of JSON; return the exit code."""
        seconds = round(time.monotonic() - self._began, 1)
        told = {"part": self.part, "seed": self.seed, "seconds": seconds, "figures": self.figures}
        print(json.dumps({**told, "failures": self.failures}), flush=True)
        return 1 if self.failures else 0


def asked(part: str) -> Long:
    """Read ``--minutes`` and ``--seed``."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.trust.{part}")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended in good order
    print(f"{part}: seed {given.seed}, {given.minutes} minutes", file=sys.stderr, flush=True)
    return Long(part, given.minutes, given.seed)
