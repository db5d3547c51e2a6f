"""What is measured of requests: how many, how they ended, how long they took. Route templates, never paths."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)
"""Bounds of the histogram of durations."""

_BOUNDS: Final = (*map(str, SECONDS), "+Inf")
_LABELS: Final = ("face", "method", "route")


class _Tally:
    """How often a route ended with a status, and how long it took."""

    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * len(_BOUNDS)
        self.seconds = 0.0


class Meter(Collector):
    """Counts requests by face, method, route and status. Each app has its own.

    Plain sums on the event loop's thread cost a tenth of the library's locked ones; it shapes them when it is asked.
    """

    def __init__(self) -> None:
        """Start from nought."""
        self._tallies: dict[tuple[str, str, str, int], _Tally] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def ended(self, face: str, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; the labels are ours, so there is a bounded number of them."""
        key = (face, method, route, status)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally()
        tally.buckets[bisect_left(SECONDS, seconds)] += 1
        tally.seconds += seconds

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted, as Prometheus has it."""
        ended = CounterMetricFamily("commonhold_requests", "Requests by how they ended", labels=(*_LABELS, "status"))
        lasted = HistogramMetricFamily("commonhold_request_seconds", "Seconds to the end of a reply", labels=_LABELS)
        sums: dict[tuple[str, str, str], _Tally] = {}
        for (face, method, route, status), tally in list(self._tallies.items()):
            ended.add_metric((face, method, route, str(status)), sum(tally.buckets))
            together = sums.setdefault((face, method, route), _Tally())
            together.buckets = [a + b for a, b in zip(together.buckets, tally.buckets, strict=True)]
            together.seconds += tally.seconds
        for labels, tally in sums.items():
            lasted.add_metric(labels, list(zip(_BOUNDS, accumulate(tally.buckets), strict=True)), tally.seconds)
        yield ended
        yield lasted

    def page(self) -> Response:
        """Return everything in the text format of Prometheus."""
        return Response(generate_latest(self._registry), headers={"content-type": CONTENT_TYPE_LATEST})
