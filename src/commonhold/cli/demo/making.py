"""Makes the town, as its people would: each with his own API in this process."""

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from commonhold.cli.client import Api, Json, part
from commonhold.cli.demo.town import (
    APP,
    CLOSED,
    FILES,
    GROUPS,
    PASSWORD,
    PEOPLE,
    ROW,
    ROWS,
    RULES,
    SHARES,
    TABLE,
    Given,
)
from commonhold.cli.exits import CommandError

Enter = Callable[[str | None], Awaitable[Api]]
"""Returns the API as somebody; as the operator of the machine before there is anybody."""


class Made(msgspec.Struct):
    """A share that was made: what it shows, the item, and its link if it has one."""

    given: Given
    item: Json
    share: Json


class Town:
    """Builds everything, and remembers where it is."""

    def __init__(self, enter: Enter) -> None:
        """Nothing is made yet."""
        self._enter = enter
        self._items: dict[str, Json] = {}
        self.shares: list[Made] = []

    async def build(self) -> None:
        """Make people, groups, files, an app and shares.

        :raises CommandError: somebody is there already
        """
        operator = await self._enter(None)
        if await operator.list("/users", 1):
            raise CommandError("People live here already. Give an empty directory: commonhold demo --data DIR")
        for resident in PEOPLE:
            await operator.post("/users", _account(resident.name, resident.first, resident.last) | resident.more)
        for title, owner, members in GROUPS:
            group = await operator.post("/groups", {"title": title, "owner": owner})
            await operator.post(f"/groups/{group['uid']}/members", {"members": list(members)})
        for path, content in FILES.items():
            await self._file(path, content)
        owner, name, url = APP
        top = await self._folder([owner])
        made = {"kind": "app", "name": name, "url": url}
        self._items[f"/{owner}/{name}"] = await (await self._enter(owner)).post(f"/items/{top}/children", made)
        await self._table(await self._enter("alice"))
        closed = self._items[CLOSED]
        await (await self._enter("alice")).call("PATCH", f"/items/{closed['uid']}", {"inherits": False})
        for given in SHARES:
            self.shares.append(await self._share(given))

    def item(self, path: str) -> Json:
        """Return what was made at a path."""
        return self._items[path]

    async def _file(self, path: str, content: bytes) -> None:
        *folders, name = path.strip("/").split("/")
        api = await self._enter(folders[0])
        parent = await self._folder(folders)
        self._items[path] = await api.upload(f"/items/{parent}/children/{part(name)}", _once(content), len(content))

    async def _table(self, api: Api) -> None:
        await api.post("/collections", TABLE)
        await api.post(f"/collections/{TABLE['name']}/rows", {"rows": ROWS})
        for rule in RULES:
            await api.post("/rules", rule)
        name, _, key = ROW.partition("/")
        self._items[ROW] = {"collection": name, "key": key, "name": ROW}

    async def _folder(self, names: list[str]) -> str:
        """Return the uid of a folder; it and those above are made if they are not there."""
        path = "/" + "/".join(names)
        if path not in self._items:
            api = await self._enter(names[0])
            if len(names) == 1:
                self._items[path] = await api.item(path)
            else:
                above = await self._folder(names[:-1])
                body = {"kind": "folder", "name": names[-1]}
                self._items[path] = await api.post(f"/items/{above}/children", body)
        return str(self._items[path]["uid"])

    async def _share(self, given: Given) -> Made:
        api, item = await self._enter(given.by), self._items[given.item]
        asked = item["uid"] if "uid" in item else {"collection": item["collection"], "key": item["key"]}
        body = {"items": [asked], "recipients": [given.to], "role": given.role, "terms": given.terms}
        pair: Json = (await api.post("/shares", body))["pairs"][0]
        if given.end:
            await api.call("DELETE", f"/shares/{pair['share']}")
        return Made(given, item, pair)


def _account(name: str, first: str, last: str) -> Json:
    email = f"{name}@example.org"
    names = {"first_name": first, "last_name": last}
    return {"name": name, "email": email, "password": PASSWORD, "verified": True, **names}


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
