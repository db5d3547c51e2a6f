"""What every face can do with something, in one form: the doors by which things are given, taken back and looked at."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from tests.trust.town import FACES, HOST, Client, Reply, Town

from commonhold.core.roles import Role
from commonhold.faces.directus.registry import OURS

Ask = tuple[str, str] | tuple[str, str, Any]

MODES: Final = {
    Role.PREVIEWER: "list",
    Role.VIEWER: "read",
    Role.EDITOR: "write",
    Role.CONTRIBUTOR: "write",
    Role.MANAGER: "manage",
}
FILR_ROLES: Final = {Role.MANAGER: "CONTRIBUTOR", Role.PREVIEWER: "VIEWER", Role.UPLOADER: "VIEWER"}
FLAGS: Final = {"internal": True, "external": True, "public": True, "public_link": True}
KINDS: Final = ("user", "group", "org", "everyone", "link", "mail")


class Given(NamedTuple):
    """What a face answered when something was to be shared: the reply, whether it was done, and the share's name."""

    reply: Reply
    done: bool
    share: str = ""


# --- sharing: who gives, what, to whom ("bob", "group:team", "everyone", "link"), as what


async def _native(town: Town, who: Client, path: str, to: str, role: Role) -> Given:
    kind, _, name = to.rpartition(":")
    recipient: Any = {"kind": to} if to in ("link", "everyone") else {"kind": kind or "user", "name": name}
    body = {"items": [town.uid(path)], "recipients": [recipient], "role": role}
    reply = await who("POST", "/api/v1/shares", body)
    done = reply.status == 200 and "did" in reply.json["pairs"][0]
    return Given(reply, done, reply.json["pairs"][0]["share"] if done else "")


async def _puter(town: Town, who: Client, path: str, to: str, role: Role) -> Given:
    if to == "link":
        asked = {"permissions": [f"fs:{town.uid(path)}:read"]}
        reply = await who("POST", "/auth/create-access-token", asked)
        return Given(reply, reply.status == 200, reply.json.get("token", ""))
    body = {"recipients": [to], "items": [{"uid": town.uid(path)}], "mode": MODES[role]}
    reply = await who("POST", "/share", body)
    return Given(reply, reply.status == 200 and reply.json["status"] == "success")


async def _filr(town: Town, who: Client, path: str, to: str, role: Role) -> Given:
    item = town.items[path]
    where = "folders" if item.kind == "folder" else "folder_entries"
    kind, _, name = to.rpartition(":")
    recipient: dict[str, Any] = {"type": {"link": "public_link", "everyone": "public"}.get(to, kind or "user")}
    access: dict[str, Any] = {"role": FILR_ROLES.get(role, role.name)}
    if to not in ("link", "everyone"):
        recipient["id"] = town.numbers[name]
    reply = await who(
        "POST",
        f"/rest/{where}/{item.no}/shares",
        {"recipient": recipient, "access": access},
        headers={"accept": "application/json"},
    )
    return Given(reply, reply.status == 200, str(reply.json.get("id", "")) if reply.json else "")


async def _arcgis(town: Town, who: Client, path: str, to: str, role: Role) -> Given:
    asked = (
        {"everyone": "true"} if to == "everyone" else {"groups": town.group_uids[to.partition(":")[2]].replace("-", "")}
    )
    more = {"confirmItemControl": "true"} if role in (Role.EDITOR, Role.CONTRIBUTOR, Role.MANAGER) else {}
    reply = await who.form(f"/sharing/rest/content/items/{town.arcgis_id(path)}/share", **asked, **more)
    return Given(reply, not reply.refused and not reply.json["notSharedWith"])


async def _web(town: Town, who: Client, path: str, to: str, role: Role) -> Given:
    form: dict[str, str | list[str]] = {"do": "send", "kind": "link" if to == "link" else "people", "role": role}
    form["pass"] = [one for one in KINDS if to != "link"]
    if to == "everyone":
        form["everyone"] = "1"
    elif to.startswith("group:"):
        form["to"] = f"group:{town.group_uids[to.removeprefix('group:')]}"
    else:
        form["to"] = to
    form["confirm"] = "1"
    reply = Reply(await who.http.post(f"/app/items/{town.uid(path)}/share", data=form, headers={"origin": HOST}))
    return Given(reply, reply.status == 303)


async def _directus(town: Town, who: Client, path: str, to: str, role: Role) -> Given:
    assert to == "link"
    reply = await who("POST", "/shares", {**thing(town, path), "role": OURS[role]})
    return Given(reply, reply.status == 200, reply.json["data"]["id"] if reply.status == 200 else "")


