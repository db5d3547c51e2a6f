"""What every case is given."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from bench.report import Figure
from bench.town import Town

Case = Callable[["Context"], AsyncIterator[Figure]]

CLIENTS: Final = 32
CROWDED: Final = 64  # clients with which shares are made and the committer is tried


class Context(Struct, frozen=True):
    """The data set of this run, where cases may write; and how long to look (``effort`` 1 is for figures)."""

    town: Town
    data: Path  # a data directory of its own
    folder: Path  # on the same disk, for whatever else
    effort: float
    database: str | None = None  # on PostgreSQL; None: the file in ``data``

    def calls(self, count: int) -> int:
        """Return how many calls to make instead of ``count``."""
        return max(3, int(count * self.effort))
