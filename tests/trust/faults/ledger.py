"""What was acknowledged, and what was under way: written down by those who write, compared with what is there later."""

import asyncio
import base64
import contextlib
import hashlib
import json
import random
import sqlite3
from pathlib import Path
from typing import Any

from msgspec import Struct
from tests.trust.place import Place, Running
from tests.trust.wire import Answer, Gone, Wire

SHARES = 3  # links of one proposal: all of them, or none
TUS = {"tus-resumable": "1.0.0"}


class Cut(Struct):
    """An upload in pieces that was begun, and not told to be whole yet."""

    where: str
    name: str
    data: bytes
    ending: bool = False  # whether its last piece was sent


class Ledger(Struct):
    """What everybody was told, by uid; and by name what nobody was told of."""

    files: dict[str, str] = {}  # uid → sha256
    shares: set[str] = set()
    withdrawn: set[str] = set()
    asked: dict[str, str] = {}  # name of an upload → sha256 of what was sent
    batches: set[str] = set()  # uid of a folder that was being shared
    cut: list[Cut] = []
    seen: set[str] = set()  # shares that were looked at after a kill already
    answers: dict[int, int] = {}  # status → how often

    def note(self, answer: Answer) -> Answer:
        """Count an answer."""
        self.answers[answer.status] = self.answers.get(answer.status, 0) + 1
        return answer


