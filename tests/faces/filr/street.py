"""The town behind several faces at once: what one of them does is looked at by the others."""

from typing import Any

import httpx2
from tests.faces.filr.town import HOST, Client, Reply, Town

from commonhold.faces.filr.face import FACE
from commonhold.faces.native.face import FACE as NATIVE
from commonhold.faces.puter.face import FACE as PUTER
from commonhold.http.app import build_app

A = "/alice/a.txt"


class Street:
    """The town behind three faces at once."""

    def __init__(self, town: Town) -> None:
        """Mount Filr, the native API and Puter over the same core."""
        self.town = town
        self.app = build_app(town.core, [FACE, NATIVE, PUTER])

    def filr(self, who: str) -> Client:
        """Somebody's client of Filr."""
        first = self.town.clients[who]
        return Client(self.app, first.name, first.password)

    async def ask(self, who: str, method: str, path: str, json: Any = None) -> Any:
        """Ask the native API or Puter, and return the body of an answer that says 2xx."""
        reply = await self.try_(who, method, path, json)
        assert reply.status < 300, reply
        return reply.data if reply.text else None

    async def try_(self, who: str, method: str, path: str, json: Any = None) -> Reply:
        """Ask the native API or Puter, and return the answer."""
        headers = {"authorization": f"Bearer {self.town.clients[who].password}"} if who != "nobody" else {}
        transport = httpx2.ASGITransport(app=self.app, client=("192.0.2.7", 1234))
        async with httpx2.AsyncClient(transport=transport, base_url=HOST, headers=headers) as http:
            return Reply(await http.request(method, path, **({} if json is None else {"json": json})))

    async def native(self, path: str, recipient: Any, role: str = "viewer", **terms: Any) -> str:
        """Share something by the native API, as its owner, and return the share's uid."""
        body = {"items": [self.town.items[path].uid], "recipients": [recipient], "role": role, "terms": terms}
        report = await self.ask(path.split("/")[1], "POST", "/api/v1/shares", body)
        return str(report["pairs"][0]["share"])

    async def puter(self, path: str, recipient: str, mode: str = "read") -> None:
        """Share something by Puter, as its owner."""
        body = {"recipients": [recipient], "items": [{"path": path}], "mode": mode}
        assert (await self.ask(path.split("/")[1], "POST", "/share", body))["status"] == "success"

    async def received(self, who: str) -> list[dict[str, Any]]:
        """The shares that reach somebody, as Filr lists them."""
        found: list[dict[str, Any]] = (await self.filr(who).get(f"/shares/with_user/{self.town.no(who)}"))["items"]
        return [one for one in found if one["shared_entity"]["id"] != self.town.no("/alice/read.txt")]

    async def made(self, path: str, who: str = "alice") -> list[dict[str, Any]]:
        """The shares that somebody made of something, as Filr lists them."""
        found: list[dict[str, Any]] = (await self.filr(who).get(self.town.shares_of(path)))["items"]
        return found

    async def shown(self, uid: str, who: str = "alice") -> Any:
        """A share, as the native API shows it."""
        return await self.ask(who, "GET", f"/api/v1/shares/{uid}")

    async def on(self, path: str) -> list[dict[str, Any]]:
        """The shares on something, as the native API lists them to its owner."""
        where = f"/api/v1/items/{self.town.items[path].uid}/shares"
        return list((await self.ask(path.split("/")[1], "GET", where))["data"])

    async def reads(self, who: str, path: str = A) -> tuple[bool, bool, bool]:
        """Whether somebody reads a file by Filr, by the native API, and by Puter."""
        uid = self.town.items[path].uid
        filr = await self.filr(who)("GET", f"/files/{uid}")
        native = await self.try_(who, "GET", f"/api/v1/items/{uid}/content")
        puter = await self.try_(who, "GET", f"/read?file={uid}")
        return filr.status == 200, native.status == 200, puter.status == 200
