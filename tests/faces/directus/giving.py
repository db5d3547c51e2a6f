"""Short ways to set up roles and shares by the API, as tests of this dialect do."""

from typing import Any

from tests.faces.directus.town import Client, Reply, Town

Perm = tuple[str, str, tuple[str, ...], dict[str, Any]]


def reads(*collections: str, fields: tuple[str, ...] = ("*",), where: dict[str, Any] | None = None) -> list[Perm]:
    """Permissions to read."""
    return [(collection, "read", fields, where or {}) for collection in collections]


async def policy(town: Town, *permissions: Perm) -> str:
    """Make a policy with permissions; return its id."""
    made = await town.admin("POST", "/policies", {"name": "policy"})
    uid: str = made.data["id"]
    rows = [
        {"policy": uid, "collection": collection, "action": action, "fields": list(names), "permissions": where}
        for collection, action, names, where in permissions
    ]
    if rows:
        assert len((await town.admin("POST", "/permissions", rows)).data) == len(rows)
    return uid


async def role(town: Town, *permissions: Perm, name: str = "role") -> str:
    """Make a role with a policy of these permissions; return its id."""
    uid: str = (await town.admin("POST", "/roles", {"name": name})).data["id"]
    attached = await town.admin("POST", "/access", {"role": uid, "policy": await policy(town, *permissions)})
    assert attached.data["role"] == uid
    return uid


async def give(town: Town, who: str, *permissions: Perm) -> str:
    """Give somebody a policy with these permissions; return its id."""
    user = (await town.admin.get("/users", filter={"email": {"_eq": f"{who}@example.com"}}, fields="id"))[0]["id"]
    uid = await policy(town, *permissions)
    assert (await town.admin("POST", "/access", {"user": user, "policy": uid})).status == 200
    return uid


async def share(town: Town, who: str = "admin", **data: Any) -> str:
    """Share an article; return the id of the share."""
    reply = await getattr(town, who)("POST", "/shares", {"collection": "articles", "item": "1", **data})
    uid: str = reply.data["id"]
    return uid


async def enter(town: Town, uid: str, password: str | None = None, mode: str = "json") -> Reply:
    """Open a share."""
    body = {"share": uid, "mode": mode} | ({} if password is None else {"password": password})
    found: Reply = await town.nobody("POST", "/shares/auth", body)
    return found


async def inside(town: Town, uid: str, password: str | None = None) -> Client:
    """Open a share; return a client with its token."""
    return Client(town.app, (await enter(town, uid, password)).data["access_token"])


def on_shares(**filters: Any) -> list[Perm]:
    """The permissions that people need to share by themselves: to make shares, and to manage their own."""
    mine = {"user_created": {"_eq": "$CURRENT_USER"}}
    return [
        ("directus_shares", action, ("*",), {} if action == "create" else {**mine, **filters})
        for action in ("create", "read", "update", "delete")
    ]
