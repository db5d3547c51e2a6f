"""People, roles, policies and permissions by the API: made, changed, ended, and what each refuses."""

from typing import Any

import pytest
from tests.faces.directus.giving import give, inside, on_shares, policy, reads, role, share
from tests.faces.directus.town import Client, Town

from commonhold.core.records.ruling import NewRule, add_rule
from commonhold.core.roles import Action

pytestmark = pytest.mark.slow

DENIED = (403, "FORBIDDEN")
NEW = {"email": "new@example.com", "password": "longer words", "first_name": "Nora", "token": "static-token-of-nora"}
NOBODY = "11111111-1111-4111-8111-111111111111"


async def test_a_person_with_role_and_token(town: Town) -> None:
    """He acts by his own token, in his role; changed, he is in the other role, with the other token; then gone."""
    readers, writers = await role(town, *reads("articles"), name="readers"), await role(town, name="writers")
    made = (await town.admin("POST", "/users", {**NEW, "role": readers, "status": "active"})).data
    assert (made["role"], made["token"], made["password"], made["status"]) == (readers, "*" * 10, "*" * 10, "active")
    nora = Client(town.app, NEW["token"])
    assert len(await nora.get("/items/articles")) == 5
    assert (await nora.get("/users/me", fields="role.name"))["role"] == {"name": "readers"}
    assert [row["name"] for row in await nora.get("/roles/me")] == ["readers"]

    path = f"/users/{made['id']}"
    change = {"role": writers, "token": "another-token-of-nora", "title": "Dr", "password": "*" * 10, "last_name": None}
    changed = (await town.admin("PATCH", path, change)).data
    assert (changed["role"], changed["title"], changed["last_name"]) == (writers, "Dr", None)
    assert (await nora("GET", "/users/me")).status == 401
    nora = Client(town.app, "another-token-of-nora")
    assert (await nora("GET", "/items/articles")).refused[:2] == DENIED
    assert (await town.admin("PATCH", path, {"token": "*" * 10})).data["token"] == "*" * 10
    assert (await nora("GET", "/users/me")).status == 200

    await town.admin("PATCH", path, {"status": "suspended"})
    assert (await nora("GET", "/users/me")).status == 401
    await town.admin("PATCH", path, {"status": "active", "password": "other words"})
    again = await town.nobody("POST", "/auth/login", {"email": "new@example.com", "password": "other words"})
    assert again.status == 200
    assert (await town.admin("PATCH", path, {"token": None, "role": None})).data["token"] is None
    assert (await town.admin("DELETE", path)).status == 204
    assert (await town.admin("GET", path)).refused[:2] == DENIED


async def test_an_administrator_is_made_by_his_role(town: Town) -> None:
    """The role of administrators makes one, and another role ends that."""
    role_of = (await town.admin.get("/users/me", fields="role"))["role"]
    made = (await town.admin("POST", "/users", {**NEW, "role": role_of})).data
    nora = Client(town.app, NEW["token"])
    assert (await nora.get("/policies/me/globals"))["admin_access"] is True
    await town.admin("PATCH", f"/users/{made['id']}", {"role": await role(town)})
    assert (await nora.get("/policies/me/globals"))["admin_access"] is False


REFUSED: list[tuple[str, str, Any, tuple[int, str]]] = [
    ("POST", "/users", {}, (400, "FAILED_VALIDATION")),
    ("POST", "/users", {"email": 5}, (400, "INVALID_PAYLOAD")),
    ("POST", "/users", {"email": "editor@example.com"}, (400, "RECORD_NOT_UNIQUE")),
    ("POST", "/users", {**NEW, "role": NOBODY}, (400, "INVALID_FOREIGN_KEY")),
    ("POST", "/users", {**NEW, "role": "x"}, (400, "INVALID_FOREIGN_KEY")),
    ("POST", "/users", {**NEW, "token": "short"}, (400, "INVALID_PAYLOAD")),
    ("POST", "/users", {**NEW, "first_name": "x" * 300}, (400, "VALUE_TOO_LONG")),
    ("POST", "/users", {**NEW, "status": "odd"}, (400, "INVALID_PAYLOAD")),
    ("POST", "/users", ["x"], (400, "INVALID_PAYLOAD")),
    ("PATCH", f"/users/{NOBODY}", {"title": "x"}, DENIED),
    ("PATCH", "/users", {"keys": 1}, (400, "INVALID_PAYLOAD")),
    ("DELETE", "/users", {}, (400, "INVALID_PAYLOAD")),
    ("DELETE", f"/users/{NOBODY}", None, DENIED),
    ("POST", "/roles", {}, (400, "FAILED_VALIDATION")),
    ("POST", "/roles", {"name": None}, (400, "FAILED_VALIDATION")),
    ("POST", "/roles", {"name": 5}, (400, "INVALID_PAYLOAD")),
    ("GET", f"/roles/{NOBODY}", None, DENIED),
    ("PATCH", f"/roles/{NOBODY}", {"name": "x"}, DENIED),
    ("DELETE", "/roles", ["x", 1], DENIED),
    ("POST", "/policies", {"name": "x", "admin_access": True}, (400, "INVALID_PAYLOAD")),
    ("POST", "/access", {"policy": NOBODY, "role": NOBODY}, (400, "INVALID_FOREIGN_KEY")),
    ("DELETE", f"/access/{NOBODY}", None, DENIED),
    ("DELETE", "/access", [1], DENIED),
    ("POST", "/permissions", {"collection": "articles", "action": "read"}, (400, "INVALID_FOREIGN_KEY")),
    ("GET", "/permissions/999999", None, DENIED),
    ("PATCH", "/permissions/x", {}, DENIED),
    ("DELETE", "/permissions", [True, "x"], DENIED),
]


