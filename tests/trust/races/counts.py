"""Races in which a number must come out: so many opens, one effect, one winner, as many bytes as there is room for."""

import asyncio
import hashlib
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from tests.trust.races.stage import Stage
from tests.trust.wire import Answer, Wire

OPENS, USES = 200, 50
SAME_KEY = 20
QUOTA = 4_000_000  # the setting ``limits.quota`` of the server that races are run on
PIECE = 300_000

Figures = dict[str, int]


async def at_once(wires: list[Wire], ask: Callable[[int, Wire], Awaitable[Answer]]) -> list[Answer]:
    """Ask over all connections at the same moment."""
    return await asyncio.gather(*(ask(place, wire) for place, wire in enumerate(wires)))


def statuses(answers: list[Answer]) -> Counter[int]:
    """Count answers by their status; a mistake of ours fails the race at once."""
    for one in answers:
        assert one.status < 500 or one.status == 507, one
    return Counter(one.status for one in answers)


async def opens(stage: Stage, rounds: int) -> Figures:
    """200 people open a link that may be opened 50 times: exactly 50 get in, and the counter says 50."""
    crowd = await stage.crowd(OPENS)
    item = await stage.file("alice", "opened")
    for _ in range(rounds):
        pair = await stage.share("alice", item, {"kind": "link"}, terms={"max_uses": USES})
        path = f"/links/{pair['link']['secret']}/open"
        answers = await at_once(crowd, lambda _, wire, path=path: wire.ask("POST", path, {}))  # type: ignore[misc]
        found = statuses(answers)
        assert found == {200: USES, 410: OPENS - USES}, found
        assert len({one.json["token"] for one in answers if one.status == 200}) == USES
        assert (await stage.someone("alice").ok("GET", f"/shares/{pair['share']}"))["used"] == USES
        await stage.someone("alice").ok("DELETE", f"/shares/{pair['share']}")
    return {"rounds": rounds, "opens": rounds * OPENS, "let in": rounds * USES}


async def crossing(stage: Stage, rounds: int) -> Figures:
    """Two batches over the same pairs in opposite order: both are answered, and one of them holds as a whole."""
    folder = await stage.folder("alice", "crossing")
    items = [await stage.file("alice", f"{n}", parent=folder) for n in range(12)]
    conflicts = 0
    for _ in range(rounds):
        bodies = [
            {"items": items, "recipients": ["bob", "quinn"], "role": "viewer"},
            {"items": items[::-1], "recipients": ["quinn", "bob"], "role": "editor"},
        ]
        wires = [stage.someone("alice") for _ in bodies]
        if wires[0] is wires[1]:
            wires = [stage.wires["alice"][0], stage.wires["alice"][-1]]
        if wires[0] is wires[1]:
            wires = await stage.crowd(2, "alice")
        fixed = {"atomic": True, "notify": False, "on_existing": "set"}

        async def ask(place: int, wire: Wire, bodies: Any = bodies, fixed: Any = fixed) -> Answer:
            return await wire.ask("POST", "/shares", {**bodies[place], **fixed})

        found = statuses(await at_once(wires, ask))
        assert found.keys() <= {200, 409}, found
        assert found[200], found
        conflicts += found[409]
        roles = [
            one["role"]
            for item in items
            for one in (await stage.someone("alice").ok("GET", f"/items/{item}/shares"))["data"]
        ]
        assert len(roles) == 2 * len(items), roles
        assert len(set(roles)) == 1, roles
    return {"rounds": rounds, "batches": 2 * rounds, "asked to repeat": conflicts}


async def same_key(stage: Stage, rounds: int) -> Figures:
    """A request with an Idempotency-Key sent 20 times at once: one share, one folder, and 20 times the same report."""
    crowd = await stage.crowd(SAME_KEY, "alice")
    item = await stage.file("alice", "keyed")
    home = await stage.home("alice")
    for number in range(rounds):
        share = {"items": [item], "recipients": [{"kind": "link"}], "notify": False}
        folder = {"kind": "folder", "name": f"keyed {number} {stage.rng.random()}"}
        for path, body in (("/shares", share), (f"/items/{home}/children", folder)):
            key = {"idempotency-key": str(uuid.UUID(int=stage.rng.getrandbits(128)))}

            async def ask(_: int, wire: Wire, path: str = path, body: Any = body, key: Any = key) -> Answer:
                return await wire.ask("POST", path, body, headers=key)

            answers = await at_once(crowd, ask)
            assert len({one.status for one in answers}) == 1, statuses(answers)
            assert answers[0].status < 300, answers[0]
            assert len({one.body for one in answers}) == 1, {one.body for one in answers}
            assert sum("idempotency-replayed" in one.headers for one in answers) == SAME_KEY - 1
            if path == "/shares":
                links = (await stage.someone("alice").ok("GET", f"/items/{item}/shares"))["data"]
                assert len(links) == 1, links
                await stage.someone("alice").ok("DELETE", f"/shares/{links[0]['uid']}")
            else:
                await stage.someone("alice").ok("DELETE", f"/items/{answers[0].json['uid']}")
    return {"rounds": rounds, "requests": 2 * rounds * SAME_KEY, "effects": 2 * rounds}


