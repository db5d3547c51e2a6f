"""Times of many calls: medians, p99, and what of it the processor was really at work for us."""

import statistics
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from msgspec import Struct

WARM: Final = 20  # calls before the first one that counts


class Times(Struct, frozen=True):
    """Sorted times of calls in µs: by the clock, and of the processor, which a busy machine falsifies less."""

    wall: list[float]
    cpu: list[float]

    @property
    def median(self) -> float:
        """Half of the calls took no longer."""
        return statistics.median(self.wall)

    @property
    def p99(self) -> float:
        """Of a hundred calls one took longer."""
        return at(self.wall, 0.99)

    def beside(self) -> dict[str, float]:
        """Return what is told beside a figure."""
        return {
            "best_us": self.wall[0],
            "cpu_median_us": statistics.median(self.cpu),
            "cpu_p99_us": at(self.cpu, 0.99),
            "calls": len(self.wall),
        }


def at(values: list[float], share: float) -> float:
    """Return the value that this share of sorted values does not exceed."""
    return values[min(len(values) - 1, int(len(values) * share))]


def times(pairs: Iterable[tuple[int, int]]) -> Times:
    """Make times of nanoseconds by the clock and of the processor."""
    walls, cpus = zip(*pairs, strict=True)
    return Times(sorted(one / 1_000 for one in walls), sorted(one / 1_000 for one in cpus))


async def timed(calls: Iterable[Callable[[], Awaitable[Any]]], *, warm: int = WARM, every: int = 1) -> Times:
    """Time calls one after another; the first ``warm`` of them, and all but each ``every``-th, do not count."""
    found: list[tuple[int, int]] = []
    for call in calls:
        cpu, wall = time.thread_time_ns(), time.perf_counter_ns()
        await call()
        found.append((time.perf_counter_ns() - wall, time.thread_time_ns() - cpu))
    return times(found[warm:][every - 1 :: every])