class Writers:
    """People who write over and over until nobody answers any more."""

    def __init__(self, running: Running, ledger: Ledger, rng: random.Random, home: str) -> None:
        """Write into Alice's top folder."""
        self.port = running.port
        self.token = running.place.tokens["alice"]
        self.ledger = ledger
        self.rng = rng
        self.home = home
        self.stop = asyncio.Event()

    async def run(self, many: int = 3) -> None:
        """Run so many of each kind."""
        kinds = (self._upload, self._pieces, self._share, self._withdraw)
        await asyncio.gather(*(self._keep(kind) for kind in kinds for _ in range(many)))

    async def _keep(self, kind: Any) -> None:
        wire: Wire | None = None
        while not self.stop.is_set():
            try:
                if wire is None:
                    wire = await Wire.to(self.port, self.token)
                await kind(wire)
            except (Gone, OSError):
                if wire is not None:
                    wire.close()
                wire = None
                await asyncio.sleep(0.02)
        if wire is not None:
            wire.close()

    async def _ask(self, wire: Wire, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Return what a success holds; None for a refusal, after a breath."""
        answer = self.ledger.note(await wire.ask(method, path, body, **more))
        if answer.status < 300:
            return answer.json if answer.body else answer.headers
        assert answer.status in (503, 507), answer
        await asyncio.sleep(0.02)
        return None

    async def _upload(self, wire: Wire) -> None:
        data = self.rng.randbytes(self.rng.choice((100, 20_000, 300_000, 1_500_000)))
        name = f"f{self.rng.getrandbits(64):x}"
        self.ledger.asked[name] = digest = hashlib.sha256(data).hexdigest()
        made = await self._ask(wire, "PUT", f"/items/{self.home}/children/{name}", data)
        if made:
            self.ledger.files[made["uid"]] = digest

    async def _pieces(self, wire: Wire) -> None:
        """Upload in pieces, by tus; first what was cut before is taken up where the server says that it is."""
        cut = self.ledger.cut.pop() if self.ledger.cut else await self._begun(wire)
        if cut is None:
            return
        try:
            whole = await self._go_on(wire, cut)
        except BaseException:
            self.ledger.cut.append(cut)
            raise
        if whole:
            self.ledger.files[cut.name] = self.ledger.asked[cut.name]  # by its name: the last answer has no body
        else:
            self.ledger.cut.append(cut)

    async def _begun(self, wire: Wire) -> Cut | None:
        data = self.rng.randbytes(self.rng.randrange(1000, 200_000))
        name = f"t{self.rng.getrandbits(64):x}"
        self.ledger.asked[name] = hashlib.sha256(data).hexdigest()
        encoded = base64.b64encode(name.encode()).decode()
        begin = {**TUS, "upload-length": str(len(data)), "upload-metadata": f"filename {encoded}"}
        made = await self._ask(wire, "POST", f"/items/{self.home}/uploads", b"", headers=begin)
        return Cut("/" + made["location"].split("/api/v1/")[1], name, data) if made else None

    async def _go_on(self, wire: Wire, cut: Cut) -> bool:
        """Send what is missing, in two pieces; tell whether all of it was taken."""
        there = self.ledger.note(await wire.ask("HEAD", cut.where, headers=TUS))
        if there.status in (503, 507):
            return False
        if there.status in (404, 410):
            assert cut.ending, f"an upload that was begun is gone: {cut.name}"
            return True
        at = int(there.headers["upload-offset"])
        for end in sorted({(at + len(cut.data)) // 2, len(cut.data)} - {at}):
            cut.ending = end == len(cut.data)
            piece = {**TUS, "content-type": "application/offset+octet-stream", "upload-offset": str(at)}
            sent = await self._ask(wire, "PATCH", cut.where, cut.data[at:end], headers=piece)
            if not sent:
                return False
            at = int(sent["upload-offset"])
            assert at == end
        return True

    async def _share(self, wire: Wire) -> None:
        """Make a folder, and three links on it at once."""
        body = {"kind": "folder", "name": f"s{self.rng.getrandbits(64):x}"}
        made = await self._ask(wire, "POST", f"/items/{self.home}/children", body)
        if not made:
            return
        self.ledger.batches.add(made["uid"])
        proposal = {"items": [made["uid"]], "recipients": [{"kind": "link"}] * SHARES, "atomic": True}
        done = await self._ask(wire, "POST", "/shares", proposal)
        if done:
            self.ledger.shares |= {pair["share"] for pair in done["pairs"]}
            self.ledger.batches.discard(made["uid"])

    async def _withdraw(self, wire: Wire) -> None:
        live = self.ledger.shares - self.ledger.withdrawn
        if not live:
            await asyncio.sleep(0.02)
            return
        share = self.rng.choice(sorted(live))
        self.ledger.withdrawn.add(share)  # asked: from here on it may be over
        if await self._ask(wire, "DELETE", f"/shares/{share}") is None:
            self.ledger.withdrawn.discard(share)
            self.ledger.shares.discard(share)  # perhaps: nobody was told


async def all_there(running: Running, ledger: Ledger, home: str, *, again: bool = True) -> None:
    """Fail unless everything acknowledged is there, whole, and everything else is whole or not at all.

    Without ``again`` only those shares are asked for that were not there to be asked for the last time.
    """
    wire = await Wire.to(running.port, running.place.tokens["alice"])
    names: dict[str, dict[str, Any]] = {}
    path = f"/items/{home}/children?limit=200"
    after = ""
    while True:
        page = await wire.ok("GET", path + after)
        names |= {one["name"]: one for one in page["data"]}
        if not page["next"]:
            break
        after = f"&next={page['next']}"
    there = {one["uid"]: one for one in names.values()} | names
    for key, digest in ledger.files.items():
        assert key in there, f"an acknowledged file is missing: {key}"
        assert there[key]["sha256"] == digest
    for name, one in names.items():
        if one["kind"] == "file" and name in ledger.asked:
            assert one["sha256"] == ledger.asked[name], f"half a file: {name}"
    for share in ledger.shares - ledger.withdrawn - (set() if again else ledger.seen):
        ledger.seen.add(share)
        answer = await wire.ask("GET", f"/shares/{share}")
        assert answer.status == 200, f"an acknowledged share is missing: {share}"
    for folder in ledger.batches:
        shares = (await wire.ok("GET", f"/items/{folder}/shares"))["data"]
        assert len(shares) in (0, SHARES), f"half a batch: {len(shares)} of {SHARES}"
    for uid in running.place.tokens and list(ledger.files)[-5:]:
        got = await wire.ask("GET", f"/items/{there[uid]['uid']}/content")
        assert hashlib.sha256(got.body).hexdigest() == ledger.files[uid]
    wire.close()


def sound(place: Place) -> dict[str, int]:
    """Look at the files themselves: the database is sound, each row of bytes has its blob, with the bytes it names."""
    with contextlib.closing(sqlite3.connect(place.data / "commonhold.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = connection.execute("SELECT blob, sha256, size FROM version").fetchall()
    checked = 0
    for key, digest, size in rows:
        path: Path = place.data / "blobs" / key[0] / key[1] / key
        data = path.read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (size, digest), path
        checked += 1
    there = {path.name for path in (place.data / "blobs").glob("?/?/*")}
    orphans = len(there - {key for key, _, _ in rows})
    return {"blobs checked": checked, "blobs without a row, for the sweep": orphans}


def dumped(ledger: Ledger) -> str:
    """The counts of answers, for messages."""
    return json.dumps(ledger.answers)