async def two_withdraws(stage: Stage, rounds: int) -> Figures:
    """Two people end the same share at once: it ends, one of them at least is told so, nobody gets a mistake."""
    item = await stage.file("alice", "twice")
    twice = 0
    for _ in range(rounds):
        share = (await stage.share("alice", item, "bob"))["share"]
        wires = [stage.someone("alice"), stage.someone("bob")]
        answers = await at_once(wires, lambda _, wire, share=share: wire.ask("DELETE", f"/shares/{share}"))  # type: ignore[misc]
        found = statuses(answers)
        assert found.keys() <= {200, 404, 409}, found
        assert found[200] >= 1, found
        twice += found[200] == 2
        assert (await stage.someone("bob").ask("GET", f"/items/{item}")).status == 404
        assert (await stage.someone("alice").ok("GET", f"/items/{item}/shares"))["data"] == []
    return {"rounds": rounds, "told twice": twice}


async def share_and_move(stage: Stage, rounds: int) -> Figures:
    """A file is shared while it moves out of a shared folder: who has it afterwards is what the two said, no more."""
    first, second = [await stage.folder("alice", name) for name in ("from", "to")]
    await stage.share("alice", first, "quinn")
    item = await stage.file("alice", "moved", parent=first)
    for _ in range(rounds):
        body = {"items": [item], "recipients": ["bob"], "notify": False}
        wires = await stage.crowd(2, "alice") if stage.running.workers == 1 else stage.wires["alice"][:2]

        async def ask(place: int, wire: Wire, body: Any = body) -> Answer:
            if place:
                return await wire.ask("POST", f"/items/{item}/move", {"parent": second})
            return await wire.ask("POST", "/shares", body)

        answers = await at_once(wires, ask)
        assert statuses(answers) == {200: 2}, answers
        assert (await stage.someone("bob").ask("GET", f"/items/{item}/content")).status == 200
        assert (await stage.someone("quinn").ask("GET", f"/items/{item}/content")).status == 404
        await stage.someone("alice").ok("DELETE", f"/shares/{answers[0].json['pairs'][0]['share']}")
        await stage.someone("alice").ok("POST", f"/items/{item}/move", {"parent": first})
        assert (await stage.someone("quinn").ask("GET", f"/items/{item}/content")).status == 200
    return {"rounds": rounds}


async def same_name(stage: Stage, rounds: int) -> Figures:
    """Eight uploads under one name at once: one file, with the bytes of the one that was told it is there."""
    crowd = await stage.crowd(8, "alice")
    folder = await stage.folder("alice", "same-name")
    for number in range(rounds):
        bodies = [stage.rng.randbytes(1000 + stage.rng.randrange(3000)) for _ in crowd]
        path = f"/items/{folder}/children/f{number}"

        async def ask(place: int, wire: Wire, path: str = path, bodies: Any = bodies) -> Answer:
            return await wire.ask("PUT", path, bodies[place])

        answers = await at_once(crowd, ask)
        found = statuses(answers)
        assert found == {201: 1, 409: len(crowd) - 1}, found
        winner = next(place for place, one in enumerate(answers) if one.status == 201)
        uid = answers[winner].json["uid"]
        got = await stage.someone("alice").ask("GET", f"/items/{uid}/content")
        assert got.body == bodies[winner]
        await stage.someone("alice").ok("DELETE", f"/items/{uid}")
    return {"rounds": rounds, "uploads": rounds * 8, "files": rounds}


async def quota(stage: Stage, rounds: int) -> Figures:
    """Twenty uploads into room for a dozen: as many as fit are there, whole; the others count nought."""
    crowd = await stage.crowd(20, "quinn")
    home = await stage.home("quinn")
    kept = 0
    for number in range(rounds):
        before = (await stage.someone("quinn").ok("GET", "/home"))["used"]

        async def ask(place: int, wire: Wire, number: int = number) -> Answer:
            data = bytes([place]) * PIECE
            return await wire.ask("PUT", f"/items/{home}/children/q{number}_{place}", data)

        answers = await at_once(crowd, ask)
        found = statuses(answers)
        assert found.keys() <= {201, 507}, found
        used = (await stage.someone("quinn").ok("GET", "/home"))["used"]
        assert used == before + found[201] * PIECE, (before, used, found)
        assert used <= QUOTA < used + PIECE, (used, found)
        kept += found[201]
        for place, one in enumerate(answers):
            if one.status == 201:
                assert one.json["sha256"] == hashlib.sha256(bytes([place]) * PIECE).hexdigest()
                await stage.someone("quinn").ok("DELETE", f"/items/{one.json['uid']}")
        await stage.someone("quinn").ok("DELETE", "/trash")
    return {"rounds": rounds, "uploads": rounds * 20, "kept": kept}


COUNTS: dict[str, Callable[[Stage, int], Awaitable[Figures]]] = {
    "200 opens of max_uses = 50": opens,
    "two batches crossing": crossing,
    "one Idempotency-Key, 20 times": same_key,
    "two withdraws": two_withdraws,
    "share × move": share_and_move,
    "uploads under one name": same_name,
    "quota": quota,
}