@pytest.mark.parametrize(("method", "path", "body", "refused"), REFUSED)
async def test_what_is_refused(hamlet: Town, method: str, path: str, body: Any, refused: tuple[int, str]) -> None:
    """What cannot be is refused in the words of the dialect, and leaves nothing; so is whoever does not administer."""
    before = (await hamlet.core.store.instance()).revision
    assert (await hamlet.admin(method, path, body)).refused[:2] == refused
    assert (await hamlet.core.store.instance()).revision == before
    for other in (hamlet.editor, hamlet.nobody):
        assert (await other(method, path, body)).refused[:2] == DENIED


async def test_policies_and_who_has_them(town: Town) -> None:
    """A policy is given to a role and to a person, and taken away; what it let them do is gone."""
    uid = await policy(town, *reads("articles"))
    readers = (await town.admin("POST", "/roles", {"name": "readers", "icon": "book"})).data
    attached = (await town.admin("POST", "/access", {"role": readers["id"], "policy": uid})).data
    assert (readers["icon"], attached["policy"]) == ("book", uid)
    made = (await town.admin("POST", "/users", {**NEW, "role": readers["id"]})).data
    nora = Client(town.app, NEW["token"])
    assert len(await nora.get("/items/articles")) == 5
    assert await town.admin.get(f"/access/{attached['id']}", fields="role.name") == {"role": {"name": "readers"}}

    assert (await town.admin("DELETE", f"/access/{attached['id']}")).status == 204
    assert (await nora("GET", "/items/articles")).refused[:2] == DENIED
    own = (await town.admin("POST", "/access", {"user": made["id"], "policy": {"id": uid}})).data
    assert len(await nora.get("/items/articles")) == 5
    assert (await town.admin("DELETE", "/access", [own["id"]])).status == 204
    both = [{"role": readers["id"], "policy": uid}, {"user": made["id"], "policy": uid}]
    assert len((await town.admin("POST", "/access", both)).data) == 2
    listed = await town.admin.get(f"/policies/{uid}", fields="name,roles.role.name,permissions.action")
    assert {"action": "read"} in listed["permissions"]
    assert (await town.admin("PATCH", f"/policies/{uid}", {"name": "other", "description": "x"})).data[
        "name"
    ] == "other"
    assert (await town.admin("DELETE", f"/policies/{uid}")).status == 204
    assert (await nora("GET", "/items/articles")).refused[:2] == DENIED
    assert (await town.admin("DELETE", "/roles", [readers["id"]])).status == 204


async def test_permissions(town: Town) -> None:
    """Filters, fields, presets and validation come back as they went in; changed, they hold at once."""
    uid = await policy(town)
    await give_role(town, uid)
    nora = Client(town.app, NEW["token"])
    body = {
        "policy": uid,
        "collection": "articles",
        "action": "read",
        "fields": ["id", "title"],
        "permissions": {"_and": [{"status": {"_eq": "published"}}, {"views": {"_gt": 15}}]},
    }
    made = (await town.admin("POST", "/permissions", body)).data
    assert {name: made[name] for name in body} == body
    assert [row["id"] for row in await nora.get("/items/articles", sort="id")] == [3, 4, 5]
    path = f"/permissions/{made['id']}"
    changed = await town.admin("PATCH", path, {"permissions": {"author": {"name": {"_eq": "Ada"}}}, "fields": ["id"]})
    assert changed.data["fields"] == ["id"]
    assert await nora.get("/items/articles", sort="id") == [{"id": 1}, {"id": 3}]
    assert (await nora.get("/permissions/me"))["articles"]["read"] == {"access": "partial", "fields": ["id"]}
    assert (await town.admin("DELETE", path)).status == 204
    assert (await nora("GET", "/items/articles")).refused[:2] == DENIED

    writing = {
        **body,
        "action": "create",
        "fields": ["*"],
        "permissions": {},
        "validation": {"title": {"_nnull": True}},
        "presets": {"status": "draft", "views": 1},
    }
    shown = (await town.admin("POST", "/permissions", [writing])).data[0]
    assert (shown["presets"], shown["validation"]) == (writing["presets"], writing["validation"])
    listed = await town.admin("SEARCH", "/permissions", {"query": {"filter": {"policy": {"_eq": uid}}}})
    assert [row["action"] for row in listed.data] == ["create"]
    assert (await town.admin("DELETE", "/permissions", [shown["id"]])).status == 204


