"""Sends random requests to the app itself, without a wire between: some thousand a second on one processor."""

import asyncio
import contextlib
import random
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct
from tests.trust.fuzz.grammars import GRAMMARS
from tests.trust.fuzz.values import Case, Draw
from tests.trust.town import Town, furnish, reopened, settle

from commonhold.http.streams import StreamCut
from commonhold.store.sqlite.ready import make_ready
from commonhold.store.sqlite.store import SqliteStore
from commonhold.testing.core import TestClock, make_core

SLOW = 0.25  # seconds: answers above are counted, never asserted
FRESH = 20_000  # cases after which everybody moves into a town as it was, so that what was written does not pile up
LARGEST = 4 << 20  # bytes of an answer


class Told(Struct):
    """What came back."""

    status: int
    kind: str
    body: bytes
    stored: bool
    """Whether it is what somebody has put there, of whatever type he said it was."""


async def ask(app: Any, case: Case, token: str | None) -> Told:
    """Send a case to an app, as the server does: the path unquoted, the body in two chunks."""
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in case.headers]
    names = {name for name, _ in headers}
    if b"host" not in names:
        headers.append((b"host", b"files.example"))
    if token is not None and b"authorization" not in names:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    headers.append((b"content-length", str(len(case.body)).encode()))
    half = len(case.body) // 2
    waiting = [(case.body[:half], True), (case.body[half:], False)]
    sent: list[Any] = []

    async def receive() -> Any:
        if not waiting:
            await asyncio.Event().wait()
        data, more = waiting.pop(0)
        return {"type": "http.request", "body": data, "more_body": more}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": case.method, "scheme": "http",
        "path": unquote(case.path), "raw_path": case.path.encode("ascii", "replace"), "root_path": "",
        "query_string": case.query.encode("ascii", "replace"), "headers": headers, "client": ("192.0.2.7", 1),
        "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    with contextlib.suppress(StreamCut):
        await app(scope, receive, send)
    kinds = dict(sent[0]["headers"])
    body = b"".join(message.get("body", b"") for message in sent[1:])
    kind = kinds.get(b"content-type", b"").decode("latin-1")
    return Told(sent[0]["status"], kind, body, b"accept-ranges" in kinds)


def judge(case: Case, told: Told) -> None:
    """Fail for a mistake of ours: a 5xx, JSON that is none, an answer without bounds."""
    assert told.status < 500 or told.status == 507, (told.status, case, told.body[:300])
    assert len(told.body) < LARGEST, (case, len(told.body))
    if case.method != "HEAD" and told.body and not told.stored and told.kind.partition(";")[0].endswith("json"):
        try:
            msgspec.json.decode(told.body)
        except msgspec.DecodeError:
            raise AssertionError((case, told.body[:300])) from None


class Ground:
    """A town that random requests are sent to."""

    def __init__(self, folder: Path) -> None:
        """Settle and furnish it below ``folder``."""
        self.loop = asyncio.new_event_loop()
        self._path = folder / "town.db"
        self._copy = folder / "copy.db"
        make_ready(self._path)
        self._first = self.loop.run_until_complete(self._settle())
        self.town = self._first
        self.cases = self.slow = 0
        self.longest = 0.0
        self.statuses: dict[str, int] = {}
        self.refresh()

    async def _settle(self) -> Town:
        clock = TestClock()
        town = await furnish(await settle(make_core(store=SqliteStore(self._path, clock=clock), clock=clock)))
        secret, share = await town.link("/alice/docs")
        shares = [str((await town.give("/alice/a.txt", "bob")).share), share]
        self.known: dict[str, list[Any]] = {
            "item": [one.uid for one in town.items.values()], "id": [one.no for one in town.items.values()],
            "folder": [town.uid("/alice/docs"), town.uid("/alice/docs/inner")], "secret": [secret],
            "share": shares, "key": [1, 2, *shares], "user": ["alice", "bob", "me"], "holder": ["bob"],
            "group": [*town.group_uids.values(), *town.group_uids], "org": ["self", "Main"], "collection": ["notes"],
            "field": ["id", "text"], "name": ["a.txt"], "upload": ["00000000-0000-4000-8000-000000000001"],
        }  # fmt: skip
        await town.core.store.close()
        return town

    def refresh(self) -> None:
        """Move everybody into a town as it was at first."""
        if self.town is not self._first:
            self.loop.run_until_complete(self.town.core.store.close())
        for suffix in ("", "-wal", "-shm"):
            self._copy.with_name(self._copy.name + suffix).unlink(missing_ok=True)
        self.town = reopened(self._first, Path(shutil.copy(self._path, self._copy)))

    def run(self, name: str, seed: int, cases: int) -> None:
        """Send so many cases of a grammar, and judge the answers."""
        self.loop.run_until_complete(self._run(name, seed, cases))

    async def _run(self, name: str, seed: int, cases: int) -> None:
        draw, grammar = Draw(seed, self.known), GRAMMARS[name]
        for _ in range(cases):
            case = grammar(draw)
            began = time.perf_counter()
            told = await ask(self.town.app, case, self.town.tokens.get(case.who))
            took = time.perf_counter() - began
            self.cases += 1
            self.slow += took > SLOW
            self.longest = max(self.longest, took)
            key = f"{told.status // 100}xx"
            self.statuses[key] = self.statuses.get(key, 0) + 1
            judge(case, told)

    def close(self) -> None:
        """Leave."""
        self.loop.run_until_complete(self.town.core.store.close())
        self.loop.close()


def seeds(seed: int) -> random.Random:
    """Return what gives the seeds of batches."""
    return random.Random(seed)
