"""An installation in which every secret is known, driven through every face: what it says and keeps is swept for them.

``Haul`` is all of it. ``ALLOWED`` names each reply that tells a secret again, to whom, and the document that wants it.
"""

import base64
import io
import logging
import re
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec
from tests.trust.town import FACES, Client, Reply, Town, furnish, settle

from commonhold import logs, wiring
from commonhold.core.core import Core
from commonhold.core.directory.letters import letter_secret
from commonhold.core.model import Event, Outbox
from commonhold.core.notices.letters import letter
from commonhold.core.webhooks.delivering import message
from commonhold.core.webhooks.listening import spread
from commonhold.http.face import Route
from commonhold.settings import Settings, load
from commonhold.work.mail import compose, sender_of

GIVEN: Final = {
    "smtp password": "canary-smtp-f3b1",
    "s3 key": "canary-s3-9c27",
    "administrator's password": "canary-admin-77aa",
    "account password": "canary-account-5d10",
    "share password": "canary-share-e8f4",
    "wrong password": "canary-wrong-0b6d",
}
"""Secrets that somebody thinks up; all others are made by the program and read from its answers."""
ENVIRONMENT: Final = {
    "COMMONHOLD_SMTP_HOST": "127.0.0.1",
    "COMMONHOLD_SMTP_USER": "mailer",
    "COMMONHOLD_SMTP_PASSWORD": GIVEN["smtp password"],
    "COMMONHOLD_S3_ACCESS_KEY": "mine",
    "COMMONHOLD_S3_SECRET_KEY": GIVEN["s3 key"],
    "COMMONHOLD_ADMIN_EMAIL": "first@example.org",
    "COMMONHOLD_ADMIN_PASSWORD": GIVEN["administrator's password"],
}
A: Final = "/alice/a.txt"
WHO: Final = (
    ("alice", True, tuple(FACES)),
    ("bob", True, tuple(FACES)),
    ("nobody", True, tuple(FACES)),
    ("root", True, ("native", "web", "directus")),
    ("mallory", False, tuple(FACES)),
)
"""Who asks which routes: those that only read (True), or those that change something."""
ABOUT_ONESELF: Final = (
    "/api/v1/session",
    "/app",
    "/whoami",
    "/rest/self",
    "/sharing/rest/portals/self?f=json",
    "/users/me",
)
_VARIABLE: Final = re.compile(r"\{(\w+)(:path)?\}")


class Told(NamedTuple):
    """A reply: who asked, which route of which face, what he sent, and what came back."""

    who: str
    face: str
    route: str
    sent: str
    reply: str


class Haul(msgspec.Struct):
    """Everything that the installation said and kept."""

    secrets: dict[str, str]
    told: list[Told] = []
    log: str = ""
    events: str = ""
    metrics: str = ""
    hooks: list[str] = []
    mails: list[tuple[str, str, str]] = []  # kind, headers, text


def forms(secret: str) -> list[str]:
    """Return how a secret may stand in a text: as it is, in an address, and in base64."""
    return [secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]]


def found(haul: Haul, text: str, *without: str) -> set[str]:
    """Return the names of the secrets that stand in a text."""
    return {
        name
        for name, secret in haul.secrets.items()
        if name not in without and any(form in text for form in forms(secret))
    }


async def haul(data: Path) -> Haul:
    """Make the installation, drive it, and keep what it says."""
    settings = load(ENVIRONMENT, {"data": str(data)})
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    logs.setup("debug", "json", stream)
    for name in ("httpx2", "httpcore2"):  # the client of this test: it is no part of the program
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        async with wiring.open_core(settings) as core:
            await wiring.first_start(core, settings)
            result = await _driven(core, settings, data)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    result.log = stream.getvalue()
    return result


async def _driven(core: Core, settings: Settings, data: Path) -> Haul:
    town = await furnish(await settle(core, settings, first="first"))
    result = Haul({**GIVEN, "instance key": (data / "instance.key").read_text().strip()})
    await _made(town, result)
    await _letters(town, settings, result)
    for who, reads, faces in WHO:
        for face in faces:
            for route in FACES[face].routes:
                if (route.method in ("GET", "HEAD")) is reads:
                    await _ask(town, result, who, face, route)
    await _refused(town, result)
    for row in await town.rows(Event):
        result.events += msgspec.json.encode(row).decode() + "\n"
    result.metrics = (await town.client(address="127.0.0.1")("GET", "/metrics")).text
    return result


