"""The real client, unchanged, from Node.js: every share command, over REST and GraphQL."""

import pytest
from tests.faces.directus.node import calls, oks
from tests.faces.directus.town import Town

from commonhold.core.roles import Action

pytestmark = [pytest.mark.node, pytest.mark.slow]

FIRST = {"collection": "articles", "item": "1"}


async def role(town: Town) -> str:
    """Make a role that reads articles and comments, by the client alone; return its id."""
    made = oks(
        await calls(
            town,
            ("admin", "createRole", [{"name": "viewers"}]),
            ("admin", "createPolicy", [{"name": "viewing", "admin_access": False, "app_access": False}]),
            ("admin", "createPermission", [_reading("$1.id", "articles")]),
            ("admin", "createPermission", [_reading("$1.id", "comments")]),
            ("admin", "readRoles", [{"filter": {"name": {"_eq": "viewers"}}, "fields": ["id"]}]),
        )
    )
    assert made[4] == [{"id": made[0]["id"]}]
    reply = await town.admin("POST", "/access", {"role": made[0]["id"], "policy": made[1]["id"]})
    assert reply.status == 200
    found: str = made[0]["id"]
    return found


def _reading(policy: str, collection: str) -> dict[str, object]:
    return {"policy": policy, "collection": collection, "action": "read", "fields": ["*"], "permissions": {}}


async def test_all_share_commands(town: Town) -> None:
    """Made, listed, changed, mailed, told of, opened and ended, one and many, by rest()."""
    viewers = await role(town)
    found = oks(
        await calls(
            town,
            ("admin", "createShare", [{**FIRST, "role": viewers, "name": "one", "password": "secret", "max_uses": 3}]),
            ("admin", "createShares", [[{**FIRST, "name": "two"}, {**FIRST, "item": "3", "name": "three"}]]),
            ("admin", "readShare", ["$0.id", {"fields": ["name", "password", {"role": ["name"]}]}]),
            (
                "admin",
                "readShares",
                [{"sort": ["name"], "fields": ["name", "item"], "filter": {"max_uses": {"_null": True}}}],
            ),
            ("admin", "updateShare", ["$0.id", {"name": "first"}]),
            ("admin", "updateShares", [["$1.0.id", "$1.1.id"], {"max_uses": 9}]),
            ("admin", "updateSharesBatch", [[{"id": "$1.0.id", "name": "zwei"}, {"id": "$1.1.id", "name": "drei"}]]),
            ("admin", "inviteShare", ["$0.id", ["one@example.org"]]),
            ("nobody", "readShareInfo", ["$0.id"]),
            ("nobody", "authenticateShare", ["$0.id", "secret", "json"]),
            ("$9.access_token", "readItem", ["articles", 1, {"fields": ["title", {"comments": ["text"]}]}]),
            ("$9.access_token", "readItems", ["articles", {"fields": ["id"]}]),
            ("nobody", "refresh", [{"mode": "json", "refresh_token": "$9.refresh_token"}]),
            ("$12.access_token", "readItem", ["articles", 1, {"fields": ["id"]}]),
            ("nobody", "logout", [{"mode": "json", "refresh_token": "$12.refresh_token"}]),
            ("admin", "deleteShare", ["$0.id"]),
            ("admin", "deleteShares", [["$1.0.id", "$1.1.id"]]),
            ("admin", "readShares", [{"fields": ["id"]}]),
        )
    )
    assert (found[0]["name"], found[0]["password"], found[0]["times_used"]) == ("one", "**********", 0)
    assert {one["name"] for one in found[1]} == {"two", "three"}
    assert found[2] == {"name": "one", "password": "**********", "role": {"name": "viewers"}}
    assert found[3] == [{"name": "three", "item": "3"}, {"name": "two", "item": "1"}]
    assert (found[4]["name"], [one["max_uses"] for one in found[5]]) == ("first", [9, 9])
    assert {one["name"] for one in found[6]} == {"zwei", "drei"}
    assert (found[8]["item"], found[8]["password"], found[8]["times_used"]) == ("1", "**********", 0)
    assert found[10] == {"title": "First", "comments": [{"text": "c on first"}, {"text": "c2 on first"}]}
    assert (found[11], found[13], found[17]) == ([{"id": 1}], {"id": 1}, [])


