"""``make_core()``: a whole core in memory, for tests of whatever stands on it."""

import hashlib
import hmac
import uuid
from typing import Final

from commonhold.blobs.memory import MemoryBlobs, MemoryStaging
from commonhold.core.blobs import Blobs
from commonhold.core.core import Core
from commonhold.core.limits import Limits
from commonhold.core.ports import Clock, Hasher, Secrets, Store
from commonhold.core.previews import Previews
from commonhold.store.memory import MemoryStore

START: Final = 1_800_000_000_000  # milliseconds: the moment at which tests begin


class TestClock:
    """A clock that stands still until somebody moves it."""

    __test__ = False  # no test, in spite of its name

    def __init__(self, now: int = START) -> None:
        """Begin at ``now``, milliseconds since the epoch."""
        self.now = now

    def __call__(self) -> int:
        """Return the time that was set."""
        return self.now

    def advance(self, milliseconds: int) -> int:
        """Let time pass, and return the new time."""
        self.now += milliseconds
        return self.now


class CountedSecrets:
    """Secrets that look random but come in the same order in every run."""

    def __init__(self, key: bytes = b"tests") -> None:
        """Derive everything from ``key``: other keys, other secrets."""
        self._key = key
        self._count = 0

    def uid(self) -> str:
        """Return the next UUID."""
        return str(uuid.UUID(bytes=self._next()[:16], version=4))

    def token(self) -> str:
        """Return the next token."""
        return self._next().hex()

    def link(self, handle: str) -> str:
        """Return a link's secret, the same each time."""
        return self._derive(handle).hex()[:40]

    def _next(self) -> bytes:
        self._count += 1
        return self._derive(str(self._count))

    def _derive(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode(), hashlib.sha256)


class QuickHasher:
    """A hasher that takes no time: for tests of other things than passwords."""

    async def hash(self, password: str) -> str:
        """Return a digest that says what it is."""
        return f"quick:{hashlib.sha256(password.encode()).hexdigest()}"

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Compare with a digest."""
        return hashed == await self.hash(password)


def make_core(
    *,
    store: Store | None = None,
    blobs: Blobs | None = None,
    clock: Clock | None = None,
    secrets: Secrets | None = None,
    hasher: Hasher | None = None,
    limits: Limits | None = None,
    previews: Previews | None = None,
) -> Core:
    """Return a core over engines in memory; give whatever a test needs to be another one."""
    clock = clock or TestClock()
    store = store or MemoryStore(clock())
    return Core(
        store,
        blobs or MemoryBlobs(clock),
        clock,
        secrets or CountedSecrets(),
        hasher or QuickHasher(),
        limits or Limits(),
        records=getattr(store, "records", None),
        staging=MemoryStaging(clock),
        previews=previews,
    )
