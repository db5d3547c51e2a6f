"""The new enemy: somebody loses access while he asks. What he asked after that was acknowledged is refused, everywhere.

Each scene gives access, lets all processes be asked over and over, and takes the access away at one of them.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from tests.trust.place import PASSWORD
from tests.trust.races.stage import MOST_APART, Stage, watched
from tests.trust.wire import Answer, Wire


class Scene(ABC):
    """One way to lose access."""

    name: ClassVar[str]
    reader: ClassVar[str] = "bob"
    allowed: ClassVar[set[int]] = {200}
    refused: ClassVar[set[int]] = {404}

    def __init__(self, stage: Stage) -> None:
        """Play on a stage."""
        self.stage = stage

    async def set(self) -> None:
        """Prepare what stays as it is, once."""
        self.item = ""

    @abstractmethod
    async def give(self) -> None:
        """Give access."""

    @abstractmethod
    async def ask(self, wire: Wire) -> Answer:
        """Use the access."""

    @abstractmethod
    async def take(self) -> None:
        """Take the access away; returns when that is acknowledged."""


class Withdrawn(Scene):
    """A share is withdrawn while its recipient reads."""

    name = "withdraw × read"

    async def set(self) -> None:
        """See ``Scene``."""
        self.item = await self.stage.file("alice", "withdrawn")

    async def give(self) -> None:
        """See ``Scene``."""
        self.share = (await self.stage.share("alice", self.item, "bob"))["share"]

    async def ask(self, wire: Wire) -> Answer:
        """See ``Scene``."""
        return await wire.ask("GET", f"/items/{self.item}/content")

    async def take(self) -> None:
        """See ``Scene``."""
        await self.stage.someone("alice").ok("DELETE", f"/shares/{self.share}")


class Expelled(Scene):
    """A member leaves the group with which a file is shared, while he writes it."""

    name = "membership removal × write"
    refused: ClassVar[set[int]] = {403, 404}

    async def set(self) -> None:
        """See ``Scene``."""
        self.group = (await self.stage.someone("alice").ok("GET", "/groups"))["data"][0]["uid"]
        self.item = await self.stage.file("alice", "expelled")
        await self.stage.share("alice", self.item, {"kind": "group", "name": self.group}, role="editor")

    async def give(self) -> None:
        """See ``Scene``."""
        await self.stage.someone("alice").ok("POST", f"/groups/{self.group}/members", {"members": ["bob"]})

    async def ask(self, wire: Wire) -> Answer:
        """See ``Scene``."""
        return await wire.ask("PUT", f"/items/{self.item}/content", b"written by bob")

    async def take(self) -> None:
        """See ``Scene``."""
        await self.stage.someone("alice").ok("POST", f"/groups/{self.group}/members/remove", {"members": ["bob"]})


class Relocked(Scene):
    """A link gets another password while somebody reads by the pass that he got for the old one."""

    name = "password change × pass"
    reader = "nobody"
    refused: ClassVar[set[int]] = {401, 403, 404}

    async def set(self) -> None:
        """See ``Scene``."""
        self.item = await self.stage.file("alice", "relocked")
        self.password = "first"
        pair = await self.stage.share("alice", self.item, {"kind": "link"}, terms={"password": self.password})
        self.share, self.secret = pair["share"], pair["link"]["secret"]

    async def give(self) -> None:
        """See ``Scene``."""
        body = {"password": self.password}
        self.token = (await self.stage.someone("nobody").ok("POST", f"/links/{self.secret}/open", body))["token"]

    async def ask(self, wire: Wire) -> Answer:
        """See ``Scene``."""
        return await wire.ask("GET", f"/items/{self.item}/content", token=self.token)

    async def take(self) -> None:
        """See ``Scene``."""
        self.password = f"{self.stage.rng.random()}"
        body = {"terms": {"password": self.password}}
        await self.stage.someone("alice").ok("PATCH", f"/shares/{self.share}", body)


class Suspended(Scene):
    """An account is suspended while its token is used."""

    name = "suspension × token"
    reader = "nobody"
    refused: ClassVar[set[int]] = {401}

    async def give(self) -> None:
        """See ``Scene``."""
        await self.stage.someone("root").ask("POST", "/users/sam/resume")
        body = {"name": "sam", "password": PASSWORD}
        self.token = (await self.stage.someone("nobody").ok("POST", "/session", body))["token"]

    async def ask(self, wire: Wire) -> Answer:
        """See ``Scene``."""
        return await wire.ask("GET", "/home", token=self.token)

    async def take(self) -> None:
        """See ``Scene``."""
        await self.stage.someone("root").ok("POST", "/users/sam/suspend")


class Unbacked(Scene):
    """The share that another one hangs on is withdrawn while the last recipient reads."""

    name = "withdraw above × read below"
    reader = "quinn"

    async def set(self) -> None:
        """See ``Scene``."""
        self.item = await self.stage.file("alice", "unbacked")

    async def give(self) -> None:
        """See ``Scene``."""
        terms = {"pass_on_to": ["user"]}
        self.share = (await self.stage.share("alice", self.item, "bob", terms=terms))["share"]
        await self.stage.share("bob", self.item, "quinn")

    async def ask(self, wire: Wire) -> Answer:
        """See ``Scene``."""
        return await wire.ask("GET", f"/items/{self.item}/content")

    async def take(self) -> None:
        """See ``Scene``."""
        await self.stage.someone("alice").ok("DELETE", f"/shares/{self.share}")


class Untokened(Scene):
    """A token is withdrawn while it is used."""

    name = "token withdrawal × token"
    reader = "nobody"
    refused: ClassVar[set[int]] = {401}

    async def give(self) -> None:
        """See ``Scene``."""
        made = await self.stage.someone("bob").ok("POST", "/tokens", {"label": "race"})
        self.token, self.uid = made["token"], made["uid"]

    async def ask(self, wire: Wire) -> Answer:
        """See ``Scene``."""
        return await wire.ask("GET", "/home", token=self.token)

    async def take(self) -> None:
        """See ``Scene``."""
        await self.stage.someone("bob").ok("DELETE", f"/tokens/{self.uid}")


SCENES: dict[str, type[Scene]] = {
    one.name: one for one in (Withdrawn, Expelled, Relocked, Suspended, Unbacked, Untokened)
}


async def play(scene: Scene, rounds: int) -> dict[str, int]:
    """Play so many rounds, and return how many reads there were, and how many began after the acknowledgement."""
    await scene.set()
    reads = late = 0
    for _ in range(rounds):
        await scene.give()
        wires = scene.stage.wires[scene.reader]
        for wire in wires:
            answer = await scene.ask(wire)
            assert answer.status in scene.allowed, (scene.name, "given, but refused", answer)
        before, after = await watched(wires, scene.ask, scene.take, scene.stage.rng.random() * MOST_APART)
        for answer in before:
            assert answer.status in scene.allowed or 400 <= answer.status < 500, (scene.name, answer)
        for answer in after:
            assert answer.status in scene.refused, (scene.name, "the new enemy came in", answer)
        reads += len(wires) + len(before) + len(after)
        late += len(after)
    return {"rounds": rounds, "reads": reads, "reads after the acknowledgement": late, "let in after it": 0}
