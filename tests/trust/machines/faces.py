"""The same histories with the faces beside: things are shared and looked at through them, between the verbs."""

from collections.abc import Callable
from typing import Any, Final

import httpx2
import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from tests.core.sharing.village import Village
from tests.trust.machines.histories import Histories
from tests.trust.town import FACES, HOST, Reply

from commonhold.core.identity import Actor
from commonhold.core.model import Item
from commonhold.core.roles import Action, ItemKind
from commonhold.http.app import App, build_app
from commonhold.http.credentials import IN_PROCESS
from commonhold.testing import oracle

FORM: Final = {"accept": "application/json", "origin": HOST}
Request = tuple[str, str, dict[str, Any]]


def _where(item: Item) -> str:
    return "folders" if item.kind is ItemKind.FOLDER else "folder_entries"


LOOKS: Final[dict[str, Callable[[Item], Request]]] = {
    "native": lambda item: ("GET", f"/api/v1/items/{item.uid}", {}),
    "web": lambda item: ("GET", f"/app/items/{item.uid}", {}),
    "puter": lambda item: ("POST", "/stat", {"json": {"uid": item.uid}}),
    "filr": lambda item: ("GET", f"/rest/{_where(item)}/{item.no}/ancestry", {}),
    "arcgis": lambda item: (
        "GET",
        f"/sharing/rest/content/items/{item.uid.replace('-', '')}",
        {"params": {"f": "json"}},
    ),
    "directus": lambda item: ("GET", f"/files/{item.uid}", {}),
}
"""How each face looks at an item."""

FILES_ALONE: Final = ("arcgis", "directus")

GIVES: Final[dict[str, Callable[[Item, int, str], Request]]] = {
    "native": lambda item, no, name: (
        "POST",
        "/api/v1/shares",
        {"json": {"items": [item.uid], "recipients": [name], "role": "viewer"}},
    ),
    "puter": lambda item, no, name: (
        "POST",
        "/share",
        {"json": {"items": [{"uid": item.uid}], "recipients": [name], "mode": "read"}},
    ),
    "filr": lambda item, no, name: (
        "POST",
        f"/rest/{_where(item)}/{item.no}/shares",
        {"json": {"recipient": {"type": "user", "id": no}, "access": {"role": "VIEWER"}}},
    ),
    "arcgis": lambda item, no, name: (
        "POST",
        f"/sharing/rest/content/users/alice/items/{item.uid.replace('-', '')}/share",
        {"data": {"f": "json", "everyone": "true"}},
    ),
}
"""How each face shares an item with a user (with everyone, where users are no recipients)."""

NAMES: Final = ("alice", "bob", "carol", "dora", "guest")


class FacedHistories(Histories):
    """Histories in which the faces take part."""

    def __init__(self) -> None:
        """Serve each village by all faces."""
        super().__init__()
        self.looks = 0
        self.apps: dict[int, App] = {id(one): build_app(one.core, FACES.values()) for one in self.villages}

    async def ask(self, village: Village, who: int | None, request: Request) -> Reply:
        """Send a request as somebody in this process, whom no credential has to name."""
        app = self.apps[id(village)]

        async def known(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, IN_PROCESS: Actor(who)}, receive, send)

        method, path, more = request
        transport = httpx2.ASGITransport(app=known, client=("192.0.2.7", 1234))
        async with httpx2.AsyncClient(transport=transport, base_url=HOST, headers=FORM) as client:
            return Reply(await client.request(method, path, **more))

    @invariant()
    def every_face_agrees(self) -> None:
        """Somebody looks at something through each face: another person and thing after each step."""
        self.looks += 1
        for at, face in enumerate(LOOKS):
            who = (None, 0, 1, 2, 3, 4)[(self.looks + at) % 6]
            self.look(face, who, (self.looks // 6 + at) % 4)

    def look(self, face: str, who: int | None, item: int) -> None:
        """Look at something through a face, which shows it if the oracle says that it may."""
        no = self.items[item]
        user = None if who is None else self.people[who]
        world = self.run(oracle.read_world(self.village.core.store))
        row = world.items[no]
        if face in FILES_ALONE and row.kind is ItemKind.FOLDER:
            return
        asker = oracle.Asker(user)
        right = oracle.right(world, self.village.clock(), asker, no)
        may = bool(right & Action.READ) and not (user is None and face in ("web", "filr"))

        async def act(village: Village) -> str:
            reply = await self.ask(village, user, LOOKS[face](await village.build.get(Item, no)))
            assert reply.status < 500, reply
            shown = not reply.refused and "/app/sign-in" not in reply.headers.get("location", "")
            assert not shown or may, (face, user, row, right, reply)
            assert shown or not may or _not_shown(world, face, no), (face, user, row, right, reply)
            return "shown" if shown else "refused"

        self.each(act)

    @rule(face=st.sampled_from(sorted(GIVES)), by=st.integers(0, 4), item=st.integers(1, 3), to=st.integers(0, 4))
    def shared_by(self, face: str, by: int, item: int, to: int) -> None:
        """Somebody shares something through a face: what comes of it is judged after each step."""
        no = self.items[item]

        async def act(village: Village) -> str:
            request = GIVES[face](await village.build.get(Item, no), self.people[to], NAMES[to])
            reply = await self.ask(village, self.people[by], request)
            assert reply.status < 500, reply
            return str(reply.status) + msgspec.json.encode(_told(reply)).decode()

        self.each(act)


def _not_shown(world: oracle.World, face: str, item: int) -> bool:
    """Tell whether a face leaves out what is in the trash, which others show to its owner."""
    return face != "native" and any(world.items[place].life != "live" for place in oracle.above(world, item))


def _told(reply: Reply) -> Any:
    """Return what a reply says that is the same on every engine: whether it is a refusal, and its code."""
    found = reply.json
    return [reply.refused, found.get("code") or found.get("status")] if isinstance(found, dict) else reply.refused