async def _made(town: Town, result: Haul) -> None:
    """Make one secret of each kind, and note what it is."""
    password = GIVEN["account password"]
    await town.root.ok("PUT", "/api/v1/users/bob/password", {"password": password})
    body = {"items": [town.uid(A)], "recipients": [{"kind": "link"}], "terms": {"password": GIVEN["share password"]}}
    made = await town.alice.ok("POST", "/api/v1/shares", body, headers={"idempotency-key": "k"})
    await town.alice.ok("POST", "/api/v1/shares", body, headers={"idempotency-key": "k"})
    pair = made["pairs"][0]
    result.secrets["link"] = pair["link"]["secret"]
    opened = {"password": GIVEN["share password"]}
    passed = await town.nobody.ok("POST", f"/api/v1/links/{pair['link']['secret']}/open", opened)
    result.secrets["pass"] = passed["token"]
    log_in = {"name": "bob", "password": password}
    result.secrets["session"] = (await town.nobody.ok("POST", "/api/v1/session", log_in))["token"]
    bob = town.client(result.secrets["session"])
    result.secrets["personal token"] = (await bob.ok("POST", "/api/v1/tokens", {"label": "mine"}))["token"]
    told = await town.nobody.ok("POST", "/auth/login", {"email": "bob@example.org", "password": password})
    result.secrets["refresh token"] = told["data"]["refresh_token"]
    hook = await town.root.ok("POST", "/api/v1/webhooks", {"url": "https://hooks.example.org/", "org": "Main"})
    result.secrets["webhook secret"] = hook["secret"]
    share = {"collection": "notes", "item": "1", "password": GIVEN["share password"]}
    result.secrets["link by its id"] = (await town.alice.ok("POST", "/shares", share))["data"]["id"]
    town.group_uids |= {"share": pair["share"], "share number": str(pair["id"]), "hook": hook["webhook"]["uid"]}


async def _letters(town: Town, settings: Settings, result: Haul) -> None:
    """Have letters and deliveries written, and keep them as they would be sent."""
    mail = {"items": [town.uid(A)], "recipients": [{"kind": "mail", "name": "guest@example.net"}]}
    await town.alice.ok("POST", "/api/v1/shares", mail)
    await town.nobody.ok("POST", "/api/v1/password/forgotten", {"name": "carol"})
    await town.nobody.ok("POST", "/api/v1/entry/ask", {"email": "guest@example.net"})
    await spread(town.core)
    for row in await town.rows(Outbox):
        sent = await letter(town.core, row)
        if sent is not None:
            mailed = compose(sent, settings, sender=sender_of(settings), now=town.core.clock(), message_id="x")
            texts = [part.get_content() for part in mailed.walk() if not part.is_multipart()]
            headers = " ".join(f"{name}: {value}" for name, value in mailed.items())
            result.mails.append((sent.kind, headers, " ".join(texts)))
            if sent.page in ("reset", "enter") and sent.part:
                result.secrets[f"letter to {sent.page}"] = sent.part
        delivery = await message(town.core, row)
        if delivery is not None:
            result.hooks.append(f"{delivery.kind} {delivery.body.decode()}")
    result.secrets["letter to verify"] = await letter_secret(town.core, "verify", town.numbers["dave"])


def _values(town: Town, result: Haul, face: str) -> dict[str, str]:
    """Return something that there is for each variable of a path."""
    number = {"filr": str(town.no(A)), "arcgis": town.arcgis_id(A)}.get(face, town.uid(A))
    return {
        "secret": result.secrets["link"],
        "share": town.group_uids["share number" if face == "web" else "share"],
        "item": number,
        "id": number,
        "key": result.secrets["link by its id"] if face == "directus" else "1",
        "user": "alice",
        "collection": "notes",
        "group": "team",
        "webhook": town.group_uids["hook"],
        "org": "Main",
        "holder": "user:alice",
        "folder": town.arcgis_id("/alice/docs"),
    }


async def _ask(town: Town, result: Haul, who: str, face: str, route: Route) -> None:
    """Send a request to a route: a GET as it should be; else a body full of secrets that fits nowhere."""
    values = _values(town, result, face)
    path = _VARIABLE.sub(lambda match: values.get(match[1], "1"), route.path)
    client, url = town.clients[who], path + {"arcgis": "?f=json", "puter": f"?uid={town.uid(A)}"}.get(face, "")
    if route.method in ("GET", "HEAD"):
        reply = await client(route.method, url)
        result.told.append(_told(who, face, route, url, reply))
        return
    if path.endswith(("logout", "sign-out", "/session", "/sessions", "revokeToken")):
        return  # she goes on
    odd = {name: [GIVEN["wrong password"]] for name in ("password", "token", "secret", "name", "email", "username")}
    reply = await client(route.method, url, odd, headers={"accept": "application/json"})
    result.told.append(_told(who, face, route, url + GIVEN["wrong password"], reply))


def _told(who: str, face: str, route: Route, sent: str, reply: Reply) -> Told:
    headers = " ".join(f"{name}: {value}" for name, value in reply.headers.items())
    return Told(who, face, f"{route.method} {route.path}", sent, f"{reply.status} {headers} {reply.text}")


async def _refused(town: Town, result: Haul) -> None:
    """Use secrets wrongly: in the wrong place of a request, the wrong one, or one that is over."""
    wrong = GIVEN["wrong password"]
    for secret in result.secrets.values():
        shown = Client(town.app, secret, cookie=f"commonhold_session={secret}; commonhold_pass_1={secret}")
        for at in ABOUT_ONESELF:
            await shown("GET", f"{at}{'&' if '?' in at else '?'}token={quote(secret)}")
        await town.nobody("POST", f"/api/v1/links/{quote(secret)}/open", {"password": wrong})
        await town.nobody("GET", f"/s/{quote(secret)}/download")
        await town.nobody("POST", "/login", {"username": secret, "password": wrong})
        await town.nobody("POST", "/shares/auth", {"share": secret, "password": wrong})
        await town.nobody("GET", f"/no/such/route/{quote(secret)}")
