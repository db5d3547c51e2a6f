"""The Directus dialect, with 32 clients: what a share's token reads, what is known of a share, made and opened."""

import itertools
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec
from msgspec import Struct

from bench.cases.requests import beside, figure
from bench.context import Context
from bench.load import request
from bench.report import Figure
from bench.server import HOST, bare, ours
from commonhold.core.directory.digests import digest

ROWS: Final = 100
LIST: Final = 25  # comments on each article
ARTICLES: Final = "bench_articles"
COMMENTS: Final = "bench_comments"


class Scene(Struct, frozen=True):
    """A role that reads, shares and their tokens."""

    role: str
    shares: list[str]
    tokens: list[str]


async def directus(bench: Context) -> AsyncIterator[Figure]:
    """Read an item and a list by a share's token, look at a share, make one, open one."""
    admin = bench.town.sharers[0][0]
    _promote(bench.data, admin)
    async with ours(bench.data) as server, bare() as nothing:
        scene = await _scene(server.port, admin)
        items = [request("GET", f"/items/{ARTICLES}/{at}", token=token) for at, token in enumerate(scene.tokens, 1)]
        yield figure("directus: item by share token", await beside(bench, server, nothing, lambda: items), 0.18)
        lists = [request("GET", f"/items/{COMMENTS}?limit={LIST}", token=token) for token in scene.tokens]
        yield figure(f"directus: list of {LIST}", await beside(bench, server, nothing, lambda: lists), 0.15)
        infos = [request("GET", f"/shares/info/{uid}") for uid in scene.shares]
        yield figure("directus: share info", await beside(bench, server, nothing, lambda: infos), 0.22)
        bodies = [
            msgspec.json.encode({"collection": ARTICLES, "item": str(at), "role": scene.role})
            for at in range(1, ROWS + 1)
        ]
        makes = itertools.cycle([request("POST", "/shares", token=admin, body=body) for body in bodies])
        found = await beside(bench, server, nothing, lambda: list(itertools.islice(makes, 20_000)))
        yield figure("directus: make a share", found, 0.1)
        opens = [request("POST", "/shares/auth", body=msgspec.json.encode({"share": uid})) for uid in scene.shares]
        yield figure("directus: open a share", await beside(bench, server, nothing, lambda: opens), 0.1)


def _promote(data: Path, token: str) -> None:
    """Let somebody administer the installation: collections are made by administrators alone."""
    with sqlite3.connect(data / "commonhold.db") as rows:
        (who,) = rows.execute("SELECT principal FROM credential WHERE digest = ?", (digest(token),)).fetchone()
        rows.execute("UPDATE principal SET admin = 1 WHERE no = ?", (who,))
        rows.execute("UPDATE instance SET revision = revision + 1, people_at = revision + 1")


async def _scene(port: int, admin: str) -> Scene:
    """Make collections, rows, a role and shares, as a client of this dialect does."""
    headers = {"authorization": f"Bearer {admin}"}
    async with httpx2.AsyncClient(base_url=f"http://{HOST}:{port}", headers=headers, timeout=60) as client:

        async def post(path: str, body: Any) -> Any:
            reply = await client.post(path, json=body)
            if reply.status_code not in (200, 204):
                raise RuntimeError(f"{path}: {reply.status_code} {reply.text[:300]}")
            return reply.json()["data"] if reply.content else None

        key = {"field": "id", "type": "integer", "schema": {"is_primary_key": True, "has_auto_increment": True}}
        text = {"field": "text", "type": "string", "schema": {}}
        number = {"field": "article", "type": "integer", "schema": {}}
        await post("/collections", {"collection": ARTICLES, "schema": {}, "meta": {}, "fields": [key, text]})
        await post("/collections", {"collection": COMMENTS, "schema": {}, "meta": {}, "fields": [key, text, number]})
        link = {"collection": COMMENTS, "field": "article", "related_collection": ARTICLES}
        await post("/relations", {**link, "meta": {"one_field": "comments"}, "schema": {"on_delete": "SET NULL"}})
        await post(f"/items/{ARTICLES}", [{"text": f"article {at}"} for at in range(ROWS)])
        for at in range(1, ROWS + 1):
            await post(f"/items/{COMMENTS}", [{"text": f"comment {n}", "article": at} for n in range(LIST)])
        role, policy = (
            (await post("/roles", {"name": "bench"}))["id"],
            (await post("/policies", {"name": "bench"}))["id"],
        )
        await post("/access", {"role": role, "policy": policy})
        rules = [
            {"collection": name, "action": "read", "fields": ["*"], "policy": policy} for name in (ARTICLES, COMMENTS)
        ]
        await post("/permissions", rules)
        asked = [{"collection": ARTICLES, "item": str(at), "role": role} for at in range(1, ROWS + 1)]
        made = sorted(await post("/shares", asked), key=lambda share: int(share["item"]))
        tokens = [(await post("/shares/auth", {"share": share["id"]}))["access_token"] for share in made]
        return Scene(role, [share["id"] for share in made], tokens)
