"""What is measured of requests: how many, how they ended, how long they took. Route templates, never paths."""

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


class Meter:
    """Counts requests by face, route, method and status. Each app has its own registry."""

    def __init__(self) -> None:
        """Start from nought."""
        self.registry = CollectorRegistry()
        labels = ("face", "method", "route")
        self._ended = Counter(
            "commonhold_requests", "Requests by how they ended", (*labels, "status"), registry=self.registry
        )
        self._lasted = Histogram(
            "commonhold_request_seconds", "Seconds to the end of a reply", labels, buckets=_BUCKETS,
            registry=self.registry,
        )  # fmt: skip
        self.running = Gauge("commonhold_requests_running", "Requests under way", registry=self.registry)
        self._known: dict[tuple[str, str, str, int], tuple[Counter, Histogram]] = {}

    def ended(self, face: str, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; the labels are ours, so there is a bounded number of them."""
        key = (face, method, route, status)
        found = self._known.get(key)
        if found is None:
            found = self._ended.labels(*key), self._lasted.labels(*key[:3])
            self._known[key] = found
        found[0].inc()
        found[1].observe(seconds)

    def page(self) -> Response:
        """Return everything in the text format of Prometheus."""
        return Response(generate_latest(self.registry), headers={"content-type": CONTENT_TYPE_LATEST})
