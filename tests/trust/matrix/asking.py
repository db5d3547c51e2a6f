"""Requests: a route's path and body filled from the facts of a scene, and answers read for whether it was done."""

import asyncio
import re
from base64 import b64encode
from functools import cache
from typing import Any, Final
from urllib.parse import quote

import msgspec
from tests.trust.matrix.declared import FACES, Declared
from tests.trust.matrix.scene import Scene
from tests.trust.town import HOST, Client, Reply

from commonhold.core.directory.basic import BasicCache
from commonhold.faces.directus.accountability import SESSION_COOKIE as DIRECTUS_COOKIE
from commonhold.http.app import App, build_app
from commonhold.http.credentials import PASS_COOKIE, PASS_HEADER, SESSION_COOKIE
from commonhold.testing.core import make_core

_VARIABLE: Final = re.compile(r"\{(\w+)(?::path)?\}")
_FACT: Final = re.compile(r"<(\w+)>")

PARAMETERS: Final = {"puter": "auth_token", "arcgis": "token", "directus": "access_token"}
"""What a token is called where it is no header."""

PARTS: Final[dict[str, dict[str, str]]] = {
    "native": {"item": "uid", "share": "share_uid", "group": "team_uid", "user": "carol"},
    "web": {"item": "uid", "share": "share_no", "group": "team_uid", "user": "carol"},
    "puter": {},
    "filr": {"id": "no"},
    "arcgis": {"item": "id", "user": "alice", "group": "team_id", "folder": "shelf_id", "org": "self"},
    "directus": {"collection": "canaries", "key": "uid", "field": "text"},
}
"""What the parts of paths are filled with: a fact, or the word itself where there is no such fact."""


def filled(value: Any, facts: dict[str, Any]) -> Any:
    """Put facts in the places of ``<name>``; a text that is nothing else becomes the fact itself."""
    if isinstance(value, dict):
        return {filled(name, facts): filled(one, facts) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, facts) for one in value]
    if isinstance(value, str):
        whole = _FACT.fullmatch(value)
        return facts[whole[1]] if whole else _FACT.sub(lambda found: str(facts[found[1]]), value)
    return value


def path_of(declared: Declared, at: dict[str, str], facts: dict[str, Any]) -> str:
    """Return the path of a route with its parts filled."""
    usual = PARTS[declared.face]

    def part(found: re.Match[str]) -> str:
        name = at.get(found[1]) or usual.get(found[1]) or found[1]
        return quote(str(facts.get(name, name)), safe="")

    return _VARIABLE.sub(part, declared.route.path)


@cache
def _app(loop: int) -> App:
    return build_app(make_core(), FACES.values())


def app_of(scene: Scene) -> App:
    """Serve the scene by all faces: by one application, as finding its routes takes longer than a request."""
    app = _app(id(asyncio.get_running_loop()))
    app.core, app._basic = scene.core, BasicCache()
    return app


async def ask(declared: Declared, kind: str, scene: Scene) -> Reply:
    """Make the request of a cell."""
    sent = {**declared.sent}
    at = {**sent.pop("at", {})}
    special = sent.pop("each", {}).get(kind, {})
    at |= special.pop("at", {}) if "at" in special else {}
    sent = filled({**sent, **special}, scene.facts)
    if "files" in sent:
        sent["files"] = [(field, (name, text.encode())) for field, name, text in sent["files"]]
    if "json" in sent:
        sent["content"] = msgspec.json.encode(sent.pop("json"))
        sent["headers"] = {"content-type": "application/json", **sent.get("headers", {})}
    if declared.face == "web" and declared.route.method != "GET":
        sent["headers"] = {"origin": HOST, **sent.get("headers", {})}
    if declared.face == "arcgis":
        where = "data" if "data" in sent else "params"
        sent[where] = {"f": "json", **sent.get(where, {})}
    _show(declared.face, scene, sent)
    client = Client(app_of(scene))
    return await client(declared.route.method, path_of(declared, at, scene.facts), **sent)


def _show(face: str, scene: Scene, sent: dict[str, Any]) -> None:
    """Add the credential to what is sent."""
    if (key := scene.key) is None:
        return
    headers = sent["headers"] = {**sent.get("headers", {})}
    if key.by == "parameter":
        where = "data" if face == "arcgis" and "data" in sent else "params"
        sent[where] = {PARAMETERS[face]: key.secret, **sent.get(where, {})}
    elif key.by == "cookie":
        of_share = key.share is not None and face != "directus"
        name = f"{PASS_COOKIE}{key.share}" if of_share else DIRECTUS_COOKIE if face == "directus" else SESSION_COOKIE
        headers["cookie"] = f"{name}={key.secret}"
    elif key.by == "pass":
        headers[PASS_HEADER] = key.secret
    elif key.by in ("basic", "password"):
        headers["authorization"] = f"Basic {b64encode(f'{key.name}:{key.secret}'.encode()).decode()}"
    else:
        headers["x-esri-authorization" if key.by == "header" else "authorization"] = f"Bearer {key.secret}"


def done(declared: Declared, reply: Reply) -> bool:
    """Tell whether what was asked was done: no refusal by status, by envelope, or of a part of it."""
    if reply.refused or reply.status == 218:
        return False
    if declared.face == "web":
        return declared.route.path.endswith(("/leave", "/sign-out")) or "/app/sign-in" not in reply.headers.get(
            "location", ""
        )
    found = reply.json if reply.headers.get("content-type", "").startswith("application/json") else None
    if not isinstance(found, dict):
        return True
    if found.get("errors") or found.get("notSharedWith") or found.get("notUnsharedFrom"):
        return False
    if declared.face == "puter" and found.get("status") in ("aborted", "mixed"):
        return False
    parts = [one for name in ("pairs", "results") for one in found.get(name) or () if isinstance(one, dict)]
    return all("problem" not in one and one.get("success", True) is not False for one in parts)