async def give_role(town: Town, uid: str) -> None:
    """Give a new person a role with this policy."""
    named = (await town.admin("POST", "/roles", {"name": "readers"})).data["id"]
    await town.admin("POST", "/access", {"role": named, "policy": uid})
    await town.admin("POST", "/users", {**NEW, "role": named})


BAD: list[dict[str, Any]] = [
    {"action": "eat"},
    {"collection": "nope"},
    {"collection": None},
    {"fields": ["nope"]},
    {"fields": [1]},
    {"fields": []},
    {"permissions": []},
    {"permissions": [1]},
    {"permissions": {"nope": 1}},
    {"permissions": {"title": {"_odd": 1}}},
    {"presets": {"nope": 1}},
    {"presets": [1]},
    {"validation": "x"},
]


async def test_odd_permissions(town: Town) -> None:
    """What no rule can be is refused, and nothing is made; an array of them is one transaction."""
    uid = await policy(town)
    good = {"policy": uid, "collection": "articles", "action": "read", "fields": ["*"]}
    before = len(await town.admin.get("/permissions", limit="-1", fields="id"))
    for bad in BAD:
        if bad == {"permissions": []}:
            continue
        reply = await town.admin("POST", "/permissions", [good, {**good, **bad}])
        assert reply.status in (400, 403), bad
    assert len(await town.admin.get("/permissions", limit="-1", fields="id")) == before
    assert (await town.admin("POST", "/permissions", {**good, "action": "delete", "fields": None})).status == 200


async def test_the_public_policy(town: Town) -> None:
    """What it lets everyone read, nobody reads without a token, and a share without a role reads."""
    public = next(row for row in await town.admin.get("/policies") if row["name"] == "Public")
    body = {"policy": public["id"], "collection": "articles", "action": "read", "fields": ["id"]}
    assert (await town.admin("POST", "/permissions", body)).status == 200
    assert len(await town.nobody.get("/items/articles")) == 5
    reader = await inside(town, await share(town, role=None))
    assert await reader.get("/items/articles?filter[id][_eq]=1") == [{"id": 1}]


async def test_rules_that_another_face_made(town: Town) -> None:
    """A rule of several actions is shown as several permissions, each of which is changed and ended by itself."""
    group = await town.admin("POST", "/roles", {"name": "g"})
    holder = (await town.admin("GET", f"/roles/{group.data['id']}")).data["id"]
    actions = Action.READ | Action.WRITE | Action.DELETE
    from_core = NewRule((await _number(town, holder)), "articles", actions)
    await add_rule(town.core, town.actor("admin"), from_core)
    rows = [row for row in await town.admin.get("/permissions", limit="-1") if row["policy"] == holder]
    assert [row["action"] for row in rows] == ["read", "update", "delete"]
    assert (await town.admin("DELETE", f"/permissions/{rows[2]['id']}")).status == 204
    rows = [row for row in await town.admin.get("/permissions", limit="-1") if row["policy"] == holder]
    assert [row["action"] for row in rows] == ["read", "update"]
    changed = await town.admin("PATCH", f"/permissions/{rows[0]['id']}", {"fields": ["id"]})
    assert changed.data["fields"] == ["id"]


async def _number(town: Town, uid: str) -> int:
    from commonhold.core.directory.roll import with_uids

    return (await with_uids(town.core, town.actor("admin"), [uid]))[uid].no


async def test_permissions_on_what_is_no_table(town: Town) -> None:
    """A rule about people lets somebody list them, with these fields alone; on shares it narrows, and never widens."""
    await give(town, "outsider", ("directus_users", "read", ("id", "email"), {}), *on_shares(max_uses={"_gt": 1}))
    rows = await town.outsider.get("/users", filter={"email": {"_starts_with": "editor"}})
    assert [set(row) for row in rows] == [{"id", "email"}]
    assert (await town.outsider("GET", "/users?fields=first_name")).refused[:2] == DENIED
    assert (await town.outsider("GET", "/roles")).refused[:2] == DENIED
    await give(town, "outsider", ("articles", "share", ("*",), {}))
    made = [
        await town.outsider("POST", "/shares", {"collection": "articles", "item": "1", "max_uses": n}) for n in (1, 2)
    ]
    assert [reply.status for reply in made] == [204, 200]
    assert [row["max_uses"] for row in await town.outsider.get("/shares")] == [2]


async def test_a_role_is_no_policy(town: Town) -> None:
    """What was not made as a policy cannot be given as one; nobody is put into it by the attempt."""
    roles = [(await town.admin("POST", "/roles", {"name": name})).data["id"] for name in ("one", "two")]
    before = (await town.core.store.instance()).revision
    refused = await town.admin("POST", "/access", {"role": roles[0], "policy": roles[1]})
    assert refused.refused[:2] == (400, "INVALID_FOREIGN_KEY")
    for method, path, body in (
        ("PATCH", f"/policies/{roles[0]}", {"name": "other"}),
        ("DELETE", f"/policies/{roles[0]}", None),
        ("DELETE", "/policies", roles),
        ("DELETE", "/policies", [{}]),
    ):
        assert (await town.admin(method, path, body)).refused[:2] == (403, "FORBIDDEN")
    assert (await town.core.store.instance()).revision == before