async def test_what_is_refused_is_told_as_the_client_knows_it(town: Town) -> None:
    """Wrong password, what is not shared, a share that has ended: status and code of the original."""
    viewers = await role(town)
    found = await calls(
        town,
        ("admin", "createShare", [{**FIRST, "role": viewers, "password": "secret"}]),
        ("nobody", "authenticateShare", ["$0.id", "wrong", "json"]),
        ("nobody", "authenticateShare", ["$0.id", "secret", "json"]),
        ("$2.access_token", "readItem", ["articles", 3]),
        ("$2.access_token", "readItems", ["unrelated"]),
        ("$2.access_token", "updateItem", ["articles", 1, {"title": "mine"}]),
        ("$2.access_token", "readShares", []),
        ("admin", "deleteShare", ["$0.id"]),
        ("$2.access_token", "readItem", ["articles", 1]),
        ("nobody", "refresh", [{"mode": "json", "refresh_token": "$2.refresh_token"}]),
        ("nobody", "createShare", [FIRST]),
        ("outsider", "createShare", [FIRST]),
    )
    codes = [(one["error"]["status"], one["error"]["code"]) if "error" in one else None for one in found]
    denied, unknown = (403, "FORBIDDEN"), (401, "INVALID_CREDENTIALS")
    assert codes == [None, unknown, None, *[denied] * 4, None, denied, unknown, denied, denied]


async def test_logging_in_as_a_person(town: Town) -> None:
    """The client's own session: log in, read oneself, refresh, log out."""
    found = oks(
        await calls(
            town,
            ("session", "client.login", [{"email": "editor@example.com", "password": "correct horse"}]),
            ("session", "readMe", [{"fields": ["email"]}]),
            ("session", "readItems", ["articles", {"limit": 1, "fields": ["id"]}]),
            ("session", "client.refresh", []),
            ("session", "readMe", [{"fields": ["email"]}]),
            ("session", "client.logout", []),
            ("nobody", "serverPing", []),
            ("admin", "serverInfo", []),
            ("admin", "serverHealth", []),
            ("admin", "readCollections", []),
            ("admin", "readFieldsByCollection", ["articles"]),
            ("admin", "readRelations", []),
            ("admin", "readUserPermissions", []),
        )
    )
    assert found[1] == found[4] == {"email": "editor@example.com"}
    assert (found[6], found[8]["status"]) == ("pong", "ok")
    assert {one["collection"] for one in found[9]} >= {"articles", "comments"}
    assert {one["field"] for one in found[10]} >= {"id", "title", "comments"}
    assert len(found[11]) >= 3


async def test_a_person_shares_what_he_may(town: Town) -> None:
    """Whoever has the share right and permissions on shares shares by the client; his shares are his to see."""
    await town.rule("editor", "articles", Action.SHARE)
    made = oks(
        await calls(
            town,
            ("admin", "createPolicy", [{"name": "sharing"}]),
            *(
                ("admin", "createPermission", [_on_shares("$0.id", action)])
                for action in ("create", "read", "update", "delete")
            ),
            ("admin", "readUsers", [{"filter": {"email": {"_eq": "editor@example.com"}}, "fields": ["id"]}]),
        )
    )
    access = {"user": made[5][0]["id"], "policy": made[0]["id"]}
    assert (await town.admin("POST", "/access", access)).status == 200
    found = oks(
        await calls(
            town,
            ("editor", "createShare", [{**FIRST, "name": "mine"}]),
            ("admin", "createShare", [{**FIRST, "name": "not his"}]),
            ("editor", "readShares", [{"fields": ["name"]}]),
            ("editor", "updateShare", ["$0.id", {"name": "still mine"}]),
            ("editor", "deleteShare", ["$0.id"]),
        )
    )
    assert found[2] == [{"name": "mine"}]
    assert found[3]["name"] == "still mine"


def _on_shares(policy: str, action: str) -> dict[str, object]:
    mine = {} if action == "create" else {"user_created": {"_eq": "$CURRENT_USER"}}
    return {"policy": policy, "collection": "directus_shares", "action": action, "fields": ["*"], "permissions": mine}