GIVE: Final[dict[str, Callable[[Town, Client, str, str, Role], Awaitable[Given]]]] = {
    "native": _native,
    "web": _web,
    "puter": _puter,
    "filr": _filr,
    "arcgis": _arcgis,
    "directus": _directus,
}
REACHES: Final = {
    "native": ("carol", "group:club", "everyone", "link"),
    "web": ("carol", "group:club", "everyone", "link"),
    "puter": ("carol", "link"),
    "filr": ("carol", "group:club", "everyone", "link"),
    "arcgis": ("group:club", "everyone"),
    "directus": ("link",),
}
"""To whom each face shares."""


def thing(town: Town, path: str) -> dict[str, str]:
    """Name something as the Directus dialect does: by collection and item."""
    if path not in town.items:
        collection, key = path.split(" ")
        return {"collection": collection, "item": key}
    item = town.items[path]
    plural = "entries" if item.kind == "entry" else f"{item.kind}s"
    return {"collection": f"commonhold_{plural}", "item": item.uid}


# --- looking: the bytes of a file, and what is told about it


def data(town: Town, face: str, path: str) -> Ask:
    """Return the request for a file's bytes."""
    uid = town.uid(path)
    return {
        "native": ("GET", f"/api/v1/items/{uid}/content"),
        "web": ("GET", f"/app/items/{uid}/content"),
        "puter": ("GET", f"/read?file={uid}"),
        "filr": ("GET", f"/rest/files/{uid}"),
        "arcgis": ("GET", f"/sharing/rest/content/items/{town.arcgis_id(path)}/data"),
        "directus": ("GET", f"/assets/{uid}"),
    }[face]


def facts(town: Town, face: str, path: str) -> Ask:
    """Return the request for what is told about a file or folder."""
    uid, item = town.uid(path), town.items[path]
    found: dict[str, Ask] = {
        "native": ("GET", f"/api/v1/items/{uid}"),
        "web": ("GET", f"/app/items/{uid}"),
        "puter": ("POST", "/stat", {"uid": uid}),
        "filr": ("GET", f"/rest/{'folders' if item.kind == 'folder' else 'folder_entries'}/{item.no}"),
        "arcgis": ("GET", f"/sharing/rest/content/items/{town.arcgis_id(path)}?f=json"),
        "directus": ("GET", "/items/{collection}/{item}".format(**thing(town, path))),
    }
    return found[face]


async def reads(town: Town, who: Client, path: str, face: str) -> bool:
    """Tell whether somebody gets the bytes of a file by a face; nothing but them, or a refusal, is an answer."""
    reply = await who(*data(town, face, path))
    content = path.encode() if reply.status == 200 and not reply.refused else None
    got = reply.body == content
    assert got or reply.refused or reply.status in (302, 303), reply
    assert got or path.encode() not in reply.body, reply
    return got


async def readers(town: Town, who: Client, path: str) -> set[str]:
    """Return the faces by which somebody gets the bytes of a file."""
    return {face for face in FACES if await reads(town, who, path, face)}


# --- links: each face's own way through one


async def through(town: Town, face: str, secret: str, share: str, path: str, password: str | None = None) -> Reply:
    """Go through a link to a file as nobody, by a face; the reply holds the bytes, or refuses."""
    nobody = town.client()
    if face == "native":
        opened = await nobody("POST", f"/api/v1/links/{secret}/open", {"password": password})
        return opened if opened.refused else await town.client(opened.json["token"])(*data(town, face, path))
    if face == "web":
        if password is not None:
            form = {"password": password}
            opened = Reply(await nobody.http.post(f"/s/{secret}", data=form, headers={"origin": HOST}))
            if opened.refused:
                return opened
        return await nobody("GET", f"/s/{secret}/download")
    if face == "puter":
        return await nobody("GET", f"/token-read?uid={town.uid(path)}&token={secret}")
    if face == "filr":
        no = next((one.no for one in await town.shares(path) if one.uid == share), 1)
        return await nobody("GET", f"/ssf/s/readFile/share/{no}/{secret}/publicLink/x")
    opened = await nobody("POST", "/shares/auth", {"share": share, **({"password": password} if password else {})})
    return opened if opened.refused else await town.client(opened.json["data"]["access_token"])(*data(town, face, path))


LINKS: Final = ("native", "web", "puter", "filr", "directus")
"""Faces by which nobody goes through a link."""
