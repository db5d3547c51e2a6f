"""Each limit of requests through each face that can reach it: answered as its protocol answers, and nothing changed."""

from typing import Any, Final

import httpx2
import pytest

from commonhold.core.core import Core
from commonhold.core.directory.tokens import create_token
from commonhold.core.identity import Actor
from commonhold.core.limits import Limits
from commonhold.http.app import App, build_app
from commonhold.settings.values import Settings
from commonhold.testing.build import Builder
from commonhold.testing.core import make_core
from commonhold.wiring import find_faces

SETTINGS: Final = Settings()
FACES: Final = {face.name: face for face in find_faces(SETTINGS)}
AWAY: Final = "192.0.2.7"

READS: Final = {
    "native": ("/api/v1/items/none", 429, "too_many_requests"),
    "web": ("/app/sign-in", 429, "Too many"),
    "directus": ("/users/me", 429, "REQUESTS_EXCEEDED"),
    "puter": ("/whoami", 429, "too_many_requests"),
    "filr": ("/rest/shares/by_me", 429, "code"),
    "arcgis": ("/sharing/rest/portals/self?f=json", 200, '"code":429'),
}
"""A request of each face, the status that its protocol has for too many of them, and what its body says."""

LARGE: Final = {
    "native": ("/api/v1/shares", 413, "too_large"),
    "web": ("/app/sign-in", 413, ""),
    "directus": ("/shares", 400, "INVALID_PAYLOAD"),
    "puter": ("/share", 413, "file_too_large"),
    "filr": ("/rest/folder_entries/1/shares", 413, "code"),
}
"""A request with a body, of the faces that read one as a whole by the setting ``limits.body``."""


def served(name: str, **limits: Any) -> tuple[Core, App]:
    """Serve one face over an empty core with these limits."""
    core = make_core(limits=Limits(**limits))
    return core, build_app(core, [FACES[name]], SETTINGS)


def caller(app: App, address: str = AWAY, token: str | None = None) -> httpx2.AsyncClient:
    """Ask from an address."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    transport = httpx2.ASGITransport(app=app, client=(address, 1))
    return httpx2.AsyncClient(transport=transport, base_url="http://files.example", headers=headers)


def test_every_face_is_here() -> None:
    """A face that is added has to say how it answers."""
    assert READS.keys() == FACES.keys()


@pytest.mark.parametrize("name", READS)
async def test_one_address_asks_too_much(name: str) -> None:
    """Each face answers in its own words, with the seconds after which to come back; another address is served."""
    core, app = served(name, address_requests=2)
    path, status, said = READS[name]
    async with caller(app) as away, caller(app, "198.51.100.9") as other:
        before = [await away.get(path) for _ in range(2)]
        reply = await away.get(path)
        assert (await other.get(path)).status_code == before[0].status_code
    assert 429 not in [one.status_code for one in before]
    assert (reply.status_code, said in reply.text.replace(": ", ":") or said in str(reply.headers)) == (status, True)
    assert 1 <= int(reply.headers["retry-after"]) <= 30
    assert (await core.store.instance()).revision == 0


@pytest.mark.parametrize("name", ["native", "directus", "puter", "arcgis"])
async def test_one_account_asks_too_much(name: str) -> None:
    """An account is counted wherever it asks from; others of the same address are served."""
    core, app = served(name, account_requests=2)
    build = Builder(core.store)
    tokens = []
    for person in ("alice", "bob"):
        no = await build.user(person)
        tokens.append((await create_token(core, Actor(no), label="t")).secret)
    path, status, said = READS[name]
    revision = (await core.store.instance()).revision
    replies = []
    for address in (AWAY, "198.51.100.9", "203.0.113.5"):
        async with caller(app, address, tokens[0]) as alice:
            replies.append(await alice.get(path))
    async with caller(app, AWAY, tokens[1]) as bob:
        assert (await bob.get(path)).status_code == replies[0].status_code
    assert (replies[2].status_code, said in replies[2].text.replace(": ", ":")) == (status, True)
    assert replies[2].headers["retry-after"] == "30"
    assert (await core.store.instance()).revision == revision


@pytest.mark.parametrize("name", LARGE)
async def test_a_body_is_too_large(name: str) -> None:
    """A body beyond the setting is refused as soon as it is too long, and nothing is written."""
    core, app = served(name, body=2_000)
    path, status, said = LARGE[name]
    kind = "application/x-www-form-urlencoded" if name == "web" else "application/json"
    body = b"name=" + b"x" * 70_000 if name == "web" else b'{"x": "' + b"x" * 70_000 + b'"}'
    token = (await create_token(core, Actor(await Builder(core.store).user("alice")), label="t")).secret
    revision = (await core.store.instance()).revision
    async with caller(app, token=token) as away:
        reply = await away.post(path, content=body, headers={"content-type": kind})
    assert (reply.status_code, said in reply.text) == (status, True), reply.text
    assert (await core.store.instance()).revision == revision
